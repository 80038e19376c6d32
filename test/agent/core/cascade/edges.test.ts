import t from 'tap'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import { late, lateEvent, outlasting } from '../../../../agent/core/cascade/edges.ts'
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
import { finding, observation } from '../../findings.ts'

/** Every edge of the real rules, every pair and every triple, in every order of arrival. */
const rules = allRules()
const codes = Object.keys(rules)
const minute = 60_000
const start = 1_000_000 * minute

interface Edge {
  readonly cause: string
  readonly code: string
  readonly edge: Cause
  readonly event: boolean
}
const edges: readonly Edge[] = Object.entries(rules).flatMap(([code, it]) =>
  (it.because ?? []).map((edge) => ({
    cause: edge.code,
    code,
    edge,
    event: rules[edge.code]?.event === true,
  })),
)
const nameOf = ({ cause, code }: Edge) => `${cause} -> ${code}`
const isEdge = (cause: string, code: string) => rules[code]?.because?.some((it) => it.code === cause) === true

/** What all edges ask for: the same subject and the same pod. */
const here = { subject: 'here', pod: { namespace: 'default', name: 'db-0', container: 'a' } }
const found = (code: string, since: number, more: Partial<Finding> = {}) =>
  finding({ code, since, ...here, ...more })
const rootsOf = (ledger: Ledger, now: number) => incidents(ledger, rules, now).map((it) => it.cause.code)
const members = (all: readonly Incident[]) => all.flatMap((it) => [it.cause, ...it.affected])

t.test('every edge joins two findings that are open, whichever came first', async (t) => {
  for (const one of edges) {
    const { cause, code, event } = one
    for (const [a, b] of [
      [0, minute],
      [0, 0],
      [event ? lateEvent : late, 0],
    ] as const)
      t.strictSame(
        rootsOf([found(code, start + b), found(cause, start + a)], start + late),
        [cause],
        `${nameOf(one)}: ${a} ${b}`,
      )
    const tooLate = start + (event ? lateEvent : late) + 1
    t.equal(
      rootsOf([found(code, start), found(cause, tooLate)], tooLate).length,
      2,
      `${nameOf(one)}: what is found later than that is another story`,
    )
  }
})

t.test('a cause that is over explains within the window of its edge, and not beyond', async (t) => {
  for (const one of edges) {
    const { cause, code, edge } = one
    const over = found(cause, start, { resolved: start + minute })
    const end = start + minute + (edge.within ?? 0)
    t.equal(rootsOf([over, found(code, end)], end).length, 1, `${nameOf(one)}: to the last moment`)
    t.equal(rootsOf([over, found(code, end + 1)], end + 1).length, 2, `${nameOf(one)}: no moment longer`)
  }
})

t.test('the same subject or pod, where an edge asks for it', async (t) => {
  for (const one of edges) {
    const { cause, code, edge } = one
    const roots = (more: Partial<Finding>) =>
      rootsOf([found(cause, start), found(code, start, more)], start).length
    const elsewhere = { subject: 'there', pod: { namespace: 'default', name: 'db-1' } }
    t.equal(roots(elsewhere), edge.same ? 2 : 1, nameOf(one))
    const { pod: _, ...withoutPod } = found(code, start)
    t.equal(
      rootsOf([found(cause, start), withoutPod], start).length,
      edge.same === 'pod' ? 2 : 1,
      `${nameOf(one)}: unknown is not the same`,
    )
  }
})

