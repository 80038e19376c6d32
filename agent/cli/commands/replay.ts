import { setTimeout as sleep } from 'node:timers/promises'
import { collectors } from '../../../collectors/index.ts'
import { exitCode } from '../../api/snapshot.ts'
import { defaults } from '../../config/defaults.ts'
import { sampleVersionOf } from '../../core/round.ts'
import { words } from '../../delivery/sinks/message.ts'
import { FilmError } from '../../film/parse.ts'
import { type Projector, projector, type Scene } from '../../film/projector.ts'
import { type Reel, readFilm } from '../../film/read-film.ts'
import type { Head } from '../../film/reel.ts'
import { type Notice, type Severity, severities } from '../../model/index.ts'
import { duration, parseDuration } from '../../text/durations.ts'
import { many } from '../../text/lists.ts'
import { line, safe } from '../../text/sanitize.ts'
import { date, day, exactMoment, iso, timestamp } from '../../text/times.ts'
import { jsonText } from '../json.ts'
import { renderStatus } from '../render/status.ts'
import { renderTold } from '../render/told.ts'
import { readVersion } from '../version.ts'
import { type Common, type Exit, madeOf, print, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { filmedSnapshot, filmedView } from './filmed.ts'
import { here, show } from './output.ts'
import { envelope, stateOf } from './page.ts'

export interface ReplayArguments extends Common {
  /** The moment to show, as `momentOf` reads it. */
  readonly at?: string
  /** The name of a page, with `at`. */
  readonly page?: string
  readonly min?: string
  /** How many times as fast as it happened; absent: all at once. */
  readonly speed?: string
  readonly json?: boolean
}

/** Shows what would have been told during a film, or a page at one moment of it. */
export async function replay(file: string, options: ReplayArguments): Promise<Exit> {
  const { at, page, speed } = options
  if (page !== undefined && at === undefined) throw new Refusal('--page needs --at, such as --at 5m')
  const factor = speed === undefined ? Number.POSITIVE_INFINITY : Number(speed)
  if (!(factor > 0)) throw new Refusal(`--speed ${speed}: must be a number above 0, such as 1 or 60`)
  const min = severityOf(options.min)
  try {
    const reel = await readFilm(file)
    const until = at === undefined ? undefined : momentOf(at, reel.head)
    const film = projector(reel, {
      ...{ collectors, rules: allRules(), defaults, versionOf: sampleVersionOf, min },
      ...(until !== undefined && { until }),
      faulty: (text) => process.stderr.write(`agent: ${safe(text)}\n`),
    })
    const note = noteOf(reel.head, film)
    if (note) process.stderr.write(`agent: ${note}\n`)
    if (until === undefined) return await told(reel, film, factor, options.json === true)
    for await (const _ of film.scenes);
    return shown(reel.head, film, options)
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException
    if (error instanceof FilmError || syscall) throw new Refusal(safe(message), 3, { cause: error })
    throw error
  }
}

function severityOf(min = 'warning'): Severity {
  const severity = severities.find((it) => it === min)
  if (!severity) throw new Refusal(`--min ${min}: must be one of ${severities.join(', ')}`)
  return severity
}

/** A time of day in UTC, a time after the beginning, or RFC 3339, as ms since the epoch. */
export function momentOf(text: string, head: Pick<Head, 'at'>): number {
  const offset = parseDuration(text)
  if (offset !== undefined) return head.at + offset
  if (/^\d\d:\d\d(:\d\d)?$/.test(text)) {
    const time = Date.parse(`${date(head.at)}T${text.length === 5 ? `${text}:00` : text}Z`)
    // A film may go on after midnight. What is in the same second as its beginning is not the day after.
    if (!Number.isNaN(time)) return time + 1000 <= head.at ? time + day : time
  }
  const time = Date.parse(text)
  if (Number.isNaN(time))
    throw new Refusal(`--at ${text}: invalid time; use 02:13:04, 4m30s or ${iso(head.at)}`)
  return time
}

/** What may make a replay differ from what the agent itself told; undefined for nothing. */
function noteOf({ murphy, collectors: filmed }: Head, { changed }: Projector): string | undefined {
  const version = readVersion()
  const known = new Set(collectors.map((it) => it.name))
  const unknown = Object.keys(filmed).filter((it) => !known.has(it))
  const parts = [
    ...(murphy === version
      ? []
      : [
          `the film is from Murphy ${line(murphy, 40)}, this is ${version}: findings and messages may differ`,
        ]),
    ...(changed.length > 0 ? [`the memory of ${changed.join(', ')} has another format since then`] : []),
    ...(unknown.length > 0 ? [`unknown here and not shown: ${line(unknown.join(', '), 200)}`] : []),
  ]
  return parts.length > 0 ? parts.join('; ') : undefined
}

async function told(reel: Reel, film: Projector, factor: number, json: boolean): Promise<Exit> {
  const { head } = reel
  const terminal = here()
  const all: object[] = []
  let count = 0
  let before = head.at
  if (!json)
    print(
      `Film of ${line(head.node, 80)}, from ${exactMoment(head.at)}${head.logs ? ', with the text of logs' : ''}\n\n`,
    )
  for await (const scene of film.scenes) {
    if (factor !== Number.POSITIVE_INFINITY) await sleep(Math.max(0, scene.at - before) / factor)
    before = scene.at
    for (const it of scene.notices) {
      count += 1
      if (json) all.push(jsonOf(scene, it))
      else show(renderTold({ ...words(it), at: scene.at, kind: it.kind }, terminal), terminal)
    }
  }
  const cut = reel.cutAt()
  const about = {
    ...{
      version: 2,
      node: head.node,
      murphy: head.murphy,
      from: timestamp(head.at),
      to: timestamp(film.now()),
    },
    ...{ rounds: film.rounds(), ...(cut === undefined ? { end: film.ending() } : { cutAt: cut }) },
  }
  if (json) print(jsonText({ ...about, told: all }))
  else
    print(
      `${duration(film.now() - head.at)}, ${many(film.rounds(), 'round')}, ${many(count, 'message')}${cut === undefined ? '' : `; cut off at line ${cut}`}\n`,
    )
  return 0
}

const jsonOf = ({ at }: Scene, notice: Notice) => {
  const { headline, standing, text, impact, fix, avoid, code } = words({ ...notice, at })
  return { at, kind: notice.kind, ...{ title: headline, standing, text, impact, fix, avoid, code } }
}

/** The status, or one collector's page, at the moment at which the film stands. */
function shown(head: Head, film: Projector, { page: name, json }: ReplayArguments): Exit {
  const terminal = here()
  if (name === undefined || name === 'status') {
    const snapshot = filmedSnapshot(head, film)
    if (json) print(jsonText(snapshot))
    else show(renderStatus(snapshot, terminal, { once: true }), terminal)
    return exitCode(snapshot.state)
  }
  const its = collectors.find((it) => it.page?.name === name || it.name === name)
  const { page } = its ?? {}
  if (!its || !page)
    throw new Refusal(
      `--page ${name}: must be one of status, ${collectors.flatMap((it) => it.page?.name ?? []).join(', ')}`,
    )
  const view = filmedView(head, film, its)
  if (json) print(madeOf(page.name, () => `${JSON.stringify(envelope(page, view), null, 2)}\n`))
  else
    show(
      madeOf(page.name, () => page.render(view, terminal)),
      terminal,
    )
  return exitCode(stateOf(view))
}
