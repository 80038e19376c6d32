import t from 'tap'
import { summary } from '../../../collectors/k3s/summary.ts'
import { minute, noon, server, stopped } from './samples.ts'

t.test('one calm line', async (t) => {
  t.equal(summary({}, noon), 'no k3s on this machine')
  t.equal(
    summary({ had: { what: 'k3s server v1.33.1+k3s1', at: Date.parse('2026-11-23T03:00:00Z') } }, noon),
    'no k3s any more: k3s server v1.33.1+k3s1 was last seen 2026-11-23 03:00:00 UTC',
  )
  const answers = { api: { well: true, since: 0 }, kubelet: { well: false, since: 0 } }
  const disks = [
    { path: '/a', also: [], size: 1, used: 41 },
    { path: '/b', also: [], size: 1, used: 7 },
  ]
  const datastore = { kind: 'sqlite', size: 38 * 2 ** 20, log: 0 } as const
  t.equal(
    summary(server({ answers, disks, datastore }), noon),
    'k3s server v1.33.1+k3s1, up 1 h; api well, kubelet NOT well; disk 41 %, sqlite 38 MiB',
  )
  t.equal(
    summary(stopped(noon, { answers }), noon + minute),
    'k3s server v1.33.1+k3s1, not running since 2026-11-23 12:00:00 UTC',
  )
  const node = { name: 'node1', ready: false, pressures: ['DiskPressure'], taints: [] }
  t.match(summary(server({ node }), noon), /up 1 h; NotReady, DiskPressure$/)
  t.notMatch(summary(server({ node: { ...node, stale: true } }), noon), /NotReady/, 'as long as it is known')
  t.match(summary(server({ servers: ['a:1', 'b:1'] }), noon), /; 2 servers$/)
})
