import type { Host } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'

/** The number after a key at the beginning of a line, as in /proc/meminfo and /proc/vmstat. */
function value(text: string, key: string): number | undefined {
  const at = `\n${text}`.indexOf(`\n${key}`)
  const number = at < 0 ? Number.NaN : Number.parseInt(text.slice(at + key.length), 10)
  return Number.isSafeInteger(number) ? number : undefined
}

export interface Memory {
  /** Bytes. */
  readonly total?: number
  readonly available?: number
  /** OOM kills since the boot, by the kernel's own count (Linux 4.13 and later). */
  readonly counted?: number
  /** Percent of the last minute in which some tasks, or all that could run, waited for memory. */
  readonly pressure?: { readonly some: number; readonly full: number }
}

/** Reads /proc/meminfo and /proc/vmstat and the memory pressure; what a missing file holds is absent. */
export async function readMemory(host: Host): Promise<Memory> {
  const text = async (path: string) => {
    try {
      return await host.text(path)
    } catch (error) {
      if (error instanceof HostError && error.code === 'missing') return ''
      throw error
    }
  }
  const info = await text('/proc/meminfo')
  const total = value(info, 'MemTotal:')
  const available = value(info, 'MemAvailable:')
  const counted = value(await text('/proc/vmstat'), 'oom_kill ')
  const pressure = stalls(await text('/proc/pressure/memory').catch(() => ''))
  return {
    ...(pressure && { pressure }),
    ...(total !== undefined && { total: total * 1024 }),
    ...(available !== undefined && { available: available * 1024 }),
    ...(counted !== undefined && { counted }),
  }
}

/**
 * When the machine was booted, ms since the epoch, from which the microseconds of the kernel's log count. From
 * /proc/uptime, whose hundredths are finer than the whole seconds of `btime` in /proc/stat. The log's clock stops while
 * a machine sleeps, which servers do not do.
 */
export async function startOfLog(host: Host): Promise<number> {
  const seconds = Number((await host.text('/proc/uptime')).split(' ', 1)[0])
  if (!(seconds >= 0)) throw new HostError('failed', 'reading /proc/uptime: it does not begin with a number')
  return host.now() - seconds * 1000
}

/** The id of this boot; undefined where the kernel has none. */
export async function bootId(host: Host): Promise<string | undefined> {
  try {
    return (await host.text('/proc/sys/kernel/random/boot_id')).trim().slice(0, 64) || undefined
  } catch {
    return undefined
  }
}

/** The limit of a memory cgroup in bytes, in either version; undefined if it has none or is gone. */
export async function cgroupLimit(host: Host, cgroup: string): Promise<number | undefined> {
  // Seen from inside a cgroup namespace, a path may lead out of it; here it would name another cgroup.
  if (!cgroup.startsWith('/') || cgroup.split('/').includes('..')) return undefined
  for (const path of [
    `/sys/fs/cgroup${cgroup}/memory.max`,
    `/sys/fs/cgroup/memory${cgroup}/memory.limit_in_bytes`,
  ]) {
    try {
      const bytes = Number(await host.text(path, { limit: 64 }))
      // Version 1 expresses "no limit" as the greatest number of whole pages.
      return Number.isFinite(bytes) && bytes < 2 ** 53 ? bytes : undefined
    } catch {
      // The other version, or the cgroup is gone: then only the log's own words are left.
    }
  }
  return undefined
}

/** `some avg10=0.00 avg60=1.23 …` and `full …` (Linux, Documentation/accounting/psi.rst); undefined without PSI. */
export function stalls(text: string): { readonly some: number; readonly full: number } | undefined {
  const average = (kind: string) => Number(new RegExp(`^${kind} .*?avg60=([\\d.]{1,6})`, 'm').exec(text)?.[1])
  const [some, full] = [Math.round(average('some')), Math.round(average('full'))]
  return Number.isNaN(some) || Number.isNaN(full) ? undefined : { some, full }
}
