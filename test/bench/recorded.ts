import { globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * What the recorded healthy node shows, from which the stand-in is made: a server of k3s 1.36 with six pods, network
 * policies, a peer behind VXLAN and 23 certificates (test/nodes/README.md).
 */
export const recorded = join(import.meta.dirname, '../nodes/healthy-1.36')
export const read = (path: string) => readFileSync(join(recorded, path), 'utf8')

/** k3s's folder of data, from the root of the node. */
export const data = 'var/lib/rancher/k3s'
/** The CNI's notes of the pods. */
export const results = 'var/lib/cni/results'
/** Where the CNI's IPAM keeps which addresses are given away, a file each. */
export const reservations = 'var/lib/cni/networks/cbr0'

/** A pod as the CNI plugins noted it. */
export interface RecordedPod {
  /** Of its sandbox. */
  readonly id: string
  readonly veth: string
  /** The name of its network namespace. */
  readonly sandbox: string
  /** `10.42.0.2/24` */
  readonly address: string
}

interface Result {
  readonly interfaces: readonly { readonly name: string; readonly sandbox?: string }[]
  readonly ips: readonly { readonly address: string }[]
}

export const recordedPods: readonly RecordedPod[] = readdirSync(join(recorded, 'files', results))
  .filter((it) => it.startsWith('cbr0-'))
  .map((it) => JSON.parse(read(`files/${results}/${it}`)) as { containerId: string; result: Result })
  .map(({ containerId: id, result: { interfaces, ips } }) => ({
    id,
    veth: interfaces.find((it) => it.name.startsWith('veth'))?.name ?? '',
    sandbox:
      interfaces
        .find((it) => it.sandbox)
        ?.sandbox?.split('/')
        .at(-1) ?? '',
    address: ips[0]?.address ?? '',
  }))

interface Recording {
  readonly lists: Readonly<Record<string, readonly (readonly [name: string, kind: string])[]>>
  readonly stats: Readonly<Record<string, { readonly kind: string; readonly size: number }>>
}
const { lists, stats } = JSON.parse(read('node.json')) as Recording

/** Files of which only the size was recorded, bytes, by their paths from the root of the node. */
export const sizes: ReadonlyMap<string, number> = new Map(
  Object.entries(stats).flatMap(([path, { kind, size }]) => (kind === 'file' ? [[path.slice(1), size]] : [])),
)

/** Folders that were listed, from the root of the node. */
export const folders: readonly string[] = Object.keys(lists).map((it) => it.slice(1))

/** The container's log that each link in /var/log/containers leads to: the newest of its folder. */
export const logLinks: ReadonlyMap<string, string> = new Map(
  (lists['/var/log/containers'] ?? []).flatMap(([name]) => {
    const [pod, namespace, rest = ''] = name.split('_')
    const container = rest.slice(0, rest.lastIndexOf('-'))
    const folder = folders.find(
      (it) => it.startsWith(`var/log/pods/${namespace}_${pod}_`) && it.endsWith(`/${container}`),
    )
    const newest = (lists[`/${folder}`] ?? []).map(([it]) => it).at(-1)
    return folder && newest ? [[`var/log/containers/${name}`, `/${folder}/${newest}`]] : []
  }),
)

const taskFolder = 'run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io'
/** The containers that ran, those that hold a pod's network among them, by their ids. */
const tasks = (lists[`/${taskFolder}`] ?? []).map(([id]) => id)

/**
 * What containerd wrote of each container, by its path from the root of the node, as far as Murphy asks: whether it is a
 * pod's sandbox. Two of those were not recorded.
 */
export const specifications: ReadonlyMap<string, string> = new Map(
  tasks.map((id) => {
    const kind = [...logLinks.keys()].some((it) => it.endsWith(`-${id}.log`)) ? 'container' : 'sandbox'
    const said = { annotations: { 'io.kubernetes.cri.container-type': kind } }
    return [`${taskFolder}/${id}/config.json`, JSON.stringify(said)]
  }),
)

const memory = 'files/sys/fs/cgroup/memory'
/**
 * The pods' control groups, the outer ones first, from the root of the memory controller; with their limits, bytes. Those
 * of the other node, which was recorded on the same machine and is in the same tree, are left out.
 */
export const cgroups: readonly { readonly path: string; readonly limit: number }[] = globSync(
  `${memory}/**/memory.limit_in_bytes`,
  { cwd: recorded },
)
  .map((it) => ({ path: dirname(it).slice(memory.length + 1), limit: Number(read(it)) }))
  .filter(({ path }, _, all) => all.some((it) => isTask(it.path) && it.path.startsWith(path)))
  .sort((a, b) => a.path.length - b.path.length || (a.path < b.path ? -1 : 1))

function isTask(group: string): boolean {
  return tasks.some((id) => group.endsWith(`-${id}.scope`))
}
