import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { k3s } from '../../../collectors/k3s/index.ts'
import { measures } from '../../../collectors/k3s/measures.ts'
import { declaredAlone } from '../../measures.ts'

t.test('of recorded nodes', (t) => declaredAlone(t, k3s, 'containers_running'))

t.test('parts, disks and the datastore; nothing of what is not known', async (t) => {
  const sample = {
    answers: { api: { well: true, since: 0 }, kubelet: { well: false, since: 0 } },
    tasks: { count: 9, some: [] },
    disks: [
      { path: '/var/lib/rancher', also: [], size: 1000, used: 91.5, inodes: 3 },
      { path: '/run', also: [], size: 10, used: 0 },
    ],
    datastore: { kind: 'etcd' as const, size: 100, log: 7, quota: 2000 },
  }
  const of = (it: object) => measures.of(it, defaults(k3s.settings), 0)
  t.strictSame(
    of(sample).map(({ name, labels = {}, value }) => [name, Object.values(labels).join(), value]),
    [
      ['k3s_part_up', 'api', 1],
      ['k3s_part_up', 'kubelet', 0],
      ['containers_running', '', 9],
      ['disk_size_bytes', '/var/lib/rancher', 1000],
      ['disk_used_ratio', '/var/lib/rancher', 0.915],
      ['disk_inodes_used_ratio', '/var/lib/rancher', 0.03],
      ['disk_size_bytes', '/run', 10],
      ['disk_used_ratio', '/run', 0],
      ['datastore_size_bytes', 'etcd', 107],
      ['datastore_quota_bytes', '', 2000],
    ],
  )
  t.strictSame(of({}), [])
})
