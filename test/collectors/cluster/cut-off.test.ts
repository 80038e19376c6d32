import t from 'tap'
import { allLost, allSilent } from '../../../collectors/cluster/cut-off.ts'
import type { Lost } from '../../../collectors/cluster/sample.ts'
import { at, place, server } from './samples.ts'

const nodes = [server('server1'), ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, ready: false }))]
const lost = nodes.slice(1).map(({ name }): Lost => ({ name, first: at, by: 'server1' }))
const heard = (kubelet: 'answers' | 'silent') =>
  lost.map((it): Lost => ({ ...it, detail: { kubelet, volumes: [], volumeCount: 0 } }))

t.test('one sentence for all of them, some by name, and what it may be', async (t) => {
  const all = allLost({ place, nodes }, heard('silent'))
  t.match(all, { code: 'cluster.cut-off', subject: 'server1', at, evidence: { state: 'network', nodes: 6 } })
  t.equal(
    all.text,
    '6 nodes stopped reporting to server1 at once, at 2026-11-23 03:00:00 UTC, and no other is left: a, b, c, d, e and 1 more. None answers from here: it is likely the network of server1, or power or a switch that all of them share.',
  )
  t.match(
    allLost({ place, nodes: [server('server1', false), ...nodes.slice(1)] }, lost).text,
    /itself included/,
  )
})

t.test('kubelets that answer do not reach the API: then it is the way to it', async (t) => {
  const it = allLost({ place, nodes }, heard('answers'))
  t.match(it, { text: /Kubelets answer from here/, evidence: { state: 'api' } })
  t.match(it.fix, [/agent firewall/, /curl -ksm5 https:\/\/server1:6443\/ping/])
})

t.test('servers that are all silent', async (t) => {
  const gone = ['server2', 'server3'].map((name, by) => ({ name, since: at + by }))
  t.match(allSilent('server1', gone, 'The API of server1 does not answer either.'), {
    ...{ at: at + 1, evidence: { state: 'servers', nodes: 2 } },
    text: /^No other server answers server1 since .*: server2 and server3\. The API of server1 does not answer/,
  })
})
