import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unpacked, unpackedIn } from './tools.ts'

const run = promisify(execFile)

/**
 * Takes Debian's packages of `unpacked` apart, once for a machine. Nothing is installed: no service starts, no account is
 * made, and no script of theirs runs. Where that is not possible it says so, and the tests that need them say it too.
 */
export async function unpackTools(say: (text: string) => void, into = unpackedIn): Promise<void> {
  const missing = Object.entries(unpacked).filter(([name]) => !existsSync(join(into, 'usr/bin', name)))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(([, it]) => it))]
  // Beside its place, so that one that breaks off is not taken for whole.
  const beside = mkdtempSync(`${into}-`)
  try {
    say(`unpacking ${packages.join(', ')}`)
    const cwd = join(beside, 'archives')
    mkdirSync(cwd)
    await run('apt-get', ['-qq', 'update'])
    await run('apt-get', ['-qq', 'download', ...packages], { cwd })
    for (const it of readdirSync(cwd)) await run('dpkg-deb', ['-x', join(cwd, it), join(beside, 'root')])
    rmSync(into, { recursive: true, force: true })
    renameSync(join(beside, 'root'), into)
  } catch (error) {
    say(`not unpacked: ${packages.join(', ')}: ${(error as Error).message.split('\n')[0]}`)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}
