import type { Host } from '../../agent/model/index.ts'
import { orNothing } from './ask.ts'
import { roleOf } from './flags.ts'
import { isContained, isRoots, type Place, placeOf, shownPlace } from './identity.ts'

/** A running k3s or RKE2. */
export interface Process {
  readonly pid: number
  /** When it started, ms since the epoch; 0 if unknown. */
  readonly since: number
  readonly distribution: 'k3s' | 'rke2'
  readonly role?: 'server' | 'agent'
  /** k3s writes over its command line, so flags are mostly missing (k3s-io/k3s#2072). */
  readonly argv: readonly string[]
  /** The systemd unit it runs in, without `.service`. */
  readonly unit?: string
}

/** k3s sets its process name to `k3s-server` or `k3s-agent`; older versions and RKE2 keep the name of the program. */
const names = /^(k3s|rke2)(?:-(server|agent))?$/

/** Limits for reading a command line: k3s has some dozens of flags. */
const mostBytes = 256 * 1024
const mostWords = 1_000

/**
 * The start time is computed from the boot time, which moves when the clock is corrected: two times closer than this,
 * ms, are the same.
 */
const sameStart = 5_000

/** The k3s process of this machine. `known` is the previous result: while that process lives, no search is made. */
export async function findProcess(
  host: Host,
  known?: { readonly pid: number; readonly since: number },
): Promise<Process | undefined> {
  if (known) {
    const still = await readProcess(host, known.pid)
    if (still && Math.abs(still.since - known.since) < sameStart) return { ...still, since: known.since }
  }
  for (const pid of await processes(host)) {
    const process = await readProcess(host, pid)
    if (process) return process
  }
  return undefined
}

async function processes(host: Host): Promise<number[]> {
  const names = (await orNothing(host.list('/proc'))) ?? []
  return names.flatMap(({ name }) => (/^\d+$/.test(name) ? [Number(name)] : []))
}

const reader = (host: Host, pid: number) => (name: string) =>
  orNothing(host.text(`/proc/${pid}/${name}`, { limit: mostBytes }))

/** A process of root's that has the name of k3s, but runs in a cgroup that is not known to be this machine's own. */
export interface Doubted {
  readonly pid: number
  readonly name: string
  /** Shortened, without control characters. */
  readonly cgroup: string
}

/**
 * For when no k3s was found: processes with its name that only root can have started. A user's process is not among
 * them, since anybody can choose that name, and neither is one in a container, which is another machine's k3s.
 */
export async function doubtedProcesses(host: Host): Promise<readonly Doubted[]> {
  const found: Doubted[] = []
  for (const pid of await processes(host)) {
    const text = reader(host, pid)
    const [name, , role] = names.exec((await text('comm'))?.trim() ?? '') ?? []
    if (!name || !(await isRootHere(host, pid)) || (await identified(host, pid))) continue
    const cgroup = (await text('cgroup')) ?? ''
    if (isContained(cgroup, await orNothing(host.text('/proc/1/cgroup')))) continue
    if (role || roleOf(commandLine((await text('cmdline')) ?? '')))
      found.push({ pid, name, cgroup: shownPlace(cgroup) })
  }
  return found
}

async function readProcess(host: Host, pid: number): Promise<Process | undefined> {
  const text = reader(host, pid)
  const [, distribution, named] = names.exec((await text('comm'))?.trim() ?? '') ?? []
  if (!distribution) return undefined
  // k3s in a container (k3d, a nested node) belongs to another machine, and a user's process may just bear the name.
  const place = await identified(host, pid)
  if (!place) return undefined
  const argv = commandLine((await text('cmdline')) ?? '')
  const told = roleOf(argv)
  // `k3s kubectl` is the same program; only a server or an agent is a node.
  if (!told && !named) return undefined
  // For a few releases a server's command line said `agent` (k3s-io/k3s#10616); the process name is right.
  const role = (named as 'server' | 'agent' | undefined) ?? told
  return {
    pid,
    since: await started(host, pid),
    distribution: distribution as 'k3s' | 'rke2',
    ...(role && { role }),
    argv,
    ...place,
  }
}

/**
 * Its place, if root started it on this machine itself. To be checked before the command line is read, with which the
 * owner of a process can make the reader wait.
 */
async function identified(host: Host, pid: number): Promise<Place | undefined> {
  if (!(await isRootHere(host, pid))) return undefined
  return placeOf((await reader(host, pid)('cgroup')) ?? '', await orNothing(host.text('/proc/1/cgroup')))
}

/** Whether it is root's, in this machine's own namespaces of processes and users. */
async function isRootHere(host: Host, pid: number): Promise<boolean> {
  const text = reader(host, pid)
  if (!isRoots((await text('status')) ?? '')) return false
  // Both are undefined in a kernel without user namespaces. On a machine that is a container, its own map is not 0 0
  // but equals that of /proc/self.
  return (await text('uid_map')) === (await orNothing(host.text('/proc/self/uid_map')))
}

/**
 * The arguments in /proc/PID/cmdline, at most `mostWords`. A title written over them is one string with spaces, and is
 * split at these.
 */
export function commandLine(raw: string): string[] {
  const given = raw.split('\0', 2 * mostWords).filter(Boolean)
  const words = given.length === 1 ? (given[0] ?? '').split(' ', 2 * mostWords).filter(Boolean) : given
  return words.slice(0, mostWords)
}

/** When a process started, ms since the epoch; 0 if unknown. Field 22 of its stat: 10 ms ticks since boot (proc(5)). */
export async function started(host: Host, pid: number): Promise<number> {
  const stat = await orNothing(host.text(`/proc/${pid}/stat`))
  const boot = await orNothing(host.text('/proc/stat', { limit: 4 * 1024 * 1024 }))
  const ticks = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  const booted = Number(/^btime (\d+)$/m.exec(boot ?? '')?.[1])
  return Number.isFinite(ticks) && Number.isFinite(booted) ? booted * 1000 + ticks * 10 : 0
}
