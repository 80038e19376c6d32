import { readFileSync } from 'node:fs'
import { availableParallelism, release, totalmem } from 'node:os'
import { findK3s, k3sVersion } from '../../collectors/index.ts'
import type { Host } from '../model/index.ts'

/** Which k3s this is, for people: "k3s server v1.33.1+k3s1", or "no k3s". */
export async function describeK3s(host: Host): Promise<string> {
  const k3s = await findK3s(host)
  if (!k3s) return 'no k3s'
  const version = await k3sVersion(host, k3s)
  return [k3s.distribution, k3s.role, ...(version ? [version] : [])].join(' ')
}

/** What machine this is, in a few words: "Debian GNU/Linux 12 (bookworm), kernel 6.1.0, 2 cores, 4 GiB". No finding rests on it. */
export function describeMachine(osRelease = '/etc/os-release'): string {
  const cores = availableParallelism()
  const words = `kernel ${release()}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${Math.round(totalmem() / 2 ** 30)} GiB`
  try {
    // os-release(5): shell-like assignments.
    const [, name] = /^PRETTY_NAME=["']?([^"'\n]{1,80})/m.exec(readFileSync(osRelease, 'utf8')) ?? []
    return name ? `${name}, ${words}` : words
  } catch {
    return words
  }
}
