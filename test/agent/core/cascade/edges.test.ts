import t from 'tap'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import { causeOf } from '../../../../agent/core/cascade/edges.ts'
import { incidents } from '../../../../agent/core/cascade.ts'
import { awaitedBy, type Ledger, step, withoutOld } from '../../../../agent/core/ledger.ts'
import { plan, recordSent } from '../../../../agent/core/plan.ts'
import type {
  Cause,
  Finding,
  Incident,
  Notice,
  NotificationRecord,
  Observation,
} from '../../../../agent/model/index.ts'
import { promptly } from '../../../../agent/model/index.ts'
import { finding, observation } from '../../findings.ts'

/** Every edge of the real rules, every pair and every triple, in every order of arrival. */
const rules = allRules()
const codes = Object.keys(rules)
const second = 1000
const minute = 60_000
const start = 1_000_000 * minute

interface Edge {
  readonly cause: string
  readonly code: string
  readonly edge: Cause
}
const edges: readonly Edge[] = Object.entries(rules).flatMap(([code, it]) =>
  (it.because ?? []).map((edge) => ({ cause: edge.code, code, edge })),
)
const nameOf = ({ cause, code }: Edge) => `${cause} -> ${code}`
const isEdge = (cause: string, code: string) => rules[code]?.because?.some((it) => it.code === cause) === true
/** Why the cluster takes this node for NotReady, where one cause alone makes it say so. */
const reasons: Readonly<Record<string, string>> = {
  'k3s.disk-filling': 'disk',
  'memory.node-filling': 'memory',
  'cni.conf-missing': 'network',
}
/** Among some, each with a pod: not where the kill has to be of no pod, or for another reason, nor without what brings it out. */
const isEdgeOf = (cause: string, code: string, all: readonly string[]) =>
  rules[code]?.because?.some(
    ({ code: its, triggers }) =>
      its === cause &&
      !(its === 'memory.oom-killed' && podless(code)) &&
      !(code === 'k3s.node-not-ready' && its in reasons) &&
      (!triggers || triggers.some((it) => all.includes(it.code))),
  ) === true

/** What all edges ask for: the same subject and pod, the same keys of the evidence, and what every proof wants to see. */
const here = { subject: 'k3s server', pod: { namespace: 'default', name: 'db-0', container: 'a' } }
const shown = {
  family: 'ipv4',
  table: 'nat, filter',
  forward: 'DROP',
  blocked: 'pods-api 6443, nodes-api 6443, overlay 8472, pods-in 53, etcd 2380',
  agents: 'none',
  by: 'policy',
  link: 'cni0',
  port: 80,
  status: 401,
  state: 'failed',
  signal: 9,
  process: 'k3s-server',
  'because the node ran out': 1,
  containers: 'k3s server',
  reason: 'OOMKilled',
  lost: 'kube-proxy 65 → 0',
  answer: 'timeout',
  silent: 'large',
  'log says': 'dns, x509, api-unauthorized, disk-full, postgres-wal',
}
/** What else a finding has to say where it is about more than one thing. */
const shownBy = (code: string): Partial<Finding> =>
  code === 'k3s.crashed'
    ? { evidence: { ...shown, reason: lastWords } }
    : code === 'k3s.node-not-ready'
      ? { evidence: { ...shown, reason: 'silent' } }
      : code === 'k3s.kubelet-unhealthy'
        ? { subject: 'kubelet' }
        : {}
/** What k3s may say before it ends, all at once. */
const lastWords = 'panic (vxlan_network.go:217): x509: certificate has expired; no space left on device'
/** The kernel's kill of k3s itself is of no pod. */
const podless = (code: string) => code.startsWith('k3s.')
/** Found at `since`, and seen well half a minute before. */
function found(code: string, since: number, more: Partial<Finding> = {}): Finding {
  return finding({
    code,
    since,
    found: since,
    onset: { from: since - 30 * second, to: since },
    severity: 'critical',
    ...here,
    evidence: shown,
    ...shownBy(code),
    ...more,
  })
}
/** The two findings of an edge, and a trigger where it needs one. */
function ends(
  { cause, code, edge }: Edge,
  gap: number,
  its: Partial<Finding> = {},
  of: Partial<Finding> = {},
) {
  const at = start + gap
  const trigger = edge.triggers?.[0]
  const { pod: _, ...noPod } = found(cause, start, its)
  const reason = code === 'k3s.node-not-ready' && reasons[cause]
  return [
    podless(code) ? noPod : found(cause, start, its),
    found(code, at, { ...(reason && { evidence: { ...shown, reason } }), ...of }),
    // A flush of filter alone, so that it is by the trigger and not by itself that it explains.
    ...(trigger
      ? [found(trigger.code, at - second, { severity: 'info', evidence: { ...shown, table: 'filter' } })]
      : []),
  ]
}
/** Whether the effect is taken for a consequence of the cause. */
function joins(one: Edge, ledger: readonly Finding[]): boolean {
  const effect = ledger.find((it) => it.code === one.code)
  const byCode = Map.groupBy(ledger, (it) => it.code)
  return effect !== undefined && causeOf(effect, rules, byCode)?.code === one.cause
}
/** What a finding is put down to, among all that is there. */
const causeIn = (effect: Finding, ...all: readonly Finding[]) =>
  causeOf(
    effect,
    rules,
    Map.groupBy(new Set([...all, effect]), (it) => it.code),
  )?.code
