import type { Host } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import type { K3s } from '../node/k3s.ts'
import type { K3sSample } from './sample.ts'

/** containerd's folder of k3s and RKE2; `k3s-killall.sh` removes it with all that is in it. */
export const containerdRun = '/run/k3s/containerd'
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
  const ids = ((await orNothing(host.list(tasksFolder))) ?? [])
    .map((it) => it.name)
    .filter((it) => /^[0-9a-f]{64}$/.test(it))
    .map((it) => it.slice(0, 12))
  const alive = new Set(ids)
  const old = (before?.tasks?.some ?? []).filter((it) => alive.has(it))
  const some = [...old, ...ids.filter((it) => !old.includes(it))].slice(0, remembered)

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
  return { tasks: { count: ids.length, some }, links, ...(rotated !== undefined && { rotated }) }
}
