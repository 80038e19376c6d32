import t from 'tap'
import type { ClusterNode } from '../../receivers/cluster-api.ts'
import { ready, silent } from './machines.ts'
import { began, fourNodes, minute, second } from './murphys.ts'

/** What has been so for long when Murphy comes to a cluster is said once, and calmly. */

const { started } = await fourNodes(t)
const day = 24 * 60 * minute
const node = (conditions: ClusterNode['conditions'], server = false): ClusterNode => ({
  ...{ address: '127.0.0.4', conditions },
  ...(server && { server }),
})

/** A server alone, and agents that have been off for so many days. */
const alone = (days: readonly number[]) =>
  started(['server1'], (api, since) => {
    api.nodes.set('server1', node([ready(since)], true))
    for (const [at, it] of days.entries()) api.nodes.set(`node${at}`, node([silent(began - it * day)]))
  })

t.test('nodes that have long been off are a warning that says so', async (t) => {
  const { its } = await alone([40, 50, 60, 70, 80])
  await its.pass(5 * minute)
  const { ledger } = its.of('server1')
  t.equal(ledger.length, 5)
  for (const it of ledger)
    t.match(it, {
      ...{ code: 'cluster.node-lost', severity: 'warning' },
      text: /: its kubelet reports nothing any more\. It was so already when Murphy first saw it\.$/,
    })
})

t.test('two that were switched off together do not mean that this server is cut off', async (t) => {
  const { api, its } = await alone([40, 40])
  await its.pass(5 * minute)
  t.strictSame(its.notified(), ['server1: cluster.node-lost node0', 'server1: cluster.node-lost node1'])
  api.nodes.set('node0', node([ready(its.now())]))
  await its.pass(minute)
  api.nodes.set('node0', node([silent(its.now())]))
  await its.pass(minute)
  t.equal(its.of('server1').ledger.at(-1)?.severity, 'critical', 'once it was seen well, it is news')
})

t.test('one that fell silent just before Murphy came is news', async (t) => {
  const { its } = await started(['server1'], (api, since) => {
    api.nodes.set('server1', node([ready(since)], true))
    api.nodes.set('node0', node([silent(began - 20 * minute)]))
  })
  t.strictSame(its.notified(), [], 'it may be starting')
  await its.pass(90 * second)
  t.match(its.of('server1').ledger, [{ severity: 'critical' }])
})