const rootsOf = (ledger: Ledger, now: number) => incidents(ledger, rules, now).map((it) => it.cause.code)
const members = (all: readonly Incident[]) => all.flatMap((it) => [it.cause, ...it.affected])
const takesOf = ({ edge }: Edge) => edge.takes ?? promptly

t.test('every edge joins two findings, whichever came first', async (t) => {
  for (const one of edges)
    for (const gap of [0, second, 20 * second, -20 * second]) {
      // What brings it out explains by itself what was found before the cause.
      if (one.edge.triggers && gap < 0) continue
      const ledger = ends(one, gap)
      t.ok(joins(one, ledger), `${nameOf(one)}: ${gap}`)
      t.ok(joins(one, ledger.toReversed()), `${nameOf(one)}: ${gap}, the other way round`)
    }
})

t.test('silent: it was still seen well when it should have shown', async (t) => {
  for (const one of edges.filter((it) => Number.isFinite(takesOf(it)))) {
    const gap = takesOf(one) + 30 * second
    t.ok(joins(one, ends(one, gap)), `${nameOf(one)}: to the last moment`)
    t.notOk(joins(one, ends(one, gap + 1)), `${nameOf(one)}: no moment longer`)
  }
})

t.test('silent: the cause began later, or was over before', async (t) => {
  for (const one of edges) {
    t.notOk(joins(one, ends(one, -(30 + 3) * second)), `${nameOf(one)}: seen well after the effect was found`)
    const over = { resolved: start + second }
    const gap = Math.min(takesOf(one), 24 * 60 * minute)
    t.notOk(joins(one, ends(one, gap + 2 * minute, over)), `${nameOf(one)}: over before`)
    const told = found(one.code, start - 10 * minute, { resolved: start - minute })
    t.notOk(
      joins(one, [told, found(one.cause, start, { onset: { to: start } })]),
      `${nameOf(one)}: what was told and is over stays as it was`,
    )
  }
})

t.test('silent: the cause was repaired before the effect was last seen well', async (t) => {
  const states = edges.filter(({ cause, edge }) => !rules[cause]?.event && !edge.lingers)
  t.ok(states.length > 50)
  for (const one of states) {
    const over = { resolved: start + second }
    const gap = Math.min(takesOf(one), 4 * minute)
    if (gap > 2 * minute) t.notOk(joins(one, ends(one, gap, over)), nameOf(one))
  }
})

