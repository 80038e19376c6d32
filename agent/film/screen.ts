import { handshakeKey, probeKey, questionKey, requestName } from '../host/recording.ts'
import { withoutNamed } from '../host/redaction.ts'
import {
  type DnsAnswer,
  type Entry,
  type Got,
  type Handshake,
  type Host,
  HostError,
  type Kind,
  type Probed,
  type Space,
  type Stat,
} from '../model/index.ts'
import { argvKey } from './lens.ts'
import { FilmError } from './parse.ts'
import { type Answer, longestAnswer, type Take, type WrittenAnswer } from './reel.ts'
import { edited } from './text-edit.ts'

/** The most characters of answers that are held at a time: what a node answers to everything is a hundredth. */
const mostHeld = 256 * 1024 * 1024
/** The most parts of one log that are held; the oldest go first. */
const mostPieces = 500

interface Piece {
  readonly from: number
  readonly bytes: Uint8Array
}

/** What was last answered to each question of a film. */
export interface Screen {
  /** Takes in the answers of a round. Throws a FilmError for what cannot be. */
  show(take: Take): void
  /** Answers as the node did in that round. Questions that were never asked fail with `unrecorded`. */
  host(take: Pick<Take, 'at' | 'recorded'>): Host
}

export function screen(): Screen {
  const answers = new Map<string, readonly Answer[]>()
  const texts = new Map<string, string>()
  const pieces = new Map<string, readonly Piece[]>()
  let held = 0

  const hold = (more: number) => {
    held += more
    if (held > mostHeld) throw new FilmError(`its answers hold more than ${mostHeld} characters`)
  }
  const whole = (question: string, it: WrittenAnswer): Answer => {
    if (typeof it === 'string') return short({ text: it })
    if (!('edit' in it)) return short(it)
    const { edit, about } = it
    try {
      const text = edited(texts.get(question) ?? '', edit, longestAnswer)
      return { text, ...(about !== undefined && { about }) }
    } catch (error) {
      throw error instanceof RangeError ? new FilmError(error.message) : error
    }
  }
  return {
    show(take) {
      for (const [question, ...given] of take.answers) {
        const [, path, from] = /^piece (.*) (\d{1,15})$/s.exec(question) ?? []
        if (path !== undefined) {
          // Found by where it stands in its log, and never told by what changed.
          if (given[0] !== undefined) hold(addPiece(pieces, path, Number(from), whole(question, given[0])))
          continue
        }
        const all: Answer[] = []
        for (const it of given) {
          const answer = whole(question, it)
          hold(sizeOf(answer))
          all.push(answer)
          if (!('text' in answer)) continue
          // Stays after an error: the next text may be told by it.
          hold(answer.text.length - (texts.get(question)?.length ?? 0))
          texts.set(question, answer.text)
        }
        for (const it of answers.get(question) ?? []) held -= sizeOf(it)
        answers.set(question, all)
      }
    },
    host: ({ at, recorded = false }) => {
      const times = new Map<string, number>()
      const answer = (asked: string): Exclude<Answer, { error: unknown }> => {
        const question = withoutNamed(asked)
        const all = answers.get(question) ?? []
        const time = times.get(question) ?? 0
        times.set(question, time + 1)
        const it = all[Math.min(time, all.length - 1)]
        if (!it) throw new HostError('unrecorded', `${question}: it was not filmed`)
        if ('error' in it) throw new HostError(...it.error)
        return it
      }
      return { recorded, now: () => at, ...answering(answer, (path) => pieces.get(withoutNamed(path)) ?? []) }
    },
  }
}

const sizeOf = (it: Answer) => ('text' in it ? it.text.length : 'bytes' in it ? it.bytes.length : 100)

function short(it: Answer): Answer {
  if ('text' in it && it.text.length > longestAnswer)
    throw new FilmError(`an answer is longer than ${longestAnswer} characters`)
  return it
}

/** Returns how many bytes more are held. */
function addPiece(pieces: Map<string, readonly Piece[]>, path: string, from: number, answer: Answer): number {
  if ('error' in answer) return 0
  const before = pieces.get(path) ?? []
  const others = before.filter((it) => it.from !== from)
  const kept = [...others, { from, bytes: bytesOf(answer) }].slice(-mostPieces)
  pieces.set(path, kept)
  return bytesIn(kept) - bytesIn(before)
}

const bytesIn = (all: readonly Piece[]) => all.reduce((sum, it) => sum + it.bytes.length, 0)

const bytesOf = (it: Exclude<Answer, { error: unknown }>): Uint8Array =>
  'bytes' in it ? Buffer.from(it.bytes, 'base64') : Buffer.from(it.text)

type Answering = (question: string) => Exclude<Answer, { error: unknown }>

/** A text that has to be JSON of the form that `fits` looks for. */
function jsonOf<T extends object>(ask: Answering, question: string, fits: (it: Partial<T>) => boolean): T {
  const it = ask(question)
  try {
    const json = JSON.parse('text' in it ? it.text : '') as T
    if (fits(json)) return json
    throw new TypeError('it has another form')
  } catch (error) {
    throw new HostError('failed', `${question}: what was filmed is no answer to it`, { cause: error })
  }
}

