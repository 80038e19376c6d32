import type { Systeminformation } from 'systeminformation'
import { findK3s, k3sVersion } from '../collectors/node/k3s.ts'
import type { Host } from './model.ts'

/** Which k3s this is, for people: "k3s server v1.33.1+k3s1", or "no k3s". */
export async function describeK3s(host: Host): Promise<string> {
  const k3s = await findK3s(host)
  if (!k3s) return 'no k3s'
  const version = await k3sVersion(host, k3s)
  return [k3s.distribution, k3s.role, ...(version ? [version] : [])].join(' ')
}

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