t.test('silent: what had no time to lead to it, or found it there', async (t) => {
  const at = (code: string, from: number, to: number, more: Partial<Finding> = {}) =>
    found(code, to, { onset: { from, to }, ...more })
  const nat = { ...shown, table: 'nat' }
  const flush = at('firewall.flushed', start, start, { evidence: nat })
  // Not looked at for three minutes, but gone with the flush, which came ten seconds after the DNS was dead.
  const chains = at('firewall.kube-chains-missing', start - 3 * minute, start, { evidence: nat })
  const dns = at('cni.dns-dead', start - 60 * second, start - 10 * second)
  t.equal(causeIn(dns, chains), 'firewall.kube-chains-missing')
  t.equal(causeIn(dns, chains, flush), undefined, 'no earlier than its own cause')

  // Asked every three minutes, and a log said that it was dead before the flush.
  const dead = at('cni.dns-dead', start - 2 * minute, start + minute)
  const line = at('pods.log-says', start - minute, start - minute, { evidence: { pattern: 'dns' } })
  t.equal(causeIn(dead, flush), 'firewall.flushed')
  t.equal(causeIn(dead, flush, line), undefined, 'dead when a log said so')

  // A write-ahead log that was lost is told again by the pod that a killall made anew.
  const killed = at('k3s.killed', start, start, { severity: 'info' })
  const wal = { evidence: { pattern: 'postgres-wal' } }
  const before = at('pods.log-says', start - 20 * minute, start - 20 * minute, {
    ...wal,
    latest: start - minute,
    resolved: start,
  })
  const back = at('pods.log-says', start + 10 * second, start + 10 * second, wal)
  const starts = (since: number) => at('k3s.restarted', since, since, { severity: 'info' })
  const started = starts(start + 5 * second)
  t.equal(causeIn(back, killed, started), 'k3s.killed')
  t.equal(causeIn(back, killed, started, before), undefined, 'there before it')
  const long = { ...before, latest: start - 15 * minute }
  t.equal(causeIn(back, killed, started, long), 'k3s.killed', 'only remembered')
  t.equal(causeIn(back, killed), undefined, 'no container starts before k3s does')
  const late = at('pods.log-says', start + 20 * minute, start + 20 * minute, wal)
  t.equal(causeIn(late, killed, starts(start + 18 * minute)), 'k3s.killed')
  t.equal(causeIn(late, killed, starts(start + 10 * minute)), undefined, 'it had started and run since')

  // The DNS was mended by a restart, and minutes later the bridge lost its address: seen well when the DNS was, too.
  const address = at('cni.bridge-address', start, start + 2 * minute)
  const mended = (resolved: number) =>
    at('cni.dns-dead', start - 8 * minute, start - 5 * minute, { resolved })
  const again = at('cni.dns-dead', start + 2 * minute, start + 5 * minute)
  t.equal(causeIn(again, address, mended(start)), 'cni.bridge-address', 'mended before it')
  t.equal(
    causeIn(again, address, mended(start + 100 * second)),
    undefined,
    'there until it was found, nearly',
  )
})

t.test('what was known to be wrong explains before what was found only behind its effect', async (t) => {
  const at = (code: string, from: number, to: number, more: Partial<Finding> = {}) =>
    found(code, to, { onset: { from, to }, ...more })
  const dns = at('cni.dns-dead', start - 5 * minute, start - 2 * minute)
  const line = at('pods.log-says', start, start, { found: start + 10 * second, evidence: { pattern: 'dns' } })
  // The rules of flannel go a minute later, and had not been looked at for minutes.
  const gone = (from: number, to: number) => at('firewall.flannel-rules-missing', from, to)
  const late = gone(start - 4 * minute, start + minute)
  t.equal(causeIn(line, late), 'firewall.flannel-rules-missing')
  t.equal(causeIn(line, late, dns), 'cni.dns-dead')
  const over = { resolved: start - 90 * second, seen: start - 100 * second }
  const again = { ...line, onset: { from: start - 30 * second, to: start } }
  t.equal(
    causeIn(again, late, { ...dns, ...over }),
    'firewall.flannel-rules-missing',
    'it was over before that',
  )
  t.equal(
    causeIn(line, gone(start - minute, start - 30 * second), dns),
    'cni.dns-dead',
    'what always leads to it',
  )
  const off = at('cni.forwarding-off', start - minute, start - 30 * second)
  t.equal(causeIn(line, off, dns), 'cni.forwarding-off', 'nearer')
})

t.test('a dead DNS comes between a log that says so and whatever else is wrong', async (t) => {
  const at = (code: string, since: number, more: Partial<Finding> = {}) =>
    found(code, since, { onset: { from: since - 5 * second, to: since }, ...more })
  const named = (code: string, ...all: readonly Finding[]) =>
    causeIn(all.find((it) => it.code === code) as Finding, ...all)
  const down = at('cni.overlay-down', start)
  const dns = at('cni.dns-dead', start + 5 * second)
  const flush = at('firewall.flushed', start + 90 * second)
  const moment = start + 2 * minute
  const line = found('pods.log-says', moment, {
    onset: { from: moment, to: moment },
    evidence: { pattern: 'dns' },
  })
  t.equal(named('pods.log-says', down, flush, line), 'firewall.flushed', 'nearer, and on every node')
  t.equal(named('pods.log-says', down, dns, flush, line), 'cni.dns-dead')
  t.equal(named('cni.dns-dead', down, dns, flush, line), 'cni.overlay-down')
  const later = at('cni.dns-dead', moment + minute)
  t.equal(named('pods.log-says', down, later, flush, line), 'firewall.flushed', 'nobody knew of it by then')
  // A policy of INPUT shuts out this node, which asked the DNS, and not its pods.
  const closed = { evidence: { ...shown, table: 'filter' } }
  const filter = at('firewall.flushed', start, closed)
  const lockout = at('firewall.lockout', start, closed)
  t.equal(named('cni.dns-dead', filter, lockout, dns), 'firewall.lockout')
  const bridge = at('cni.bridge-down', start + minute)
  t.equal(named('pods.log-says', filter, lockout, dns, bridge, line), 'cni.bridge-down')
  const api = { ...line, evidence: { pattern: 'unreachable', address: '10.43.0.1:443' } }
  t.equal(named('pods.log-says', down, dns, api), undefined, 'the API is no name')
})