const areTexts = (it: unknown) => Array.isArray(it) && it.every((one) => typeof one === 'string')
const areNumbers = (...all: readonly unknown[]) => all.every((it) => typeof it === 'number')

function statOf(ask: Answering, question: string): Stat {
  const [kind, ...numbers] = jsonOf<readonly [Kind, ...number[]]>(
    ask,
    question,
    (it) => Array.isArray(it) && typeof it[0] === 'string' && areNumbers(...it.slice(1)),
  )
  const [size = 0, mtime = 0, ctime = 0, dev = 0, ino = 0, uid = 0, mode = 0] = numbers
  return { kind, size, mtime, ctime, dev, ino, uid, mode }
}

function answering(
  ask: Answering,
  piecesOf: (path: string) => readonly Piece[],
): Omit<Host, 'recorded' | 'now'> {
  const read: Host['read'] = async (path, { limit = 1024 * 1024 } = {}) => {
    const bytes = bytesOf(ask(`read ${path}`))
    if (bytes.length > limit)
      throw new HostError('too-large', `reading ${path}: it is larger than ${limit} bytes`)
    return bytes
  }
  return {
    read,
    text: async (path, options) => Buffer.from(await read(path, options)).toString('utf8'),
    async owned(path, { limit, unless } = {}) {
      const stat = statOf(ask, `owned ${path}`)
      return unless?.(stat) ? { stat } : { stat, bytes: await read(path, limit ? { limit } : {}) }
    },
    async range(path, from, length) {
      const all = piecesOf(path)
      const piece = all.findLast((it) => it.from <= from && from < it.from + it.bytes.length)
      if (piece) return piece.bytes.subarray(from - piece.from, from - piece.from + length)
      // Behind the last part the file ended.
      if (all.some((it) => it.from + it.bytes.length === from)) return new Uint8Array()
      return bytesOf(ask(`range ${path}`))
    },
    list: async (path) => listOf(ask(`list ${path}`)),
    stat: async (path) => statOf(ask, `stat ${path}`),
    stats: async (paths) =>
      paths.map((path) => {
        try {
          return statOf(ask, `stat ${path}`)
        } catch (error) {
          if (error instanceof HostError) return error
          throw error
        }
      }),
    target: async (path) => Buffer.from(bytesOf(ask(`link ${path}`))).toString('utf8'),
    space: async (path) =>
      jsonOf<Space>(ask, `space ${path}`, (it) =>
        areNumbers(it.size, it.available, it.inodes, it.inodesFree),
      ),
    async run(argv, { line } = {}) {
      const answer = ask(`run ${argvKey(argv)}`)
      const { text: stdout, about = '[0,""]' } = 'text' in answer ? answer : { text: '' }
      const [exit, stderr] = ranAbout(about)
      if (!line) return { stdout, stderr, exit }
      for (const one of stdout.replace(/\n$/, '').split('\n')) if (stdout) line(one)
      return { stdout: '', stderr, exit }
    },
    async kmsg(after, record) {
      const log = Buffer.from(bytesOf(ask('kmsg'))).toString('utf8')
      // A record begins with `priority,sequence,`.
      for (const one of log.split(/\n(?=\d+,\d+,)/))
        if (Number(one.split(',', 2)[1]) > after) record(one.trimEnd())
    },
    handshake: async (address) => {
      const it = jsonOf<Pick<Handshake, 'protocol'> & { certificates: readonly string[] }>(
        ask,
        `tls ${handshakeKey(address)}`,
        (it) => areTexts(it.certificates) && typeof it.protocol === 'string',
      )
      return { ...it, certificates: it.certificates.map((der) => Buffer.from(der, 'base64')) }
    },
    get: async (request) =>
      jsonOf<Got>(
        ask,
        `get ${requestName(request)}`,
        (it) => areNumbers(it.status) && typeof it.body === 'string',
      ),
    resolve: async (question) =>
      jsonOf<DnsAnswer>(
        ask,
        `dns ${questionKey(question)}`,
        (it) => typeof it.rcode === 'string' && areTexts(it.addresses),
      ),
    probe: async (asked) =>
      jsonOf<Probed>(ask, `probe ${probeKey(asked)}`, (it) => typeof it.answer === 'string'),
  }
}

function ranAbout(about: string): readonly [number, string] {
  try {
    const [exit, stderr] = JSON.parse(about) as readonly unknown[]
    return [Number(exit), String(stderr)]
  } catch {
    return [0, '']
  }
}

function listOf(answer: Exclude<Answer, { error: unknown }>): readonly Entry[] {
  const text = 'text' in answer ? answer.text : ''
  return text === ''
    ? []
    : text.split('\n').map((it): Entry => {
        try {
          const [name, kind] = JSON.parse(it) as readonly [string, Kind]
          if (areTexts([name, kind])) return { name, kind }
          throw new TypeError('it has another form')
        } catch (error) {
          throw new HostError('failed', 'what was filmed is no list of a folder', { cause: error })
        }
      })
}
