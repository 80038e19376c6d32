import { type Host, HostError } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import type { K3s } from '../node/k3s.ts'
import type { K3sSample } from './sample.ts'

/** containerd's folder of k3s and RKE2, with its socket, which is made anew when k3s starts. */
export const containerdRun = '/run/k3s/containerd'
/** CNI's folder of results and addresses; `k3s-killall.sh` removes it, after the links. Pods change only what is below. */
export const cniHome = '/var/lib/cni'
const tasksFolder = `${containerdRun}/io.containerd.runtime.v2.task/k8s.io`
/** The links `k3s-killall.sh` deletes by name. */
const podLinks = /^(cni0|flannel[\w.-]{0,10}|kube-ipvs0)$/
/** How many container ids are remembered: so many do not end between two runs unless all do. */
const remembered = 6

/** Reads what later shows whether k3s, its containers or the machine were replaced. Missing files are no error. */
export async function lookForTraces(
  host: Host,
  { role, dataDir }: Pick<K3s, 'role' | 'dataDir'>,
  before: K3sSample | undefined,
): Promise<Pick<K3sSample, 'tasks' | 'links' | 'rotated'>> {
  const tasks = await lookForTasks(host, before?.tasks?.some ?? [])

  const links: Record<string, number> = {}
  for (const { name } of (await orNothing(host.list('/sys/class/net'))) ?? []) {
    if (!podLinks.test(name)) continue
    const index = Number(await orNothing(host.text(`/sys/class/net/${name}/ifindex`)))
    if (index > 0) links[name] = index
  }

  // An agent gets a new certificate at each start; a server only when it was renewed.
  const own =
    role === 'server' ? await orNothing(host.stat(`${dataDir}/server/tls/client-admin.crt`)) : undefined
  const rotated = own ? Math.round(own.mtime) : before?.rotated
  return { tasks, links, ...(rotated !== undefined && { rotated }) }
}

/**
 * The containers that live. `k3s-killall.sh` leaves their folders until containerd starts again, and takes the root
 * file system out of each (k3s, install.sh `do_unmount_and_remove`). While the few that are remembered live, the others
 * are counted without being looked at.
 */
async function lookForTasks(host: Host, known: readonly string[]): Promise<NonNullable<K3sSample['tasks']>> {
  const ids = ((await orNothing(host.list(tasksFolder))) ?? [])
    .map((it) => it.name)
    .filter((it) => /^[0-9a-f]{64}$/.test(it))
  const old = known.flatMap((short) => ids.find((it) => it.startsWith(short)) ?? [])
  const all = [...old, ...ids.filter((it) => !old.includes(it))]
  const few = all.slice(0, remembered)
  const living = await alive(host, few)
  const every = living.length === few.length ? all : await alive(host, all)
  return { count: every.length, some: every.slice(0, remembered).map((it) => it.slice(0, 12)) }
}

async function alive(host: Host, ids: readonly string[]): Promise<readonly string[]> {
  const found = await host.stats(ids.map((it) => `${tasksFolder}/${it}/rootfs`))
  return ids.filter((_, index) => {
    const it = found[index]
    return !(it instanceof HostError) || it.code !== 'missing'
  })
}