t.test('what shows at once is of the first that came since it was seen well', async (t) => {
  const dead = (from: number) => found('cni.dns-dead', start, { onset: { from, to: start } })
  const at = (code: string, to: number) => found(code, to, { onset: { from: to - second, to } })
  const bridge = at('cni.bridge-missing', start - 100 * second)
  const routes = at('cni.routes-missing', start - 50 * second)
  t.equal(causeIn(dead(start - 2 * minute), bridge, routes), 'cni.bridge-missing')
  t.equal(causeIn(dead(start - minute), bridge, routes), 'cni.routes-missing', 'well beside the first')
})

t.test('a disk explains as a full one only what was well until it was full', async (t) => {
  const full = { from: start + 9 * minute, to: start + 10 * minute }
  const disk = found('k3s.disk-filling', start, { severity: 'critical', graver: full })
  const ofDisk = (from: number, more: Partial<Finding> = {}, cause = disk) => {
    const api = found('k3s.api-unhealthy', from + minute, { onset: { from, to: from + minute }, ...more })
    return causeIn(api, cause)
  }
  t.equal(ofDisk(start + 9 * minute), 'k3s.disk-filling')
  t.equal(ofDisk(start + 30 * minute), 'k3s.disk-filling')
  t.equal(ofDisk(start + 5 * minute), undefined, 'unwell while there was room')
  const { graver: _, ...early } = disk
  t.equal(ofDisk(start + 5 * minute, {}, early), 'k3s.disk-filling', 'found full')
  const over = { resolved: start + 9.5 * minute }
  t.equal(ofDisk(start + 8.5 * minute, over), undefined, 'what was told and is over stays as it was')
})

t.test('a DNS server that refuses is not shut out by a rule or a link', async (t) => {
  const answered = (code: string, answer: string, evidence: Finding['evidence'] = {}) => {
    const cause = found(code, start, { evidence: { ...shown, ...evidence } })
    const effect = found('cni.dns-dead', start + 20 * second, { evidence: { ...shown, answer } })
    return causeIn(effect, cause)
  }
  const ways: readonly (readonly [string, Finding['evidence']?])[] = [
    ['firewall.flushed', { table: 'nat' }],
    ['firewall.blocks-k3s', { blocked: 'overlay 8472' }],
    ...['firewall.kube-chains-missing', 'cni.bridge-missing', 'cni.overlay-down'].map((it) => [it] as const),
  ]
  for (const [code, evidence] of ways) {
    t.equal(answered(code, 'timeout', evidence), code)
    t.equal(answered(code, 'unreachable', evidence), code)
    for (const answer of ['refused', 'SERVFAIL']) t.equal(answered(code, answer, evidence), undefined, code)
  }
})

t.test(
  'what k3s needs is dropped since a flush only where it took the rules of filter, of that family',
  async (t) => {
    const blocks = (evidence: Finding['evidence']) =>
      found('firewall.blocks-k3s', start + 20 * second, { evidence: { ...shown, ...evidence } })
    const flush = (table: string, family = 'ipv4') =>
      found('firewall.flushed', start, { evidence: { table, family } })
    const four = { family: 'ipv4', blocked: 'pods-api 6443, overlay 8472', by: 'policy' }
    t.equal(causeIn(blocks(four), flush('nat, filter')), 'firewall.flushed')
    t.equal(causeIn(blocks({ ...four, family: 'ipv4, ipv6' }), flush('filter')), 'firewall.flushed')
    t.equal(causeIn(blocks(four), flush('nat')), undefined, 'nothing is dropped by that')
    t.equal(causeIn(blocks(four), flush('filter', 'ipv6')), undefined, 'the other family')

    const flannel = found('firewall.flannel-rules-missing', start, { evidence: { family: 'ipv4' } })
    const forward = { family: 'ipv4', blocked: 'pods-in 53, pods-out 53', by: 'docker' }
    t.equal(causeIn(blocks(forward), flannel), 'firewall.flannel-rules-missing')
    t.equal(causeIn(blocks({ ...forward, by: 'rule' }), flannel), undefined, 'a rule comes before them')
    t.equal(causeIn(blocks(four), flannel), undefined, 'they accept nothing that comes in')
  },
)

