import type { Config } from '../config/config.ts'
import { round, sampleVersionOf } from '../core/round.ts'
import type { Camera } from '../film/camera.ts'
import { filmFormat, type Head, longestFilm } from '../film/reel.ts'
import type { Machine } from '../host/machine.ts'
import { withoutNamed } from '../host/redaction.ts'
import type { Collector, Properties, Settings } from '../model/index.ts'
import { second } from '../text/times.ts'

export interface FilmingOptions {
  readonly camera: Camera
  readonly config: Pick<Config, 'node' | 'remind' | 'collectors'>
  readonly collectors: readonly Collector[]
  readonly machine: Pick<Machine, 'during'>
  readonly version: string
  readonly now?: () => number
  /** How long a film goes on that nobody fetches, ms. */
  readonly patience?: number
}

/** Films of a running daemon, one at a time: whoever asked for one fetches its lines as they come. */
export interface Filming {
  /** Begins a film of `length` ms and returns its number. Throws where one is made already, or that is no length. */
  begin(length: number, logs: boolean): number
  /**
   * The lines since the last call, the last one an `End`; undefined where it is no longer this film that is made, or
   * its end was fetched already.
   */
  fetch(id: number): string | undefined
  /** Ends it before its time. */
  end(id: number): Promise<void>
}

type Setting = Settings<Properties>[string]

/** The most bytes that wait to be fetched, and that are fetched at once (at least a line). */
const mostWaiting = 16 * 1024 * 1024
const mostAtOnce = 8 * 1024 * 1024
const patienceOfAll = 30 * second

const isEnd = (line: string) => line.startsWith('{"end"')

export function headOf(
  { config, collectors, version, now = Date.now }: Omit<FilmingOptions, 'camera' | 'machine'>,
  logs: boolean,
): Head {
  return {
    film: filmFormat,
    murphy: version,
    node: config.node,
    at: now(),
    logs,
    remind: config.remind,
    collectors: Object.fromEntries(
      collectors.map((it) => {
        const { enabled = true, settings = {} } = config.collectors[it.name] ?? {}
        // People name paths, and may put anything in their names.
        const clean = Object.fromEntries(
          Object.entries<Setting>(settings).map(([key, one]) => [key, cleaned(one)]),
        )
        return [it.name, { enabled, version: sampleVersionOf(it), settings: clean }]
      }),
    ),
  }
}

function cleaned(value: Setting): Setting {
  if (typeof value === 'string') return withoutNamed(value)
  return Array.isArray(value) ? value.map((it) => cleaned(it) as string | number) : value
}

export function filming(options: FilmingOptions): Filming {
  const { camera, config, collectors, machine, patience = patienceOfAll } = options
  let id = 0
  let waiting: string[] = []
  let size = 0
  let over = true
  let timers: readonly NodeJS.Timeout[] = []
  let fetched = 0

  /** A look of each collector that remembers nothing, so that all it asks for is in the film; nothing is made of it. */
  async function open(mine: number): Promise<void> {
    for (const it of collectors) {
      const { enabled = true, settings = {} } = config.collectors[it.name] ?? {}
      if (!enabled) continue
      if (id !== mine || over) return
      const signal = AbortSignal.timeout(it.timeout)
      const host = machine.during(signal)
      const shot = camera.shoot(it.name, host, [], true)
      await round(it, settings, shot?.host ?? host, { heard: [] }, signal)
      shot?.done()
    }
  }
  const write = (line: string) => {
    const length = Buffer.byteLength(line)
    // There is always room for the end.
    if (size + length > mostWaiting && !isEnd(line)) return false
    size += length
    waiting.push(line)
    return true
  }
  const ended = () => {
    for (const it of timers) clearInterval(it)
    over = true
  }
  const keep = (lines: string[]) => {
    waiting = lines
    size = lines.reduce((sum, it) => sum + Buffer.byteLength(it), 0)
  }
  return {
    begin(length, logs) {
      if (!(length >= second && length <= longestFilm))
        throw new Error(`a film lasts ${second} to ${longestFilm} ms`)
      if (!over) throw new Error('a film is being made already; one at a time')
      keep([])
      over = false
      id += 1
      camera.start({ head: headOf(options, logs), opened: [], write, ended })
      fetched = performance.now()
      const forgotten = () => {
        if (performance.now() - fetched > patience)
          void camera.stop('slow').then(() => keep(waiting.filter(isEnd)))
      }
      timers = [setTimeout(() => void camera.stop('time'), length), setInterval(forgotten, patience / 3)]
      for (const it of timers) it.unref()
      void open(id)
      return id
    },
    fetch(asked) {
      if (asked !== id || (over && waiting.length === 0)) return undefined
      fetched = performance.now()
      let length = 0
      const count = waiting.findIndex((it, at) => {
        length += Buffer.byteLength(it)
        return at > 0 && length > mostAtOnce
      })
      const lines = waiting.splice(0, count < 0 ? waiting.length : count)
      for (const it of lines) size -= Buffer.byteLength(it)
      return lines.join('')
    },
    async end(asked) {
      if (asked === id && !over) await camera.stop('stopped')
    },
  }
}
