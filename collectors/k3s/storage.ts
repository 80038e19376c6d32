import type { Host, Unseen } from '../../agent/model/index.ts'
import { HostError, unseen } from '../../agent/model/index.ts'
import { orMissing } from '../node/ask.ts'
import type { K3s } from '../node/k3s.ts'
import { evictedFrom } from '../node/kubelet-settings.ts'
import type { Datastore, Disk } from './sample.ts'

/** Folders that k3s, its containers and their volumes write to. Those on one file system are one disk. */
const folders = (dataDir: string) => [
  dataDir,
  ...['server/db', 'agent/containerd', 'storage'].map((it) => `${dataDir}/${it}`),
  '/var/lib/kubelet',
  '/var/log/pods',
  '/run/k3s',
]

/**
 * `evictionHard`: what has to be left where the kubelet keeps its pods (nodefs) and containerd its images (imagefs, k8s:
 * pkg/kubelet/eviction). On any other disk no pod is evicted.
 */
export async function lookAtDisks(
  host: Host,
  { dataDir }: Pick<K3s, 'dataDir'>,
  evictionHard: Readonly<Record<string, string>> = {},
): Promise<{ readonly disks: readonly Disk[]; readonly unseen: readonly Unseen[] }> {
  const byDevice = new Map<number | string, string[]>()
  const blind: Unseen[] = []
  const codes = ['k3s.disk-filling']
  const paths = folders(dataDir)
  const stats = await host.stats(paths)
  for (const [at, path] of paths.entries()) {
    const stat = stats[at] as (typeof stats)[number]
    if (stat instanceof HostError) {
      if (stat.code !== 'missing') blind.push(unseen(path, stat, codes))
      continue
    }
    const known = byDevice.get(stat.dev)
    if (known) known.push(path)
    else byDevice.set(stat.dev, [path])
  }
  const disks: Disk[] = []
  for (const [path = '', ...also] of byDevice.values()) {
    try {
      const { size, available, inodes, inodesFree } = await host.space(path)
      if (size <= 0) continue
      disks.push({
        path,
        // A folder inside the first need not be named.
        also: also.filter((it) => !it.startsWith(`${path}/`)),
        size,
        used: tenth(1 - available / size),
        ...(inodes > 0 && { inodes: tenth(1 - inodesFree / inodes) }),
        ...evictionOn([path, ...also], dataDir, evictionHard, { size, inodes }),
      })
    } catch (error) {
      blind.push(unseen(`how full the disk of ${path} is`, error, codes))
    }
  }
  return { disks, unseen: blind }
}

function evictionOn(
  paths: readonly string[],
  dataDir: string,
  limits: Readonly<Record<string, string>>,
  { size, inodes }: { readonly size: number; readonly inodes: number },
): Pick<Disk, 'evicts' | 'evictsInodes'> {
  const names = [
    ...(paths.includes('/var/lib/kubelet') ? ['nodefs'] : []),
    ...(paths.includes(`${dataDir}/agent/containerd`) ? ['imagefs'] : []),
  ]
  const first = (of: string, all: number) => {
    const found = names.flatMap((it) => evictedFrom(limits[`${it}.${of}`], all) ?? [])
    return found.length > 0 ? Math.min(...found) : undefined
  }
  const [evicts, evictsInodes] = [
    first('available', size),
    inodes > 0 ? first('inodesFree', inodes) : undefined,
  ]
  return { ...(evicts !== undefined && { evicts }), ...(evictsInodes !== undefined && { evictsInodes }) }
}

const tenth = (part: number) => Math.round(part * 1000) / 10

/** etcd's own default (`--quota-backend-bytes`), which k3s leaves as it is. */
const etcdQuota = 2 * 2 ** 30
const mib = 2 ** 20
/** To the MiB, so that a sample that changes all the time is not written to the disk all the time. */
const rounded = (bytes: number) => Math.round(bytes / mib) * mib

/** The database that a server keeps on this node. An agent has none, and an external database cannot be seen. */
export async function lookAtDatastore(
  host: Host,
  { role, dataDir, flags }: K3s,
): Promise<Datastore | undefined> {
  if (role !== 'server') return undefined
  const size = async (path: string) => (await orMissing(host.stat(path)))?.size
  const etcd = `${dataDir}/server/db/etcd/member`
  const snap = await size(`${etcd}/snap/db`)
  if (snap !== undefined) {
    const asked = flags['etcd-arg']?.findLast((it) =>
      it.replace(/^--/, '').startsWith('quota-backend-bytes='),
    )
    const quota = Number(asked?.slice(asked.indexOf('=') + 1)) || etcdQuota
    return { kind: 'etcd', size: rounded(snap), log: 0, quota }
  }
  const sqlite = await size(`${dataDir}/server/db/state.db`)
  if (sqlite === undefined) return undefined
  const log = (await size(`${dataDir}/server/db/state.db-wal`)) ?? 0
  return { kind: 'sqlite', size: rounded(sqlite), log: rounded(log) }
}
