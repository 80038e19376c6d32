import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'

/** ms since the epoch, with fractions. The same clock in all processes of this machine, as long as nobody sets it. */
export const now = () => performance.timeOrigin + performance.now()

/** The value below which that share of the values lies, by the nearest rank. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

/** NaN of none. */
export const median = (values: readonly number[]) => percentile(values, 0.5) ?? Number.NaN

/** Each value of a repeated measurement. */
export async function repeat<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const values: T[] = []
  for (let at = 0; at < count; at += 1) values.push(await work())
  return values
}

export interface Memory {
  readonly rss: number
  readonly pss: number
  readonly anonymous: number
  readonly privateDirty: number
}

/** Bytes of a process, from /proc/PID/smaps_rollup. */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024
  return {
    rss: bytes('Rss'),
    pss: bytes('Pss'),
    anonymous: bytes('Anonymous'),
    privateDirty: bytes('Private_Dirty'),
  }
}

/** Of a process and of all that it started and that lives, bytes. */
export function memoryWithChildren(pid: number): Memory {
  const all = [pid, ...childrenOf(pid)].flatMap((it) => {
    try {
      return [memoryOf(it)]
    } catch {
      // It ended just now.
      return []
    }
  })
  const sum = (of: keyof Memory) => all.reduce((total, it) => total + it[of], 0)
  return { rss: sum('rss'), pss: sum('pss'), anonymous: sum('anonymous'), privateDirty: sum('privateDirty') }
}

/** The processes that it started and that live, and theirs; none of one that ended just now. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const own = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((it) => it.trim() !== '')
        .map(Number),
    )
    return own.flatMap((it) => [it, ...childrenOf(it)])
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return []
    throw error
  }
}

/** CPU time of the threads of one process that live, ms. */
export function cpuOf(pid: number): number {
  let nanoseconds = 0
  for (const task of readdirSync(`/proc/${pid}/task`))
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
  return nanoseconds / 1e6
}

/** A group that counts CPU time of a process with all that it ever started, to the microsecond. */
export function cpuGroup(name: string) {
  const version1 = existsSync('/sys/fs/cgroup/cpuacct')
  const folder = `/sys/fs/cgroup${version1 ? '/cpuacct' : ''}/murphy-bench-${name}-${process.pid}`
  mkdirSync(folder)
  return {
    procs: `${folder}/cgroup.procs`,
    /** ms. */
    used: () =>
      version1
        ? Number(readFileSync(`${folder}/cpuacct.usage`, 'utf8')) / 1e6
        : Number(/usage_usec (\d+)/.exec(readFileSync(`${folder}/cpu.stat`, 'utf8'))?.[1]) / 1e3,
    /** Of that in the kernel, ms, by samples at each tick of its clock. */
    kernel: () =>
      version1
        ? Number(readFileSync(`${folder}/cpuacct.usage_sys`, 'utf8')) / 1e6
        : Number(/system_usec (\d+)/.exec(readFileSync(`${folder}/cpu.stat`, 'utf8'))?.[1]) / 1e3,
    remove() {
      try {
        rmdirSync(folder)
      } catch {
        // Its processes are still ending; an empty group is left behind.
      }
    },
  }
}

/** CPU of this process and of what it ran to its end, ms (proc_pid_stat(5): utime, stime, cutime, cstime in 10 ms). */
function cpuWithChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return [11, 12, 13, 14].reduce((sum, at) => sum + (fields[at] ?? 0), 0) * 10
}

/** What a piece of work costs each time, ms: CPU, and the time it takes. Once before for practice. */
export async function costOf(times: number, work: () => Promise<unknown>) {
  await work()
  const [cpu, begun] = [cpuWithChildren(), performance.now()]
  await repeat(times, work)
  return { cpu: (cpuWithChildren() - cpu) / times, took: (performance.now() - begun) / times }
}

/**
 * CPU of this process alone that a piece of work takes each time, ms: once for practice, then the least of several batches,
 * since what else runs on the machine makes the same work cost more, never less.
 */
export async function cpuIn(work: () => unknown): Promise<number> {
  await work()
  let least = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < 5; batch += 1) {
    const before = process.cpuUsage()
    let [times, used] = [0, 0]
    while (used < 20) {
      await work()
      times += 1
      const { user, system } = process.cpuUsage(before)
      used = (user + system) / 1000
    }
    least = Math.min(least, used / times)
  }
  return least
}