t.test('what the firewall drops explains only what needs that', async (t) => {
  const by = (blocked: string) => found('firewall.blocks-k3s', start, { evidence: { ...shown, blocked } })
  const api = (evidence: Finding['evidence'] = {}) =>
    found('k3s.api-unhealthy', start + 5 * minute, {
      onset: { from: start + second, to: start + 5 * minute },
      evidence,
    })
  t.equal(causeIn(api(), by('api-out 6443')), 'firewall.blocks-k3s')
  t.equal(causeIn(api({ status: 500 }), by('api-out 6443')), undefined, 'it answered')
  t.equal(causeIn(api({ status: 500 }), by('etcd 2380')), 'firewall.blocks-k3s')
  t.equal(causeIn(api(), by('overlay 8472, nodes-api 6443')), undefined, 'what others need')
})

t.test(
  'an overlay that the firewall closes explains only the nodes and the family that it is closed to',
  async (t) => {
    const by = (blocked: string) => found('firewall.blocks-k3s', start, { evidence: { ...shown, blocked } })
    const silent = (via: string, node: string) =>
      found('cni.peer-unreachable', start + 30 * second, { evidence: { silent: 'small, large', via, node } })
    const [one, other] = [silent('10.42.1.0', '192.0.2.2'), silent('10.42.2.0', '192.0.2.3')]
    const six = silent('fd42::1', '2001:db8::2')
    t.equal(causeIn(one, by('overlay 8472')), 'firewall.blocks-k3s')
    t.equal(causeIn(one, by('overlay-out 8472 (192.0.2.2)')), 'firewall.blocks-k3s')
    t.equal(causeIn(other, by('overlay 8472 (192.0.2.2)')), undefined, 'another node')
    t.equal(causeIn(six, by('overlay 8472')), undefined, 'the other family')
    t.equal(causeIn(six, by('overlay 8472 ipv6')), 'firewall.blocks-k3s')
    t.equal(causeIn(one, by('overlay 8472 ipv6')), undefined)
    t.equal(
      causeIn(one, by('pods-in 53, nodes-api 6443')),
      undefined,
      'what a packet to the node itself does not meet',
    )

    const dns = (server: string, answer = 'timeout') =>
      found('cni.dns-dead', start + 20 * second, { evidence: { server, answer } })
    t.equal(causeIn(dns('10.43.0.10'), by('overlay 8472')), 'firewall.blocks-k3s')
    t.equal(
      causeIn(dns('10.43.0.10'), by('overlay 8472 (192.0.2.2)')),
      'firewall.blocks-k3s',
      'it may run there',
    )
    t.equal(causeIn(dns('10.43.0.10'), by('overlay 8472 ipv6')), undefined)
    t.equal(causeIn(dns('fd43::a'), by('overlay 8472')), undefined)

    const gone = (of: string) => found('cni.overlay-missing', start, { evidence: { link: of } })
    const silentOver = (link: string) =>
      found('cni.peer-unreachable', start + 30 * second, { evidence: { silent: 'small, large', link } })
    t.equal(causeIn(silentOver('flannel.1'), gone('flannel.1')), 'cni.overlay-missing')
    t.equal(causeIn(silentOver('flannel.1'), gone('flannel-v6.1')), undefined)
    const sizes = found('cni.mtu-mismatch', start, { evidence: { link: 'flannel.1' } })
    t.equal(causeIn(silentOver('flannel.1'), sizes), undefined, 'small packets fit every size')

    const api = found('k3s.api-unhealthy', start + 5 * minute, {
      onset: { from: start + second, to: start + 5 * minute },
      evidence: { status: 500 },
    })
    t.equal(causeIn(api, by('etcd 2380 (192.0.2.2)')), undefined, 'the others may be a majority')
    t.equal(causeIn(api, by('etcd 2379')), undefined, 'the members talk on 2380')
  },
)

t.test('a node that answered while the firewall dropped the overlay is not silent for that', async (t) => {
  const evidence = { ...shown, blocked: 'overlay 8472' }
  const silentAfter = (well: number) =>
    found('cni.peer-unreachable', start + 20 * minute, {
      onset: { from: well, to: start + 20 * minute },
      evidence: { silent: 'small, large', via: '10.42.1.0', node: '192.0.2.2' },
    })
  const drops = found('firewall.blocks-k3s', start, { evidence })
  t.equal(causeIn(silentAfter(start - 10 * second), drops), 'firewall.blocks-k3s', 'found late')
  t.equal(causeIn(silentAfter(start + 15 * minute), drops), undefined)
  // Before it dropped the overlay too, it was only a warning.
  const graver = { from: start + 15 * minute, to: start + 16 * minute }
  t.equal(causeIn(silentAfter(start + 15.5 * minute), { ...drops, graver }), 'firewall.blocks-k3s')
})

