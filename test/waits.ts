import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A timer, a wait of a shell's, or a wait for something to become so; `t.setTimeout` only bounds a test. */
const wait =
  /node:timers\/promises|(?<!t\.)\bsetTimeout\(|\bsleep [0-9.]|\b(until|settled)\w*\(|timeout [0-9]/
const imported = /from '(\.{1,2}\/[^']+\.ts)'/g

/**
 * Whether a test waits for a time or a probe, itself or in what it imports of `test/`: such a test may depend on how busy
 * the machine is, and has to be green however busy that is. `folder` holds `test/`; `file` begins with it.
 */
export function waits(folder: string, file: string, seen = new Set<string>()): boolean {
  // What a test only quotes as an import may not be there.
  if (seen.has(file) || !file.startsWith('test/') || !existsSync(join(folder, file))) return false
  seen.add(file)
  const text = readFileSync(join(folder, file), 'utf8')
  if (wait.test(text)) return true
  return [...text.matchAll(imported)].some(([, it = '']) => waits(folder, join(dirname(file), it), seen))
}
