/**
 * Whose a process is, before anything that it says of itself is believed: its name and its command line are its
 * own invention. The kernel's words are its status, its uid_map (proc(5), user_namespaces(7)) and its
 * cgroup (cgroups(7), systemd's "Control Group APIs and Delegation"). Reading them takes no privilege, and none of
 * them touches the memory of the process, which its owner can make anybody wait for. Pure.
 */

/**
 * Whether root itself started it, in this process id namespace, and it still runs. Ids are given as they are here: the root of a user
 * namespace is whoever made it. A setuid program (`ln -s /bin/su k3s-server`) keeps the user's id among the first
 * four, and sudo, which takes root's before it asks for a password, the user's group.
 */
export function isRoots(status: string): boolean {
  return runsHere(status) && /^Uid:\s+0\s+0\s+0\s+0$/m.test(status) && /^Gid:\s+0\s+0\s+0\s+0$/m.test(status)
}

/** Whether it runs, and in this process id namespace: what is over but not yet taken notice of by its parent does not. */
const runsHere = (status: string): boolean =>
  !/^NSpid:\s+\d+\s+\d/m.test(status) && !/^State:\s+[ZX]/m.test(status)

/** Where a process runs: a place that only root puts processes into, and which unit that is, without `.service`. */
export interface Place {
  readonly unit?: string
}

/** What systemd, the kubelet and container engines call the groups of what is not the machine's own. */
const foreign =
  /^machine\.slice$|^machine-|kubepods|cri-containerd|crio-|docker-|libpod-|nerdctl-|^lxc[.-]|^buildkit/
const isForeign = (path: string) => path.split('/').some((part) => foreign.test(part))

/**
 * The place that /proc/PID/cgroup tells; `init` is that of process 1, below which this machine's own lie where the
 * machine is a container itself. Undefined for sessions and services of users, containers and whatever is not known.
 */
export function placeOf(cgroup: string, init = ''): Place | undefined {
  const roots = rootsOf(init)
  const lines = linesOf(cgroup)
  // Where k3s was started by hand it moves itself to `/k3s` (k3s: pkg/cgroups), which only root can make. Of a hybrid
  // hierarchy `0::` stays where it was.
  if (lines.some(([, path]) => /^\/(k3s|rke2)$/.test(path)) && !lines.some(([, path]) => isForeign(path))) {
    const told = lines.filter(([hierarchy]) => hierarchy.startsWith('name='))
    if (told.every(([, path]) => /^\/($|(k3s|rke2)$|user\.slice\/)/.test(path))) return {}
  }
  // The manager's own hierarchy says it; those of single controllers (version 1) may be anywhere.
  const told = lines.filter(([hierarchy]) => hierarchy === '' || hierarchy.startsWith('name='))
  let unit: string | undefined
  for (const [hierarchy, path] of told.length > 0 ? told : lines) {
    const root = roots.get(hierarchy)?.replace(/\/$/, '') ?? ''
    if (path !== root && !path.startsWith(`${root}/`)) return undefined
    const place = own(path.slice(root.length) || '/', hierarchy)
    if (!place) return undefined
    unit ??= place.unit
  }
  return lines.length > 0 ? { ...(unit && { unit }) } : undefined
}

const rootsOf = (init: string) =>
  new Map(linesOf(init).map(([hierarchy, path]) => [hierarchy, path.replace(/\/init\.scope$/, '')]))

/** Whether it is in a container, of which it is known that it is no k3s of this machine; `init` as for `placeOf`. */
export function isContained(cgroup: string, init = ''): boolean {
  const roots = rootsOf(init)
  return linesOf(cgroup).some(([hierarchy, path]) => {
    const root = roots.get(hierarchy)?.replace(/\/$/, '') ?? ''
    return isForeign(path.startsWith(`${root}/`) ? path.slice(root.length) : path)
  })
}

/** The cgroup that the manager put a process into, for a sentence. */
export function shownPlace(cgroup: string): string {
  const lines = linesOf(cgroup)
  const [, path = 'none'] = lines.find(([it]) => it.startsWith('name=')) ?? lines.at(-1) ?? []
  return path.replace(/[\u0000-\u001f\u007f`]/g, '?').slice(0, 120)
}

/** Hierarchy and path of each line, as `0::/system.slice/k3s.service` or `9:name=systemd:/`. */
const linesOf = (text: string) =>
  [...text.matchAll(/^\d+:([^:\n]*):(\/[^\n]*)$/gm)].map(
    ([, hierarchy = '', path = '']) => [hierarchy, path] as const,
  )

function own(path: string, hierarchy: string): Place | undefined {
  const parts = path.split('/').slice(1)
  const at = parts.findIndex((part) => !part.endsWith('.slice'))
  const slices = parts.slice(0, at < 0 ? parts.length : at)
  const service = /^(.+)\.service$/.exec(parts[slices.length] ?? '')?.[1]
  // A user can name what lies in a session of theirs as they like; that of root is root's.
  if (slices[0] === 'user.slice') return slices[1] === 'user-0.slice' ? {} : undefined
  if (service) {
    // Where k3s and containerd disagree over the cgroup driver, containers end up below the service.
    const around = parts.filter((_, at) => at !== slices.length)
    return around.some((it) => foreign.test(it)) ? undefined : { unit: service }
  }
  if (isForeign(path)) return undefined
  // `systemd-run --scope`: who is not root has to be let by polkit, and then it is theirs.
  if (/^\/system\.slice\/[^/]+\.scope$/.test(path)) return {}
  // procd's, of OpenWrt.
  if (/^\/services\/[^/]+(\/[^/]+)?$/.test(path)) return {}
  // What k3s made when it was started by hand. Without systemd: `/`, OpenRC's names, elogind's sessions. These hold
  // people's processes too; there only the ids speak.
  if (/^\/($|init\.scope$|(k3s|rke2)(\/|$)|openrc[./]|c?\d+$)/.test(path)) return {}
  return hierarchy === 'name=openrc' ? {} : undefined
}
