import { realPath } from '../host/real-path.ts'
import { kernelRecord, withoutNamed } from '../host/redaction.ts'
import type { Host, WakeEvent } from '../model/index.ts'
import { day } from '../text/times.ts'
import { type Cutter, cutter } from './cutter.ts'
import { lens, type Raw } from './lens.ts'
import { type Ending, type Head, largestFilm, longestLine, type Take } from './reel.ts'

/** A round that is filmed. */
export interface Shot {
  readonly host: Host
  /** The round is over: what was seen is written. */
  done(): void
}

export interface FilmOptions {
  readonly head: Head
  /** The collectors of which every round is filmed from the beginning on; of the others after their opening look. */
  readonly opened: readonly string[]
  /** Takes one line, with its line break; false where there is no room for it, or an error, which ends the film. */
  readonly write: (line: string) => boolean
  /** Called after the last line. */
  readonly ended?: () => void
  readonly resolve?: (path: string) => Promise<string | undefined>
}

/** Films the rounds of an agent while somebody wants a film, one at a time. It never changes what a round sees. */
export interface Camera {
  readonly filming: boolean
  /** Undefined while nobody films this collector. `opening`: a look that knows of nothing before, so that all is asked. */
  shoot(collector: string, host: Host, heard: readonly WakeEvent[], opening?: boolean): Shot | undefined
  start(options: FilmOptions): void
  /** Ends the film; resolves when its last line is written. */
  stop(why: Ending): Promise<void>
}

export const openCamera = (now: () => number = Date.now): Camera => new Filming(now)

class Filming implements Camera {
  readonly #now: () => number
  #film: Film | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  get filming(): boolean {
    return this.#film !== undefined
  }

  start(options: FilmOptions): void {
    if (this.#film) throw new Error('a film is being made already')
    this.#film = new Film(options, this.#now, (why) => void this.stop(why))
  }

  shoot(collector: string, host: Host, heard: readonly WakeEvent[], opening = false): Shot | undefined {
    return this.#film?.shoot(collector, host, heard, opening)
  }

  async stop(why: Ending): Promise<void> {
    const film = this.#film
    this.#film = undefined
    await film?.end(why)
  }
}

/** One film under way. */
class Film {
  readonly #options: FilmOptions
  readonly #now: () => number
  readonly #full: (why: Ending) => void
  readonly #opened: Set<string>
  readonly #cutter: Cutter = cutter()
  readonly #ending = new AbortController()
  /** The line before: lines are written in the order in which their rounds ended. */
  #before: Promise<void> = Promise.resolve()
  #size = 0

  constructor(options: FilmOptions, now: () => number, full: (why: Ending) => void) {
    this.#options = options
    this.#now = now
    this.#full = full
    this.#opened = new Set(options.opened)
    this.#write(options.head)
  }

  shoot(collector: string, host: Host, heard: readonly WakeEvent[], opening: boolean): Shot | undefined {
    if (!opening && !this.#opened.has(collector)) return undefined
    const begun = host.now()
    const slots: { question: string; raw?: Raw }[] = []
    const resolve = this.#options.resolve ?? ((path) => realPath(path, this.#ending.signal))
    const seeing = lens(host, {
      withLogs: this.#options.head.logs,
      resolve,
      asked(question) {
        const slot: (typeof slots)[number] = { question }
        slots.push(slot)
        return (sum, clean) => {
          slot.raw = { question, sum, clean }
        }
      },
    })
    return {
      host: seeing,
      done: () => {
        const raw = slots.map((it) => it.raw ?? unanswered(it.question))
        const about = {
          round: collector,
          at: begun,
          // A clock that was set meanwhile counts: what is told after the round goes by it.
          took: Math.min(day, Math.max(0, this.#now() - begun)),
          heard: heard.map((it) => ({ at: it.at, text: heardText(it.text, this.#options.head.logs) })),
          ...(host.recorded && { recorded: true as const }),
        }
        this.#opened.add(collector)
        this.#before = this.#before.then(() => this.#take(about, raw)).catch(() => this.#full('stopped'))
      },
    }
  }

  async end(why: Ending): Promise<void> {
    await this.#before
    this.#ending.abort()
    this.#put(lineOf({ end: why, at: this.#now() }))
    this.#options.ended?.()
  }

  async #take(about: Omit<Take, 'answers'>, raw: readonly Raw[]): Promise<void> {
    if (this.#ending.signal.aborted) return
    const take: Take = { ...about, answers: await this.#cutter.cut(raw) }
    if (!this.#write(take)) this.#full('size')
  }

  /** False where the film is full, or nobody takes it any more. */
  #write(it: object): boolean {
    const line = lineOf(it)
    const length = Buffer.byteLength(line)
    this.#size += length
    return length <= longestLine && this.#size <= largestFilm && this.#put(line)
  }

  /** An error is known to whoever writes; here nobody waits for it. */
  #put(line: string): boolean {
    try {
      return this.#options.write(line)
    } catch {
      return false
    }
  }
}

const lineOf = (it: object) => `${JSON.stringify(it)}\n`

/** The round was given up while it waited for this answer. */
const unanswered = (question: string): Raw => ({
  question,
  sum: 'unanswered',
  clean: () => ({ error: ['timeout', `${withoutNamed(question)}: given up, because its round was over`] }),
})

/** A wake event is a line of a command's, or a path: the kernel's log is one of those commands. */
const heardText = (text: string, withLogs: boolean) =>
  /^\d+,\d+,/.test(text) ? kernelRecord(text, withLogs) : withoutNamed(text)
