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

/** k3s names its process after what it is: `k3s-server`, `k3s-agent`; older ones, and RKE2, after the program. */
const names = /^(k3s|rke2)(?:-(server|agent))?$/

/** What is read of a process: k3s has some dozens of flags. */
const mostBytes = 256 * 1024
const mostWords = 1_000

/** The start time is told by the clock of the boot, which corrections move: closer than this is the same. */
const sameStart = 5_000

/** The k3s of this machine. `known` is the last answer: while that process lives, no other is searched. */
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

/** A process of root's that has the name of k3s, in a place that is not known for one of this machine's. */
export interface Doubted {
  readonly pid: number
  readonly name: string
  /** Shortened, without control characters. */
  readonly cgroup: string
}

/**
 * Where no k3s is believed to run: what root alone can have started under its name. A user's process of that name is no
 * news, since anybody may call theirs so, and one in a container is another machine's.
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
  // A container's (k3d, a nested node) is another machine's k3s, and that of a user is anybody's invention.
  const place = await identified(host, pid)
  if (!place) return undefined
  const argv = commandLine((await text('cmdline')) ?? '')
  const told = roleOf(argv)
  // `k3s kubectl` is the same program; only a server or an agent is a node.
  if (!told && !named) return undefined
  // The command line of a server said `agent` for a few releases (k3s-io/k3s#10616); its name is right.
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

/** Where it runs, if root started it on this machine itself. Asked before its command line, which its owner can make anybody wait for. */
async function identified(host: Host, pid: number): Promise<Place | undefined> {
  if (!(await isRootHere(host, pid))) return undefined
  return placeOf((await reader(host, pid)('cgroup')) ?? '', await orNothing(host.text('/proc/1/cgroup')))
}

/** Whether it is root's, in this machine's own namespaces of processes and users. */
async function isRootHere(host: Host, pid: number): Promise<boolean> {
  const text = reader(host, pid)
  if (!isRoots((await text('status')) ?? '')) return false
  // Neither is there in a kernel without user namespaces; in a machine that is a container its own is the first.
  return (await text('uid_map')) === (await orNothing(host.text('/proc/self/uid_map')))
}

/** The words of /proc/PID/cmdline, at most `mostWords`; a title written over it is one string with spaces. */
export function commandLine(raw: string): string[] {
  const given = raw.split('\0', 2 * mostWords).filter(Boolean)
  const words = given.length === 1 ? (given[0] ?? '').split(' ', 2 * mostWords).filter(Boolean) : given
  return words.slice(0, mostWords)
}

/** When a process started, ms since the epoch, from field 22 of its stat (clock ticks of 10 ms since boot; proc(5)). 0 if unknown. */
export async function started(host: Host, pid: number): Promise<number> {
  const stat = await orNothing(host.text(`/proc/${pid}/stat`))
  const boot = await orNothing(host.text('/proc/stat', { limit: 4 * 1024 * 1024 }))
  const ticks = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  const booted = Number(/^btime (\d+)$/m.exec(boot ?? '')?.[1])
  return Number.isFinite(ticks) && Number.isFinite(booted) ? booted * 1000 + ticks * 10 : 0
}
