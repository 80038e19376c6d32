import { type Onlooker, onlooker } from '../core/onlooker.ts'
import type { Collector, Notice, Properties, Rules, Settings, Severity } from '../model/index.ts'
import { FilmError } from './parse.ts'
import type { Reel } from './read-film.ts'
import type { End, FilmedCollector } from './reel.ts'
import { screen } from './screen.ts'

export interface ProjectorOptions {
  readonly collectors: readonly Collector[]
  readonly rules: Rules
  readonly defaults: (properties: Properties) => Settings<Properties>
  readonly versionOf: (collector: Collector) => number
  /** The mildest severity that is told. */
  readonly min: Severity
  /** Nothing after this time is shown, ms since the epoch. */
  readonly until?: number
  readonly faulty?: (text: string) => void
}

/** A moment of a film at which something was told. */
export interface Scene {
  readonly at: number
  readonly notices: readonly Notice[]
}

export interface Projector {
  readonly murphy: Onlooker
  /** What would have been told, in its order; once. Rejects with a FilmError. */
  readonly scenes: AsyncIterable<Scene>
  /** The time of the film so far, and how many rounds were shown. */
  now(): number
  rounds(): number
  /** Collectors whose samples have another shape in this version. */
  readonly changed: readonly string[]
  /** Why the film ended; undefined where it was cut off, and before that. */
  ending(): End['end'] | undefined
}

/** How often in one film something can become due between rounds: a clock that was set may have jumped by decades. */
const mostWaits = 10_000

/**
 * Runs a film through the same functions as the daemon: collectors are answered as the node did, time is the film's,
 * and what is told between rounds is told when it was due. Begins with nothing remembered. No clock is read, so that the
 * same film always tells the same.
 */
export function projector({ head, lines, placed }: Reel, options: ProjectorOptions): Projector {
  const { collectors, rules, defaults, versionOf, min, faulty, until = Number.POSITIVE_INFINITY } = options
  const filmed = collectors.filter((it) => head.collectors[it.name]?.enabled === true)
  const settingsOf = (name: string) => {
    const its = collectors.find((it) => it.name === name)
    const given = head.collectors[name]
    return its ? { ...defaults(its.settings), ...fitting(its, given) } : {}
  }
  const murphy = onlooker({
    ...{ collectors: filmed, rules, settingsOf, node: head.node, since: head.at, min },
    ...{ remind: head.remind, ...(faulty && { faulty }) },
  })
  const shown = screen()
  let now = head.at
  let rounds = 0
  let waits = 0
  let ending: End['end'] | undefined

  /** What is due by time alone up to `to`. */
  function* waited(to: number): Generator<Scene> {
    for (let at = murphy.nextDue(now); at <= to && waits < mostWaits; at = murphy.nextDue(now)) {
      waits += 1
      now = at
      const notices = murphy.settle(at)
      if (notices.length > 0) yield { at, notices }
    }
    now = to
  }
  async function* scenes(): AsyncGenerator<Scene> {
    for await (const line of lines) {
      const at = 'end' in line ? line.at : line.at + line.took
      if (at > until) break
      yield* waited(at)
      if ('end' in line) {
        ending = line.end
        return
      }
      try {
        shown.show(line)
      } catch (error) {
        throw error instanceof FilmError ? placed(error) : error
      }
      if (!filmed.some((it) => it.name === line.round)) continue
      rounds += 1
      const notices = await murphy.look(line.round, shown.host(line), line.heard, () => at)
      if (notices.length > 0) yield { at, notices }
    }
    if (until !== Number.POSITIVE_INFINITY && until > now) yield* waited(until)
  }
  return {
    murphy,
    scenes: scenes(),
    now: () => now,
    rounds: () => rounds,
    changed: filmed.filter((it) => versionOf(it) !== head.collectors[it.name]?.version).map((it) => it.name),
    ending: () => ending,
  }
}

type Setting = Settings<Properties>[string]

/** The settings of a film that have the type that is declared; a film may come from anywhere. */
function fitting({ settings }: Collector, filmed: FilmedCollector | undefined): Settings<Properties> {
  const fits = (key: string, value: Setting) => {
    const type = settings[key]?.type
    if (type === 'array') return Array.isArray(value) && value.every((it) => typeof it !== 'object')
    return typeof value === (type === 'integer' ? 'number' : type)
  }
  return Object.fromEntries(
    Object.entries<Setting>(filmed?.settings ?? {}).filter(([key, it]) => fits(key, it)),
  )
}
