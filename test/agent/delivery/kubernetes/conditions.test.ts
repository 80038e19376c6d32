import t from 'tap'
import { conditionsOf, lastWords, longestMessage } from '../../../../agent/delivery/kubernetes/conditions.ts'
import type { Domain } from '../../../../agent/delivery/kubernetes/picture.ts'
import type { Incident } from '../../../../agent/model/index.ts'
import { finding, incidentOf as incident } from '../../findings.ts'

const now = Date.parse('2026-11-23T03:30:00Z')
const minute = 60_000
const domains: readonly Domain[] = [
  { name: 'firewall', title: 'the firewall' },
  { name: 'memory', title: 'memory' },
]
const flushed = finding({
  code: 'firewall.flushed',
  severity: 'critical',
  title: 'firewall flushed',
  text: '91 of 91 rules are gone.',
  since: now - 18 * minute,
})
const of = (incidents: readonly Incident[], those = domains) =>
  Object.fromEntries(conditionsOf({ incidents, domains: those }, now).map(({ type, ...it }) => [type, it]))

t.test('healthy is True, and each domain has no problem', async (t) => {
  t.match(of([]), {
    MurphyHealthy: { status: 'True', reason: 'NoProblem' },
    MurphyFirewallProblem: { status: 'False', reason: 'NoProblem' },
    MurphyMemoryProblem: { status: 'False', reason: 'NoProblem' },
  })
})

t.test('what is wrong is said in its domain and for the node, the gravest first', async (t) => {
  const full = finding({ code: 'memory.full', title: 'memory full', text: 'All of it.', since: now - minute })
  t.match(
    of([incident(full), incident(flushed, [finding({ code: 'firewall.other', since: now - minute })])]),
    {
      MurphyHealthy: {
        status: 'False',
        reason: 'FirewallFlushed',
        message:
          'critical since 03:12 UTC: firewall flushed: 91 of 91 rules are gone. 1 more incident. See: `agent status` on the node',
      },
      MurphyFirewallProblem: {
        status: 'True',
        reason: 'FirewallFlushed',
        message: /^critical since 03:12 UTC: firewall flushed: .* 1 more finding\.$/,
      },
      MurphyMemoryProblem: { status: 'True', reason: 'MemoryFull', message: /memory full: All of it\.$/ },
    },
  )
})

t.test('over, with patience, or information is no problem', async (t) => {
  const none = { MurphyHealthy: { status: 'True' }, MurphyFirewallProblem: { status: 'False' } }
  t.match(of([incident({ ...flushed, resolved: now }, [], { resolved: now })]), none, 'over')
  t.match(of([incident({ ...flushed, notifyAt: now + 1000 })]), none, 'there is patience with it')
  t.match(
    of([incident({ ...flushed, notifyAt: now - 1000, seen: now - 2000 })]),
    none,
    'no look has confirmed it',
  )
  t.match(of([incident({ ...flushed, severity: 'info' })]), none, 'information')
})

t.test('what is not seen is neither well nor ill', async (t) => {
  const blind = [
    { ...domains[0], unseen: 'firewall check failing: permission denied' },
    domains[1],
  ] as Domain[]
  t.match(of([], blind), {
    MurphyHealthy: { status: 'Unknown', reason: 'NotAllSeen', message: /firewall\.$/ },
    MurphyFirewallProblem: { status: 'Unknown', reason: 'NotSeen', message: /permission denied/ },
    MurphyMemoryProblem: { status: 'False' },
  })
  t.match(of([incident(flushed)], blind).MurphyFirewallProblem, { status: 'True' }, 'what was found stays')
  const late = domains.map((it) => ({ ...it, unseen: 'It should have run.', late: true as const }))
  t.match(of([], late), {
    MurphyHealthy: { status: 'Unknown', late: true },
    MurphyMemoryProblem: { status: 'Unknown', reason: 'CheckOverdue', late: true },
  })
})

t.test('a check that fails makes nothing ill: it is not seen', async (t) => {
  const blind = finding({ code: 'firewall.blind', since: now - minute })
  const those = [{ ...domains[0], unseen: 'permission denied' }, domains[1]] as Domain[]
  t.match(of([incident(blind)], those), {
    MurphyHealthy: { status: 'Unknown', reason: 'NotAllSeen' },
    MurphyFirewallProblem: { status: 'Unknown', reason: 'NotSeen' },
  })
})

t.test('a cause with which there is patience does not title what there is none with', async (t) => {
  const cause = finding({ code: 'k3s.down', severity: 'critical', since: now - 1000, notifyAt: now + minute })
  t.match(of([incident(cause, [flushed])]).MurphyHealthy, { reason: 'FirewallFlushed' })
})

t.test('commands are shown under the name that they have on the node', async (t) => {
  const [healthy] = conditionsOf({ incidents: [incident(flushed)], domains, command: 'murphy' }, now)
  t.match(healthy?.message, /See: `murphy status` on the node$/)
})

t.test('texts from outside are one clean line of 1024 bytes at most', async (t) => {
  const evil = `a\u001b[31m\u202e\nb\u0000 ${'\u{1f4a9}'.repeat(2000)}\ud800`
  const all = of([
    incident({ ...flushed, title: evil, text: evil, code: `firewall.${evil}` }),
    incident(flushed),
  ])
  for (const { message, reason } of Object.values(all)) {
    t.ok(Buffer.byteLength(message) <= longestMessage, `${Buffer.byteLength(message)} bytes`)
    t.notMatch(message, /[\u0000-\u001f\u007f-\u009f\u202e]/)
    t.ok(message.isWellFormed())
    t.match(reason, /^[A-Za-z0-9]{1,100}$/)
  }
  t.match(
    all.MurphyHealthy?.message,
    /1 more incident\. See: `agent status` on the node$/,
    'what there is more stays',
  )
})

t.test('the last word says why it ends', async (t) => {
  const wanted = conditionsOf({ incidents: [incident(flushed)], domains }, now)
  const by = (ending: Parameters<typeof lastWords>[1]) =>
    Object.fromEntries(lastWords(wanted, ending, now).map(({ type, ...it }) => [type, it]))
  t.match(by('stopped'), {
    MurphyHealthy: {
      status: 'Unknown',
      reason: 'AgentStopped',
      message: /^Murphy was stopped at 03:30 UTC\. Before: critical since 03:12 UTC: firewall flushed/,
    },
    MurphyMemoryProblem: { status: 'Unknown', reason: 'AgentStopped', message: /Before: No problem/ },
  })
  t.match(by('reboot'), {
    MurphyHealthy: {
      status: 'Unknown',
      reason: 'NodeRebooting',
      message: /^The node reboots, as ordered at 03:30 UTC\. Before: critical/,
    },
    MurphyFirewallProblem: { status: 'True', reason: 'FirewallFlushed' },
    MurphyMemoryProblem: { status: 'False', reason: 'NoProblem' },
  })
})
