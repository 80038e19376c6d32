import type { Systeminformation } from 'systeminformation'

/**
 * What machine this is, in a few words: "Debian GNU/Linux 12, kernel 6.1.0, 2 cores, 4 GiB". It only
 * describes; no finding rests on it, since the library answers with plausible numbers when it fails.
 */
export async function describeMachine(): Promise<string> {
  try {
    const { default: system } = await import('systeminformation')
    const [os, memory]: [Systeminformation.OsData, Systeminformation.MemData] = await Promise.all([
      system.osInfo(),
      system.mem(),
    ])
    const { availableParallelism } = await import('node:os')
    const cores = availableParallelism()
    const size = Math.round(memory.total / 2 ** 30)
    return `${os.distro} ${os.release}, kernel ${os.kernel}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${size} GiB`
  } catch {
    return ''
  }
}
