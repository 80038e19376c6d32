import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { ExposedRow } from '../api/snapshot.ts'
import { minute, timestamp } from '../text/times.ts'
import type { Log } from './log.ts'

export interface TextfileOptions {
  /** Where it is written: a `.prom` file in the folder of node_exporter's textfile collector. */
  readonly file: string
  readonly metrics: () => Promise<string>
  readonly log: Pick<Log, 'warn' | 'info'>
  /** The pause between two writings, ms: as long as between two scrapes mostly. */
  readonly every?: number
}

export interface Textfile {
  /** Why it cannot be written now, and since when. */
  problem(): ExposedRow['failing']
  /** Never throws. */
  stop(): void
}

/**
 * Writes the metrics into a file, again and again, for whoever runs node_exporter and wants no further port. A reader never
 * finds half of it: it is written beside it, under a name that node_exporter does not read, and put in its place. Returns
 * what stops it, at once and without an error. The file stays, without a value: by its age, which node_exporter shows, it
 * is known that nobody writes it, and a file that is gone is asked for by no rule.
 */
export function textfile({ file, metrics, log, every = minute }: TextfileOptions): Textfile {
  const beside = join(dirname(file), `.${basename(file)}.new`)
  const put = (text: string) => {
    rmSync(beside, { force: true })
    // The folder may be others' too: what lies there under this name must not be written through.
    const open = openSync(beside, 'wx', 0o644)
    try {
      writeFileSync(open, text)
      // node_exporter runs as another user, and the agent makes files for itself alone.
      fchmodSync(open, 0o644)
    } finally {
      closeSync(open)
    }
    renameSync(beside, file)
  }
  let problem: ExposedRow['failing']
  let stopped: boolean = false
  async function write(): Promise<void> {
    try {
      const text = await metrics()
      if (stopped) return
      put(text)
      if (problem) log.info({ file }, 'the metrics are written again')
      problem = undefined
    } catch (error) {
      const { code = 'failed' } = error as NodeJS.ErrnoException
      const why = `${hints[code] ?? 'see its folder'} (${code})`
      if (problem?.why !== why) log.warn({ file, why }, `the metrics cannot be written to ${file}: ${why}`)
      problem = { since: problem?.since ?? Date.now(), why }
    }
  }
  let writing = write()
  const timer = setInterval(() => {
    writing = writing.then(write)
  }, every)
  timer.unref()
  return {
    problem: () => problem,
    stop() {
      stopped = true
      clearInterval(timer)
      try {
        put(`# Murphy was stopped at ${timestamp(Date.now())}\n`)
      } catch {
        // Then what was last written stays, and gets as old.
      }
    },
  }
}

const hints: Readonly<Record<string, string>> = {
  EROFS: 'the unit of Murphy must allow it, by ReadWritePaths= and the folder',
  EACCES: 'the folder must be writable for the user of Murphy',
  ENOENT: 'its folder does not exist',
  ENOSPC: 'the disk is full',
}
