import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { minute } from '../text/times.ts'
import type { Log } from './log.ts'

export interface TextfileOptions {
  /** Where it is written: a `.prom` file in the folder of node_exporter's textfile collector. */
  readonly file: string
  readonly metrics: () => Promise<string>
  readonly log: Pick<Log, 'warn' | 'info'>
  /** The pause between two writings, ms: as long as between two scrapes mostly. */
  readonly every?: number
}

/**
 * Writes the metrics into a file, again and again, for whoever runs node_exporter and wants no further port. A reader never
 * finds half of it: it is written beside it, under a name that node_exporter does not read, and put in its place. Returns
 * what stops it; the file goes with it, as nobody would know that it is old.
 */
export function textfile({ file, metrics, log, every = minute }: TextfileOptions): () => Promise<void> {
  const beside = join(dirname(file), `.${basename(file)}.new`)
  let problem: string | undefined
  let stopped: boolean = false
  async function write(): Promise<void> {
    try {
      const text = await metrics()
      if (stopped) return
      writeFileSync(beside, text)
      // node_exporter runs as another user, and the agent makes files for itself alone.
      chmodSync(beside, 0o644)
      renameSync(beside, file)
      if (problem) log.info({ file }, 'the metrics are written again')
      problem = undefined
    } catch (error) {
      const { code = 'failed' } = error as NodeJS.ErrnoException
      if (problem !== code)
        log.warn(
          { file, why: code },
          `the metrics cannot be written to ${file} (${code}): ${hints[code] ?? 'see its folder'}`,
        )
      problem = code
    }
  }
  let writing = write()
  const timer = setInterval(() => {
    writing = writing.then(write)
  }, every)
  timer.unref()
  return async () => {
    stopped = true
    clearInterval(timer)
    await writing
    for (const it of [beside, file]) rmSync(it, { force: true })
  }
}

const hints: Readonly<Record<string, string>> = {
  EROFS: 'the unit of Murphy must allow it, by ReadWritePaths= and the folder',
  EACCES: 'the folder must be writable for the user of Murphy',
  ENOENT: 'its folder does not exist',
  ENOSPC: 'the disk is full',
}
