import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { openCamera } from '../film/camera.ts'
import type { Machine } from '../host/machine.ts'
import type { Collector } from '../model/index.ts'
import { openStore } from '../state/store.ts'
import { startDaemon } from './daemon.ts'
import { headOf } from './filming.ts'
import type { Log } from './log.ts'

export interface OwnFilmOptions {
  readonly config: Config
  readonly collectors: readonly Collector[]
  readonly machine: Machine
  readonly version: string
  /** ms. */
  readonly length: number
  readonly logs: boolean
  /** Takes each line; false where there is no room for more. What it throws ends the film, and `filmHere` rejects with it. */
  readonly write: (line: string) => boolean
  /** Ends it before its time. */
  readonly stopped: Promise<void>
  /** Told of mistakes of Murphy's own. */
  readonly faulty: (text: string) => void
}

/**
 * A film where no daemon runs: rounds, schedule and watches as the daemon has them, without sinks and without a socket.
 * What it remembers stands in a folder of its own and goes with it.
 */
export async function filmHere(options: OwnFilmOptions): Promise<void> {
  const { config, collectors, machine, version, length, logs, write, stopped, faulty } = options
  const folder = mkdtempSync(join(tmpdir(), 'murphy-film-'))
  const over = new AbortController()
  const log: Log = { debug() {}, info() {}, warn() {}, error: (_, text) => faulty(text) }
  try {
    const camera = openCamera()
    const broken = Promise.withResolvers<'stopped'>()
    const failures: unknown[] = []
    const put = (line: string) => {
      // Behind what was written in part nothing can follow.
      if (failures.length > 0) return false
      try {
        return write(line)
      } catch (error) {
        failures.push(error)
        broken.resolve('stopped')
        return false
      }
    }
    const opened = collectors.map((it) => it.name)
    const ended = new Promise<void>((resolve) => {
      camera.start({
        head: headOf({ config, collectors, version }, logs),
        opened,
        write: put,
        ended: resolve,
      })
    })
    const daemon = startDaemon({
      ...{ config: { ...config, sinks: [] }, collectors, sinks: [], machine, log, version, camera },
      store: openStore(folder, Date.now()),
    })
    const time = sleep(length, undefined, { signal: over.signal }).catch(() => {})
    const why = await Promise.race([
      time.then(() => 'time' as const),
      stopped.then(() => 'stopped' as const),
      broken.promise,
      ended,
    ])
    if (why) await camera.stop(why)
    await daemon.stop()
    if (failures.length > 0) throw failures[0]
  } finally {
    over.abort()
    rmSync(folder, { recursive: true, force: true })
  }
}
