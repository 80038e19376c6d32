import t from 'tap'
import type { Stat } from '../../../agent/model/index.ts'
import { lookAtDatastore, lookAtDisks } from '../../../collectors/k3s/storage.ts'
import type { K3s } from '../../../collectors/node/k3s.ts'
import { machine } from '../node/machine.ts'

const k3s: K3s = {
  distribution: 'k3s',
  role: 'server',
  dataDir: '/d',
  unit: 'k3s',
  flags: {},
  binary: '/k3s',
}
const stat = (dev: number, size = 0): Stat => ({
  kind: 'folder',
  size,
  mtime: 0,
  ctime: 0,
  dev,
  ino: 1,
  uid: 0,
  mode: 448,
})
const mib = 2 ** 20

t.test('folders on one file system are one disk', async (t) => {
  const stats = {
    '/d': stat(1),
    '/d/agent/containerd': stat(1),
    '/d/storage': stat(2),
    '/var/lib/kubelet': stat(1),
    '/var/log/pods': stat(3),
  }
  const space = { size: 1000, available: 250, inodes: 100, inodesFree: 10 }
  const spaces = { '/d': space, '/d/storage': { ...space, inodes: 0, inodesFree: 0 } }
  const { disks, unseen } = await lookAtDisks(machine(t, {}, { stats, spaces }), k3s)
  t.strictSame(disks, [
    { path: '/d', also: ['/var/lib/kubelet'], size: 1000, used: 75, inodes: 90 },
    { path: '/d/storage', also: [], size: 1000, used: 75 },
  ])
  t.match(unseen, [
    { what: 'how full the disk of /var/log/pods is', codes: ['k3s.disk-filling'], unrecorded: true },
  ])
})

t.test('where the kubelet evicts pods: by what it keeps on which disk', async (t) => {
  const stats = {
    '/d': stat(1),
    '/d/agent/containerd': stat(2),
    '/d/storage': stat(3),
    '/var/lib/kubelet': stat(1),
  }
  const space = { size: 1000 * mib, available: 250 * mib, inodes: 100, inodesFree: 10 }
  const spaces = { '/d': space, '/d/agent/containerd': space, '/d/storage': space }
  const node = machine(t, {}, { stats, spaces })
  const evictions = async (limits?: Record<string, string>) =>
    (await lookAtDisks(node, k3s, limits)).disks.map((it) => [it.evicts, it.evictsInodes])
  const none = [undefined, undefined]
  t.strictSame(await evictions(), [none, none, none], 'not known')
  t.strictSame(await evictions({ 'imagefs.available': '5%', 'nodefs.available': '10%' }), [
    [90, undefined],
    [95, undefined],
    none,
  ])
  t.strictSame(await evictions({ 'imagefs.available': '100Mi', 'nodefs.inodesFree': '5%' }), [
    [undefined, 95],
    [90, undefined],
    none,
  ])
})

t.test('the datastore: SQLite with its log, etcd with its quota, none', async (t) => {
  const sqlite = {
    '/d/server/db/state.db': stat(1, 40.2 * mib),
    '/d/server/db/state.db-wal': stat(1, 4 * mib),
  }
  t.strictSame(await lookAtDatastore(machine(t, {}, { stats: sqlite }), k3s), {
    kind: 'sqlite',
    size: 40 * mib,
    log: 4 * mib,
  })
  const etcd = { '/d/server/db/etcd/member/snap/db': stat(1, 100 * mib) }
  const on = machine(t, {}, { stats: { ...sqlite, ...etcd } })
  t.strictSame(await lookAtDatastore(on, k3s), { kind: 'etcd', size: 100 * mib, log: 0, quota: 2048 * mib })
  const asked = { ...k3s, flags: { 'etcd-arg': ['--quota-backend-bytes=4294967296'] } }
  t.match(await lookAtDatastore(on, asked), { quota: 4096 * mib })
  t.equal(await lookAtDatastore(on, { ...k3s, role: 'agent' }), undefined)
  t.equal(await lookAtDatastore(machine(t, {}), k3s), undefined)
})