t.test('a consequence that outlives its cause becomes its own root, but not one of an event', async (t) => {
  for (const one of edges) {
    const { cause, code, edge, event } = one
    const ledger = [found(cause, start, { resolved: start + minute }), found(code, start)]
    const end = start + minute + Math.max(edge.within ?? 0, outlasting)
    t.strictSame(rootsOf(ledger, end), [cause], `${nameOf(one)}: repairs take a while to take hold`)
    t.strictSame(
      rootsOf(ledger, end + 1),
      event ? [cause] : code < cause ? [code, cause] : [cause, code],
      nameOf(one),
    )
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
const linksIn = (three: readonly string[]) => three.flatMap((a) => three.filter((b) => isEdge(a, b))).length

t.test('of any three, in every order, none is lost, and as many are roots as have no cause', async (t) => {
  let seen = 0
  const wrong: string[] = []
  for (const three of triples()) {
    const roots = three.filter((it) => !three.some((other) => isEdge(other, it)))
    for (const order of orders) {
      // Within the minute that even an event may come late.
      const ledger = order.map((which, at) => found(three[which], start + (at * minute) / 2))
      const all = incidents(ledger, rules, start + minute)
      const inside = members(all)
      const right =
        new Set(inside).size === 3 &&
        inside.length === 3 &&
        all.length === roots.length &&
        all.every(
          ({ cause, affected }) =>
            roots.includes(cause.code) &&
            affected.every((it) => [cause, ...affected].some((other) => isEdge(other.code, it.code))),
        )
      if (!right) wrong.push(order.map((which) => three[which]).join(', '))
      seen += 1
    }
  }
  t.strictSame(wrong, [])
  t.ok(seen > 100_000, `${seen} of them`)
})

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

t.test('a cause found late takes over what was told by editing it, and alarms once', async (t) => {
  for (const one of edges) {
    if (one.event) continue
    const { see } = life()
    const effect = { ...seenAs(one.code), severity: 'warning' as const }
    const first = see([effect], start).notices.map((it) => it.kind)
    const notifyAt = start + (rules[one.code]?.pendingFor ?? 0)
    if (first.length === 0) see([effect], notifyAt)
    const { notices, lost } = see([effect, { ...seenAs(one.cause), severity: 'warning' }], notifyAt + 1)
    t.strictSame(
      notices.map((it) => it.kind),
      ['opened', 'merged'],
      nameOf(one),
    )
    t.strictSame(lost, [])
    t.strictSame(see([effect, { ...seenAs(one.cause), severity: 'warning' }], notifyAt + 2).notices, [])
  }
})

t.test('the edges that must be there', async (t) => {
  const needed: Readonly<Record<string, string>> = {
    'certs.expired': 'certs.api-unauthorized cni.overlay-missing cni.subnet-env-missing k3s.restarted',
    'certs.api-unauthorized': 'k3s.api-unhealthy',
    'k3s.restarted':
      'cni.bridge-missing cni.overlay-missing cni.conf-missing cni.subnet-env-missing cni.routes-missing firewall.kube-chains-missing firewall.flannel-rules-missing firewall.hostport-rules-missing',
    'k3s.killed': 'k3s.down cni.bridge-missing cni.overlay-missing pods.crash-looping pods.log-says',
    'firewall.flushed':
      'firewall.kube-chains-missing firewall.flannel-rules-missing firewall.hostport-rules-missing firewall.ufw-drift firewall.lockout',
    'firewall.ufw-blocks-k3s': 'cni.dns-dead pods.crash-looping pods.log-says',
    'firewall.kube-chains-missing': 'cni.dns-dead',
    'firewall.flannel-rules-missing': 'cni.dns-dead',
    'k3s.down': 'cni.dns-dead k3s.api-unhealthy',
    'cni.bridge-missing': 'pods.crash-looping cni.veth-orphaned cni.dns-dead',
    'cni.overlay-missing': 'pods.crash-looping cni.routes-missing',
    'memory.oom-killed': 'pods.crash-looping pods.log-says',
    'pods.crash-looping': 'pods.log-says',
    'k3s.disk-filling': 'pods.crash-looping pods.log-says k3s.api-unhealthy',
  }
  for (const [cause, all] of Object.entries(needed))
    for (const code of all.split(' ')) t.ok(isEdge(cause, code), `${cause} -> ${code}`)
})

t.test('what is wrong explains more than what is over', async (t) => {
  const ledger = [
    found('certs.expired', start, { resolved: start + minute }),
    found('firewall.lockout', start + 2 * minute, { subject: 'ipv4' }),
    found('k3s.api-unhealthy', start + 3 * minute),
  ]
  t.strictSame(
    incidents(ledger, rules, start + 4 * minute).map((it) => [it.cause.code, it.affected.length]),
    [
      ['certs.expired', 0],
      ['firewall.lockout', 1],
    ],
  )
  const later = ledger.map((it) => ({ ...it, resolved: it.resolved ?? start + 5 * minute }))
  t.equal(incidents(later, rules, start + 9 * minute).length, 2, 'and still does when it is over as well')
})
