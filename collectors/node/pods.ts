import type { Host, Pod } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'

/**
 * Names pods and containers without the API, from what the kubelet and containerd leave on the node. The folders under
 * /var/log outlive the container; containerd's own files do not.
 */

/** `namespace/pod/container`. */
export const nameOf = ({ namespace, name, container }: Pod) =>
  [namespace, name, ...(container ? [container] : [])].join('/')

/** What a cgroup path says of the pod it belongs to. */
export interface CgroupPod {
  /** As the API writes it, lower case with dashes; a static pod's is a hash without them. */
  readonly uid: string
  /** 64 hex digits. */
  readonly containerId?: string
  readonly qos: 'guaranteed' | 'burstable' | 'besteffort'
}

const podPart =
  /^(?:kubepods-(?:burstable-|besteffort-)?)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/
const containerPart = /^(?:[a-z][a-z0-9-]*[-:])?([0-9a-f]{64})(?:\.scope)?$/

/** Whether a cgroup lies where systemd lets a user create cgroups of any name: no part of the node runs there. */
export const isOfUser = (path: string) => /\/user(?:\.slice|-\d+\.slice|@\d+\.service)(?:\/|$)/.test(path)

/**
 * Reads a cgroup path of either version and driver: `/kubepods/burstable/pod<uid>/<id>` (cgroupfs) and
 * `…/kubepods-burstable-pod<uid with _>.slice/cri-containerd-<id>.scope` (systemd), below any prefix but a user's. The
 * last pod and the last container below it count, so that a node that is itself a container works too.
 */
export function podOfCgroup(path: string): CgroupPod | undefined {
  const parts = path.split('/')
  const at = parts.findLastIndex((part) => podPart.test(part))
  const uid = podPart.exec(parts[at] ?? '')?.[1]
  if (!uid || isOfUser(path)) return undefined
  const above = `${parts[at - 1]}/${parts[at]}`
  const below = parts.slice(at + 1).map((part) => containerPart.exec(part)?.[1])
  const containerId = below.findLast((id) => id !== undefined)
  return {
    uid: uid.replaceAll('_', '-'),
    ...(containerId && { containerId }),
    qos: above.includes('besteffort')
      ? 'besteffort'
      : above.includes('burstable')
        ? 'burstable'
        : 'guaranteed',
  }
}

/** Names that the API accepts (RFC 1123); nothing else becomes part of a command that a person pastes. */
const apiName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
const podUid = /^[0-9a-f-]{32,36}$/

/** `<namespace>_<pod>_<uid>`, the name of a pod's folder in /var/log/pods. */
export function podOfFolder(name: string): Pod | undefined {
  const [namespace = '', pod = '', uid = '', ...more] = name.split('_')
  if (more.length > 0 || !apiName.test(namespace) || !apiName.test(pod) || !podUid.test(uid)) return undefined
  return { namespace, name: pod, uid }
}

/**
 * `<pod>_<namespace>_<container>-<id>.log`, a link in /var/log/containers. The kubelet cuts the name at 255
 * bytes (kuberuntime/legacy.go), and the id with it.
 */
export function podOfLink(name: string): (Pod & { readonly containerId: string }) | undefined {
  if (!name.endsWith('.log')) return undefined
  const [pod = '', namespace = '', last = '', ...more] = name.slice(0, -4).split('_')
  const dash = last.lastIndexOf('-')
  const container = last.slice(0, dash)
  const containerId = last.slice(dash + 1)
  if (more.length > 0 || ![pod, namespace, container].every((it) => apiName.test(it))) return undefined
  return /^[0-9a-f]{12,64}$/.test(containerId) ? { namespace, name: pod, container, containerId } : undefined
}

/** The pods that have logs on this node. */
export interface PodBook {
  /** The names of their folders: short enough to be kept in a sample, and all that is needed to rebuild this book. */
  readonly folders: readonly string[]
  readonly byUid: ReadonlyMap<string, Pod>
  readonly byContainer: ReadonlyMap<string, Pod>
  /** Links whose name was too long, so that the end of the container id is missing. */
  readonly cut: readonly (Pod & { readonly containerId: string })[]
}

export const podLogs = '/var/log/pods'
export const containerLinks = '/var/log/containers'
/** A node has some hundred pods at most; folders beyond this number are leftovers. */
const mostNames = 5_000

/** A book made from the names in /var/log/pods (`folders`) and /var/log/containers (`links`). */
export function podBook(folders: readonly string[], links: readonly string[] = []): PodBook {
  const pods = folders.map(podOfFolder).filter((it) => it !== undefined)
  const linked = links.map(podOfLink).filter((it) => it !== undefined)
  return {
    folders: folders.filter((name) => podOfFolder(name)),
    byUid: new Map(pods.map((pod) => [pod.uid ?? '', pod])),
    byContainer: new Map(linked.map(({ containerId, ...pod }) => [containerId, pod])),
    cut: linked.filter((it) => it.containerId.length < 64),
  }
}

