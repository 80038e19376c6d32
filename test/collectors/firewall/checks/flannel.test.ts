import t from 'tap'
import type { Cells } from '../../../../collectors/firewall/cells.ts'
import { flannelMissing } from '../../../../collectors/firewall/checks/flannel.ts'
import type { FlannelMemory } from '../../../../collectors/firewall/history/flannel.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

const minute = 60_000
const now = Date.parse('2026-11-23T03:12:10Z')
const both: Cells = {
  'ipv4 filter flannel': [2, 2],
  'ipv4 nat flannel': [4, 4],
  'ipv4 nat kube-proxy': [9, 3],
}
const filter: Cells = { 'ipv4 filter flannel': [2, 2] }
const none: Cells = { 'ipv4 nat kube-proxy': [9, 3] }
const places = ['ipv4 filter', 'ipv4 nat']

const set = (more: Partial<RuleSet> = {}) => ({ family: 'ipv4', ...more }) as unknown as RuleSet
const sample = (flannel: FlannelMemory | undefined, more: Partial<FirewallSample> = {}): FirewallSample => ({
  sets: [set()],
  ssh: { ports: { ipv4: [], ipv6: [] } },
  input: {},
  k3s: { unit: 'k3s-agent', proxies: ['ipv4'], running: { pid: 1, since: now - 10 * minute } },
  memory: { reference: {}, ...(flannel && { flannel }) },
  ...more,
})

t.test('what is said of it', (t) => {
  t.strictSame(flannelMissing(sample({ places, missing: now - minute }), now, none), [
    {
      code: 'firewall.flannel-rules-missing',
      subject: 'flannel',
      text: 'No flannel rule is left in IPv4 filter, IPv4 nat. A healthy flannel restores its rules every minute.',
      at: now - minute,
      fix: ['Restart k3s: `systemctl restart k3s-agent`'],
      evidence: { family: 'ipv4', table: 'filter, nat' },
    },
  ])
  t.match(flannelMissing(sample({ places }), now, filter), [{ evidence: { family: 'ipv4', table: 'nat' } }])
  t.strictSame(flannelMissing(sample({ places }), now, both), [])
  t.end()
})

t.test('nothing is said where nothing can be said', (t) => {
  const it = { places }
  t.strictSame(flannelMissing(sample(undefined), now, none), [], 'it never had any')
  const { k3s, ...without } = sample(it)
  t.strictSame(flannelMissing(without, now, none), [], 'no k3s')
  t.match(
    flannelMissing(sample(it, { k3s: { unit: 'k3s', proxies: [] } }), now, none),
    [{ starting: true, text: /IPv4 nat\. k3s is stopped\.$/ }],
    'it is stopped: none is opened',
  )
  const started = { unit: 'k3s', proxies: [], running: { pid: 1, since: now - 1000 } }
  const early = flannelMissing(sample(it, { k3s: started }), now, none)
  t.strictSame(
    early.filter((it) => !it.starting),
    [],
    'it has just started',
  )
  t.match(early, [{ code: 'firewall.flannel-rules-missing', subject: 'flannel', starting: true }])
  t.strictSame(flannelMissing(sample(it, { sets: [set({ stale: true })] }), now, none), [], 'not seen')
  t.strictSame(flannelMissing(sample(it, { sets: [set({ family: 'ipv6' })] }), now, none), [])
  t.end()
})
