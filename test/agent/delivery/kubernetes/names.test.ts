import t from 'tap'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import {
  camel,
  eventName,
  healthyType,
  isOurs,
  problemType,
} from '../../../../agent/delivery/kubernetes/names.ts'
import { collectors } from '../../../../collectors/index.ts'

t.test('every type and reason is one CamelCase word, and all differ', async (t) => {
  t.equal(camel('firewall.kube-chains-missing'), 'FirewallKubeChainsMissing')
  t.equal(problemType('k3s'), 'MurphyK3sProblem')
  const types = [healthyType, ...collectors.map(({ name }) => problemType(name))]
  t.equal(new Set(types).size, types.length)
  for (const it of types) {
    t.match(it, /^Murphy[A-Z][A-Za-z0-9]*$/)
    t.ok(isOurs(it), it)
  }
  // The form of a condition's reason (k8s: apimachinery meta/v1 Condition).
  for (const code of Object.keys(allRules())) t.match(camel(code), /^[A-Z][A-Za-z0-9]{2,100}$/, code)
  t.equal(camel('x'.repeat(300)).length, 100)
})

t.test("others' types are not ours", async (t) => {
  for (const it of [
    'Ready',
    'MemoryPressure',
    'KernelDeadlock',
    'MurphyLawProblems',
    'Murphy',
    'MurphyHealthyNode',
    '',
  ])
    t.notOk(isOurs(it), it)
})

t.test('an event has one name, which fits whatever the node is called', async (t) => {
  const name = eventName('node1', 'opened firewall.flushed|nft|1')
  t.match(name, /^node1\.murphy-[0-9a-f]{16}$/)
  t.equal(eventName('node1', 'opened firewall.flushed|nft|1'), name)
  t.not(eventName('node1', 'resolved firewall.flushed|nft|1'), name)
  const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
  for (const node of ['a', `${'a'.repeat(199)}.b`, `${'a'.repeat(199)}-${'b'.repeat(53)}`]) {
    t.match(eventName(node, 'x'), subdomain)
    t.ok(eventName(node, 'x').length <= 253)
  }
})