t.test('large packets that arrived under an MTU mismatch are not lost by it', async (t) => {
  const lostAfter = (well: number) =>
    found('cni.peer-unreachable', start + 20 * minute, {
      onset: { from: well, to: start + 20 * minute },
      evidence: { silent: 'large', via: '10.42.1.0', node: '192.0.2.2', link: 'flannel.1' },
    })
  const mismatch = found('cni.mtu-mismatch', start, { subject: 'flannel.1', evidence: { link: 'flannel.1' } })
  t.equal(causeIn(lostAfter(start - 10 * second), mismatch), 'cni.mtu-mismatch', 'found late')
  t.equal(causeIn(lostAfter(start + 15 * minute), mismatch), undefined)
})

t.test('a flush shuts out more than SSH only where it left the policy alone', async (t) => {
  const shutBy = (code: string, ...all: readonly Finding[]) =>
    causeIn(found(code, start + 20 * second), ...all)
  const lockout = found('firewall.lockout', start)
  const flush = (table: string) =>
    found('firewall.flushed', start - second, { evidence: { ...shown, table } })
  for (const code of ['k3s.api-unhealthy', 'k3s.kubelet-unhealthy', 'cni.dns-dead']) {
    t.equal(shutBy(code, lockout, flush('filter')), 'firewall.lockout', code)
    t.equal(shutBy(code, lockout), undefined, `${code}: a rule for SSH that is missing shuts out SSH`)
  }
  t.equal(shutBy('cni.dns-dead', flush('nat')), 'firewall.flushed')
  t.equal(shutBy('cni.dns-dead', flush('filter')), undefined, 'under ACCEPT')
  t.equal(
    shutBy(
      'k3s.api-unhealthy',
      lockout,
      flush('filter'),
      found('k3s.restarted', start + 19 * second, { severity: 'info' }),
    ),
    'firewall.lockout',
    'what is wrong explains before what somebody did',
  )
})

t.test('what comes back without the proof it had is not of the same cause', async (t) => {
  const system = found('memory.oom-system', start, { severity: 'critical' })
  const at = start + 56 * minute
  const before = found('memory.oom-killed', start, { resolved: at, seen: at })
  const kill = (evidence: NonNullable<Finding['evidence']>) => {
    const again = found('memory.oom-killed', at, { onset: { from: at, to: at }, evidence })
    return causeIn(again, system, before)
  }
  t.equal(kill(shown), 'memory.oom-system')
  t.equal(kill({ process: 'web' }), undefined, 'at a limit of its own, an hour after the node ran out')
})

t.test('what comes back after another act is of that, and not of the first', async (t) => {
  const at = (code: string, since: number, more: Partial<Finding> = {}) =>
    found(code, since, { onset: { from: since, to: since }, severity: 'info', ...more })
  const rebooted = at('k3s.rebooted', start)
  const before = found('k3s.down', start + 10 * second, { resolved: start + minute, seen: start + minute })
  const again = found('k3s.down', start + 5 * minute)
  t.equal(causeIn(again, rebooted, before), 'k3s.rebooted', 'nothing else happened')
  t.equal(causeIn(again, rebooted, before, at('k3s.killed', start + 5 * minute)), 'k3s.killed')
  t.equal(
    causeIn(again, rebooted, before, at('k3s.killed', start + 30 * second)),
    'k3s.rebooted',
    'before it was back',
  )
})

t.test('silent: another subject, pod or place, where an edge asks for it', async (t) => {
  for (const one of edges) {
    const { same } = one.edge
    const elsewhere = {
      subject: 'there',
      pod: { namespace: 'default', name: 'db-1' },
      evidence: {
        ...ends(one, 0)[1]?.evidence,
        containers: 'there',
        family: 'ipv6',
        table: 'mangle',
        link: 'eth0',
        port: 9,
      },
    }
    const [a, b, ...rest] = ends(one, 0, {}, elsewhere)
    t.equal(
      joins(one, [a, b, ...rest] as Finding[]),
      !same && one.edge.proof?.name !== 'inStorm',
      nameOf(one),
    )
    if (!same) continue
    const { pod: _, evidence: __, ...unknown } = { ...(b as Finding), subject: '' }
    t.notOk(joins(one, [a as Finding, unknown, ...rest]), `${nameOf(one)}: unknown is not the same`)
  }
})

t.test('silent: nothing that was seen of both says so, where an edge asks for a proof', async (t) => {
  // Where an edge of its own says so, it may be a cause without a proof too.
  const bare = new Set(edges.filter((it) => !it.edge.proof).map(nameOf))
  const proven = edges.filter((it) => it.edge.proof && !bare.has(nameOf(it)))
  t.ok(proven.length > 30)
  for (const one of proven) {
    const plain = { evidence: { 'last exit code': 1 }, severity: 'warning' as const }
    t.notOk(joins(one, ends(one, 0, { ...plain, subject: 'another' }, plain)), nameOf(one))
  }
})