/** Lists two folders. A missing one counts as empty: no kubelet ran here. Rejects as the Host does. */
export async function readPodBook(host: Host): Promise<PodBook> {
  const names = async (path: string) => {
    try {
      return (await host.list(path)).slice(0, mostNames).map((it) => it.name)
    } catch (error) {
      if (error instanceof HostError && error.code === 'missing') return []
      throw error
    }
  }
  return podBook(await names(podLogs), await names(containerLinks))
}

/** Where containerd keeps the specification of each running container, k3s's own first. */
const bundles = ['/run/k3s/containerd', '/run/containerd'].map(
  (folder) => `${folder}/io.containerd.runtime.v2.task/k8s.io`,
)

/**
 * The pod of a cgroup, and the container where that can be told; undefined where nothing on the node names it. Reads at
 * most one folder or file beyond the book.
 */
export async function identifyPod(
  host: Host,
  book: PodBook,
  { uid, containerId }: { readonly uid?: string; readonly containerId?: string },
): Promise<Pod | undefined> {
  const linked =
    containerId === undefined
      ? undefined
      : (book.byContainer.get(containerId) ?? book.cut.find((it) => containerId.startsWith(it.containerId)))
  const known = (uid !== undefined && book.byUid.get(uid)) || linked
  const container = linked?.container
  if (known && container) return pod(known, uid, container)
  const spec = containerId === undefined ? undefined : await fromBundle(host, containerId)
  if (known) return pod(known, uid, spec?.container ?? (await onlyContainer(host, book, uid)))
  return spec && pod(spec, uid ?? spec.uid, spec.container)
}

const pod = ({ namespace, name }: Pod, uid?: string, container?: string): Pod => ({
  namespace,
  name,
  ...(uid && { uid }),
  ...(container && { container }),
})

/** A pod's folder has one folder for each container; if there is only one, the process must belong to it. */
async function onlyContainer(host: Host, book: PodBook, uid?: string): Promise<string | undefined> {
  const known = uid === undefined ? undefined : book.byUid.get(uid)
  if (!known) return undefined
  try {
    const entries = await host.list(`${podLogs}/${known.namespace}_${known.name}_${uid}`)
    const containers = entries.filter((it) => it.kind === 'folder' && apiName.test(it.name))
    return containers.length === 1 ? containers[0]?.name : undefined
  } catch {
    return undefined
  }
}

/** What a container's or a sandbox's specification says of it (containerd, internal/cri/annotations). */
async function annotated(host: Host, folder: string, containerId: string) {
  const { annotations } = JSON.parse(await host.text(`${folder}/${containerId}/config.json`)) as {
    annotations?: Readonly<Record<string, unknown>>
  }
  return (key: string, form: RegExp) => {
    const value = annotations?.[`io.kubernetes.cri.${key}`]
    return typeof value === 'string' && form.test(value) ? value : undefined
  }
}

/** Whether this is the sandbox of a pod and no container; undefined where no specification says so. */
export async function isSandbox(host: Host, containerId: string): Promise<boolean | undefined> {
  if (!/^[0-9a-f]{64}$/.test(containerId)) return undefined
  for (const folder of bundles) {
    try {
      const type = (await annotated(host, folder, containerId))('container-type', /^(sandbox|container)$/)
      if (type) return type === 'sandbox'
    } catch {
      // Try the other folder.
    }
  }
  return undefined
}

/** The pod that a specification names. */
async function fromBundle(host: Host, containerId: string, follow = true): Promise<Pod | undefined> {
  if (!/^[0-9a-f]{64}$/.test(containerId)) return undefined
  for (const folder of bundles) {
    try {
      const said = await annotated(host, folder, containerId)
      const logs = podOfFolder(said('sandbox-log-directory', /^\//)?.split('/').at(-1) ?? '')
      const namespace = said('sandbox-namespace', apiName) ?? logs?.namespace
      const name = said('sandbox-name', apiName) ?? logs?.name
      const container = said('container-name', apiName)
      if (namespace && name)
        return pod({ namespace, name }, said('sandbox-uid', podUid) ?? logs?.uid, container)
      // Older ones (recorded: k3s 1.21) name only the container and its sandbox, which has the folder's name.
      const sandbox = said('sandbox-id', /^[0-9a-f]{64}$/)
      if (sandbox && follow) {
        const its = await fromBundle(host, sandbox, false)
        return its && pod(its, its.uid, container)
      }
    } catch {
      // Try the other folder; a container that is gone has no bundle in either.
    }
  }
  return undefined
}

/** Beside every step that deletes a pod: who owns a pod is known to the API alone. */
export const leaveBarePods =
  'Don\'t delete a pod without a controller (describe shows no "Controlled By"): nothing recreates it.'
