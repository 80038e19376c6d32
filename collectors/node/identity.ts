import { printable } from '../../agent/text/sanitize.ts'

/**
 * Who owns a process, told without trusting the process itself: it chooses its own name and command line. What the
 * kernel says of it is its status, its uid_map (proc(5), user_namespaces(7)) and its cgroup (cgroups(7), systemd's
 * "Control Group APIs and Delegation"). Reading these needs no privilege and does not touch the memory of the process,
 * with which its owner could make the reader wait. Pure.
 */

/**
 * Whether root itself started the process, in this process id namespace, and it still runs. Ids are those of Murphy's
 * own user namespace: "root" of another one is whoever created it. All four ids must be 0: a setuid program
 * (`ln -s /bin/su k3s-server`) keeps the user's id as its real uid, and sudo, which takes root's uid before it asks for
 * a password, keeps the user's group.
 */
export function isRoots(status: string): boolean {
  return runsHere(status) && /^Uid:\s+0\s+0\s+0\s+0$/m.test(status) && /^Gid:\s+0\s+0\s+0\s+0$/m.test(status)
}

/** Whether the process runs, in this process id namespace. A zombie (Z) and a dead process (X) do not. */
const runsHere = (status: string): boolean =>
  !/^NSpid:\s+\d+\s+\d/m.test(status) && !/^State:\s+[ZX]/m.test(status)

/** Where a process runs: a cgroup into which only root puts processes, and its unit, without `.service`. */
export interface Place {
  readonly unit?: string
}

/** How systemd, the kubelet and container engines name the cgroups of containers and virtual machines. */
const foreign =
  /^machine\.slice$|^machine-|kubepods|cri-containerd|crio-|docker-|libpod-|nerdctl-|^lxc[.-]|^buildkit/
const isForeign = (path: string) => path.split('/').some((part) => foreign.test(part))

/**
 * The place named by /proc/PID/cgroup. `init` is the same file of process 1: where the machine is itself a container,
 * its cgroups lie below that path. Undefined for users' sessions and services, containers and unknown paths.
 */
export function placeOf(cgroup: string, init = ''): Place | undefined {
  const roots = rootsOf(init)
  const lines = linesOf(cgroup)
  // Started by hand, k3s moves itself to `/k3s` (k3s: pkg/cgroups), which only root can create. In a hybrid hierarchy
  // its `0::` line stays unchanged.
  if (lines.some(([, path]) => /^\/(k3s|rke2)$/.test(path)) && !lines.some(([, path]) => isForeign(path))) {
    const told = lines.filter(([hierarchy]) => hierarchy.startsWith('name='))
    if (told.every(([, path]) => /^\/($|(k3s|rke2)$|user\.slice\/)/.test(path))) return {}
  }
  // The service manager's own hierarchy counts; those of single controllers (version 1) may be anywhere.
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

/** Whether the process is in a container, so that it cannot be this machine's k3s; `init` as for `placeOf`. */
export function isContained(cgroup: string, init = ''): boolean {
  const roots = rootsOf(init)
  return linesOf(cgroup).some(([hierarchy, path]) => {
    const root = roots.get(hierarchy)?.replace(/\/$/, '') ?? ''
    return isForeign(path.startsWith(`${root}/`) ? path.slice(root.length) : path)
  })
}

/** The cgroup that the service manager put a process into, to be shown in a sentence. */
export function shownPlace(cgroup: string): string {
  const lines = linesOf(cgroup)
  const [, path = 'none'] = lines.find(([it]) => it.startsWith('name=')) ?? lines.at(-1) ?? []
  return printable(path, 120)
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
  // Users choose the names inside their own sessions; root's session is trusted.
  if (slices[0] === 'user.slice') return slices[1] === 'user-0.slice' ? {} : undefined
  if (service) {
    // Where k3s and containerd disagree over the cgroup driver, containers end up below the service.
    const around = parts.filter((_, at) => at !== slices.length)
    return around.some((it) => foreign.test(it)) ? undefined : { unit: service }
  }
  if (isForeign(path)) return undefined
  // `systemd-run --scope`: polkit must allow it to anybody but root, and then the scope is theirs.
  if (/^\/system\.slice\/[^/]+\.scope$/.test(path)) return {}
  // procd's, of OpenWrt.
  if (/^\/services\/[^/]+(\/[^/]+)?$/.test(path)) return {}
  // What k3s created when it was started by hand. Without systemd: `/`, OpenRC's names, elogind's sessions. People's
  // processes are in these too; there only the user and group ids tell who owns a process.
  if (/^\/($|init\.scope$|(k3s|rke2)(\/|$)|openrc[./]|c?\d+$)/.test(path)) return {}
  return hierarchy === 'name=openrc' ? {} : undefined
}
