import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { waits } from './waits.ts'

/**
 * Which test files share a process: to start one, with what every test loads, takes five times as long as most of them
 * run. `run-several.ts` runs them.
 */

/** How many at most, so that what a failed one said is found, and no core is left alone with many. */
const most = 16

/**
 * What has to have a process of its own: what starts others or changes its own (environment, signals, globals), and what
 * asks for more time, waits before it has said all its tests, or makes folders or ends for all of its process.
 */
const own =
  /\bprocess\.|spawn|exec[A-Z]|[sS]etTimeout|[mM]ock|globalThis|\bskip\b|Date\.now|createServer|Worker|^(?:\S.*= )?(?:await |for await |t\.(?:testdir|before|after|teardown|plan)\b)/m

/** Whether a test file, given from `folder`, may share its process with others. */
export const canShare = (folder: string, file: string): boolean =>
  !file.startsWith('test/real/') &&
  !own.test(readFileSync(join(folder, file), 'utf8')) &&
  !waits(folder, file)

/** All files: those of one folder that can share a process side by side, and first, as together they take the longest. */
export function together(folder: string, files: readonly string[]): readonly (readonly string[])[] {
  const shared = Map.groupBy(
    files.filter((it) => canShare(folder, it)),
    dirname,
  )
  const batches = [...shared.values()].flatMap((all) =>
    Array.from({ length: Math.ceil(all.length / most) }, (_, at) => all.slice(at * most, (at + 1) * most)),
  )
  const within = new Set(batches.flat())
  return [...batches, ...files.filter((it) => !within.has(it)).map((it) => [it])]
}