t.test('silent: what brings it out did not happen, where an edge asks for a trigger', async (t) => {
  const triggered = edges.filter((it) => it.edge.triggers)
  t.ok(triggered.length > 2)
  for (const one of triggered) {
    const gap = Math.min(takesOf(one), 30 * minute)
    const [cause, effect] = ends(one, gap)
    t.ok(joins(one, ends(one, gap)), nameOf(one))
    t.notOk(joins(one, [cause, effect] as Finding[]), `${nameOf(one)}: not by itself`)
    if (one.edge.triggers?.some(({ takes = promptly }) => !Number.isFinite(takes))) continue
    const early = found(one.edge.triggers?.[0]?.code ?? '', start - minute, { severity: 'info' })
    t.notOk(joins(one, [early, cause, effect] as Finding[]), `${nameOf(one)}: not by one before`)
  }
})

t.test('what people do explains, and is not explained', async (t) => {
  for (const code of ['k3s.restarted', 'k3s.killed', 'k3s.rebooted', 'k3s.certificates-rotated'])
    t.strictSame(rules[code]?.because ?? [], [], code)
})

t.test('an incident that is over takes nothing in, and what comes then names its cause', async (t) => {
  for (const one of edges) {
    if (one.edge.triggers) continue
    const gap = Math.min(takesOf(one), 10 * minute)
    const [cause, effect] = ends(one, gap, { resolved: start + gap - second }) as [Finding, Finding]
    const all = incidents([cause, effect], rules, start + gap)
    t.match(
      all,
      [
        { cause: { id: cause.id }, affected: [], resolved: cause.resolved },
        {
          cause: { id: effect.id },
          since: effect.since,
          ...(!one.edge.restates && { why: { cause: cause.id } }),
        },
      ],
      nameOf(one),
    )
    if (one.edge.restates) t.not(all[1]?.why?.cause, cause.id, `${nameOf(one)}: the same, and no cause`)
  }
})

t.test('pairs without an edge are two incidents', async (t) => {
  let joined = 0
  for (const a of codes)
    for (const b of codes)
      if (a < b && !isEdge(a, b) && !isEdge(b, a))
        joined += Number(rootsOf([found(a, start), found(b, start)], start).length !== 2)
  t.equal(joined, 0)
})

/** Three things in every order, by index. */
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const
function* triples() {
  for (const a of codes)
    for (const b of codes) for (const c of codes) if (a < b && b < c) yield [a, b, c] as const
}
const linksIn = (three: readonly string[]) =>
  three.flatMap((a) => three.filter((b) => isEdgeOf(a, b, three))).length

t.test(
  'of three with an edge, in every order, none is lost, and as many are roots as have no cause',
  async (t) => {
    let seen = 0
    const wrong: string[] = []
    for (const three of triples()) {
      // Those without are pairs without an edge, three times.
      if (linksIn(three) === 0) continue
      const roots = three.filter((it) => !three.some((other) => isEdgeOf(other, it, three)))
      for (const order of orders) {
        // So close together that each may be the cause of each.
        const ledger = order.map((which, at) => found(three[which], start + at * second))
        const all = incidents(ledger, rules, start + minute)
        const inside = members(all)
        const right =
          new Set(inside).size === 3 &&
          inside.length === 3 &&
          all.length === roots.length &&
          all.every(
            ({ cause, affected }) =>
              roots.includes(cause.code) &&
              affected.every((it) =>
                [cause, ...affected].some((other) => isEdgeOf(other.code, it.code, three)),
              ),
          )
        if (!right) wrong.push(order.map((which) => three[which]).join(', '))
        seen += 1
      }
    }
    t.strictSame(wrong, [])
    t.ok(seen > 30_000, `${seen} of them`)
  },
)

/** A node and one sink: what is seen goes through ledger, cascade and due, and all that is due is taken. */
function life() {
  let ledger: Ledger = []
  let told: readonly NotificationRecord[] = []
  return {
    told: () => told,
    see(observations: readonly Observation[], now: number) {
      ledger = withoutOld(step(ledger, { rules, observations }, now), now, new Set(awaitedBy(told)))
      const all = incidents(ledger, rules, now)
      const notices = plan(all, told, { min: 'warning', remind: 0, since: 0 }, 'node1', now)
      for (const it of notices) {
        const changed = recordSent(told, it, '1', now)
        const ids = new Set(changed.map((one) => one.incident))
        told = [...told.filter((one) => !ids.has(one.incident)), ...changed]
      }
      const lost = ledger.filter((it) => members(all).filter((one) => one === it).length !== 1)
      return { notices, all, lost }
    },
  }
}

