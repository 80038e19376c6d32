import { readFileSync } from 'node:fs'
import { availableParallelism, release, totalmem } from 'node:os'
import { many } from '../text/lists.ts'

/** The machine in a few words, only for display: "Debian GNU/Linux 12 (bookworm), kernel 6.1.0, 2 cores, 4 GiB". */
export function describeMachine(osRelease = '/etc/os-release'): string {
  const cores = availableParallelism()
  const words = `kernel ${release()}, ${many(cores, 'core')}, ${Math.round(totalmem() / 2 ** 30)} GiB`
  try {
    // os-release(5): shell-like assignments.
    const [, name] = /^PRETTY_NAME=["']?([^"'\n]{1,80})/m.exec(readFileSync(osRelease, 'utf8')) ?? []
    return name ? `${name}, ${words}` : words
  } catch {
    return words
  }
}
