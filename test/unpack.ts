import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { notUnpacked, unpacked, unpackedIn } from './tools.ts'

const run = promisify(execFile)

/**
 * Takes Debian's packages of `unpacked` apart, once for a machine. Nothing is installed: no service starts, no account is
 * made, and no script of theirs runs. Where that is not possible it says so, and the tests that need them say it too.
 * `withNeeded`: with the packages that they need and this machine does not have.
 */
export async function unpackTools(
  say: (text: string) => void,
  into = unpackedIn,
  wanted = unpacked,
  { withNeeded = false } = {},
): Promise<void> {
  if (notUnpacked(into, wanted).length === 0) return
  // All of them: what is made takes the place of what was there.
  const packages = [...new Set(Object.values(wanted))]
  // Beside its place, so that one that breaks off is not taken for whole.
  const beside = mkdtempSync(`${into}-`)
  try {
    say(`unpacking ${packages.join(', ')}`)
    const cwd = join(beside, 'archives')
    mkdirSync(cwd)
    await run('apt-get', ['-qq', 'update'])
    const all = withNeeded ? await needed(packages) : packages
    await run('apt-get', ['-qq', 'download', ...all], { cwd })
    for (const it of readdirSync(cwd)) await run('dpkg-deb', ['-x', join(cwd, it), join(beside, 'root')])
    // 5 MB for each kind of machine, of which one is used.
    for (const it of readdirSync(join(beside, 'root/usr/bin')))
      if (it.startsWith('qemu-') && !wanted[`usr/bin/${it}`]) rmSync(join(beside, 'root/usr/bin', it))
    rmSync(into, { recursive: true, force: true })
    renameSync(join(beside, 'root'), into)
  } catch (error) {
    say(`not unpacked: ${packages.join(', ')}: ${(error as Error).message.split('\n')[0]}`)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

/** These packages and what they need beyond what is installed, as apt-get would install them. */
async function needed(packages: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('apt-get', ['-s', '--no-install-recommends', 'install', ...packages])
  const missing = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, it = '']) => it)
  return [...new Set([...packages, ...missing])]
}