const isNews = ({ kind }: Notice) => kind !== 'grew' && kind !== 'merged' && kind !== 'resolved'
const patience = Math.max(...Object.values(rules).map((it) => it.pendingFor ?? 0))
const seenAs = (code: string) => observation({ code, ...here })

t.test('of three that hang together, in every order, a sink hears of each root once', async (t) => {
  const wrong: string[] = []
  let seen = 0
  for (const three of triples()) {
    if (linksIn(three) < 2) continue
    for (const order of orders) {
      const arrived = order.map((which) => three[which])
      const name = arrived.join(', ')
      const { see, told } = life()
      const complain = (what: string) => wrong.push(`${name}: ${what}`)
      const opened = new Set<string>()
      for (const [at] of arrived.entries()) {
        const { notices, lost } = see(arrived.slice(0, at + 1).map(seenAs), start + (at * minute) / 2)
        if (lost.length > 0) complain('lost')
        for (const it of notices.filter(isNews)) {
          if (it.kind === 'digest' || it.kind === 'test') complain(it.kind)
          else if (it.kind === 'opened' && !opened.has(it.incident.id)) opened.add(it.incident.id)
          else if (it.kind !== 'worse') complain(`${it.kind} again`)
        }
      }
      // Whatever needs patience has it, and then there is silence.
      const all = arrived.map(seenAs)
      see(all, start + minute + patience)
      for (const later of [1, 2, 3]) {
        const { notices } = see(all, start + minute + patience + later * minute)
        if (notices.length > 0) complain(`${notices.map((it) => it.kind)} for nothing new`)
      }
      const open = told().filter((it) => it.resolved === undefined)
      const { all: now, notices: over } = see([], start + 2 * patience + 10 * minute)
      if (now.some((it) => it.resolved === undefined)) complain('not over')
      if (over.length !== open.length || over.some((it) => it.kind !== 'resolved'))
        complain(`${open.length} open, and told at the end: ${over.map((it) => it.kind)}`)
      if (see([], start + 2 * patience + 11 * minute).notices.length > 0) complain('not silent after it')
      seen += 1
    }
  }
  t.strictSame(wrong, [])
  t.ok(seen > 1000, `${seen} of them`)
})

t.test('the edges that must be there', async (t) => {
  const needed: Readonly<Record<string, string>> = {
    'certs.expired': 'certs.api-unauthorized cni.overlay-missing cni.subnet-env-missing pods.crash-looping',
    'certs.api-unauthorized': 'k3s.api-unhealthy',
    'k3s.restarted': 'k3s.api-unhealthy k3s.kubelet-unhealthy',
    'k3s.killed':
      'k3s.down cni.bridge-missing cni.overlay-missing firewall.kube-chains-missing pods.crash-looping pods.log-says',
    'firewall.flushed':
      'firewall.kube-chains-missing firewall.flannel-rules-missing firewall.hostport-rules-missing firewall.ufw-drift firewall.lockout firewall.blocks-k3s',
    'firewall.blocks-k3s':
      'cni.dns-dead pods.crash-looping pods.log-says k3s.api-unhealthy cni.peer-unreachable',
    'firewall.kube-chains-missing': 'cni.dns-dead',
    'firewall.flannel-rules-missing': 'pods.crash-looping pods.log-says firewall.blocks-k3s',
    'k3s.down': 'cni.dns-dead k3s.api-unhealthy',
    'cni.bridge-missing': 'pods.crash-looping cni.veth-orphaned cni.dns-dead',
    'cni.overlay-missing': 'pods.crash-looping cni.routes-missing cni.peer-unreachable',
    'cni.routes-missing': 'cni.peer-unreachable cni.dns-dead',
    'cni.mtu-mismatch': 'cni.peer-unreachable',
    'cni.peer-unreachable': 'pods.crash-looping pods.log-says cni.dns-dead',
    'memory.oom-killed': 'pods.crash-looping pods.log-says k3s.restarting',
    'pods.log-says': 'pods.crash-looping',
    'k3s.disk-filling': 'pods.crash-looping pods.log-says k3s.api-unhealthy',
  }
  for (const [cause, all] of Object.entries(needed))
    for (const code of all.split(' ')) t.ok(isEdge(cause, code), `${cause} -> ${code}`)
  // The node asks by itself: nothing is forwarded, and kube-proxy masquerades what does not come from a pod.
  for (const cause of ['firewall.flannel-rules-missing', 'cni.forwarding-off'])
    t.notOk(isEdge(cause, 'cni.dns-dead'), `${cause} -> cni.dns-dead`)
})
