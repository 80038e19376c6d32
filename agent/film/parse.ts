import type { HostErrorCode, Properties, Settings, WakeEvent } from '../model/index.ts'
import { day, minute } from '../text/times.ts'
import {
  type Answered,
  type End,
  type FilmedCollector,
  type FilmLine,
  filmFormat,
  type Head,
  type Take,
  type WrittenAnswer,
} from './reel.ts'
import type { Edit } from './text-edit.ts'

/** A film is not what it should be: a sentence, without where. */
export class FilmError extends Error {}

/** How deep the values of a line are nested at most: a film needs seven levels. */
const deepest = 12
/** The most items in all lists of one line. */
const mostItems = 2_000_000

/** One line of a film. Throws a FilmError for anything else; bounded in time and memory by the length of the line. */
export function parsedLine(text: string): FilmLine {
  bounded(text)
  let it: unknown
  try {
    it = JSON.parse(text)
  } catch {
    // Not the parser's own words, which quote the text.
    throw new FilmError('this is no JSON')
  }
  const line = recordOf(it, 'a line')
  if ('film' in line) return headOf(line)
  if ('round' in line) return takeOf(line)
  if ('end' in line) return endOf(line)
  throw new FilmError('this is neither the head of a film, nor a round, nor its end')
}

/** Before it is parsed: a megabyte of brackets takes a hundred as values. */
function bounded(text: string): void {
  let depth = 0
  let items = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (quoted) {
      if (code === 0x5c) at += 1
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x5b || code === 0x7b) {
      depth += 1
      items += 1
    } else if (code === 0x5d || code === 0x7d) depth -= 1
    else if (code === 0x2c) items += 1
    if (depth > deepest) throw new FilmError(`values are nested deeper than ${deepest} levels`)
    if (items > mostItems) throw new FilmError(`there are more than ${mostItems} values in one line`)
  }
}

type Fields = Readonly<Record<string, unknown>>

function recordOf(it: unknown, what: string): Fields {
  if (typeof it !== 'object' || it === null || Array.isArray(it))
    throw new FilmError(`${what} has to be an object in braces`)
  return it as Fields
}

function listOf(it: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(it)) throw new FilmError(`${what} has to be a list in brackets`)
  return it
}

function textOf(it: unknown, what: string): string {
  if (typeof it !== 'string') throw new FilmError(`${what} has to be a text`)
  return it
}

/** The latest time that a date can be, ms. */
const latest = 8.64e15

function numberOf(it: unknown, what: string, most = latest): number {
  if (typeof it !== 'number' || !(it >= 0 && it <= most))
    throw new FilmError(`${what} has to be a number from 0 to ${most}`)
  return it
}

const countOf = (it: unknown, what: string): number => {
  const count = numberOf(it, what)
  if (!Number.isInteger(count)) throw new FilmError(`${what} has to be a whole number`)
  return count
}

function headOf(it: Fields): Head {
  if (it.film !== filmFormat)
    throw new FilmError(
      `this film is in a format that this version of Murphy does not know (it knows ${filmFormat}); replay it with the version that made it`,
    )
  const collectors = Object.entries(recordOf(it.collectors, 'collectors')).map(
    ([name, one]) => [name, filmedOf(recordOf(one, 'a collector'))] as const,
  )
  return {
    film: filmFormat,
    murphy: textOf(it.murphy, 'murphy').slice(0, 80),
    node: textOf(it.node, 'node').slice(0, 256),
    at: numberOf(it.at, 'at'),
    logs: it.logs === true,
    remind: remindOf(it.remind),
    collectors: Object.fromEntries(collectors),
  }
}

const remindOf = (it: unknown): number => {
  const remind = numberOf(it, 'remind')
  if (remind > 0 && remind < minute) throw new FilmError('remind has to be 0 or at least a minute')
  return remind
}

const filmedOf = (it: Fields): FilmedCollector => ({
  enabled: it.enabled !== false,
  version: countOf(it.version, 'version'),
  settings: recordOf(it.settings, 'settings') as Settings<Properties>,
})

function takeOf(it: Fields): Take {
  return {
    round: textOf(it.round, 'round'),
    at: numberOf(it.at, 'at'),
    // A round has a time limit of minutes.
    took: numberOf(it.took, 'took', day),
    heard: listOf(it.heard, 'heard').map(heardOf),
    ...(it.recorded === true && { recorded: true as const }),
    answers: listOf(it.answers, 'answers').map(answeredOf),
  }
}

const heardOf = (it: unknown): WakeEvent => {
  const { at, text } = recordOf(it, 'what was heard')
  return { at: numberOf(at, 'at'), text: textOf(text, 'text') }
}

function answeredOf(it: unknown): Answered<WrittenAnswer> {
  const [question, ...answers] = listOf(it, 'an answer')
  if (answers.length === 0) throw new FilmError('a question without an answer')
  return [textOf(question, 'a question'), ...answers.map(answerOf)]
}

const codes: ReadonlySet<unknown> = new Set<HostErrorCode>([
  ...(['missing', 'denied', 'timeout', 'too-large', 'refused', 'failed', 'unrecorded'] as const),
])

function answerOf(it: unknown): WrittenAnswer {
  if (typeof it === 'string') return it
  const { error, text, edit, bytes, about } = recordOf(it, 'an answer')
  const more = about === undefined ? {} : { about: textOf(about, 'about') }
  if (error !== undefined) {
    const [code, message] = listOf(error, 'error')
    if (!codes.has(code)) throw new FilmError('an error has a code that there is not')
    return { error: [code as HostErrorCode, textOf(message, 'an error')] }
  }
  if (bytes !== undefined) return { bytes: textOf(bytes, 'bytes') }
  if (edit !== undefined) return { edit: editOf(edit), ...more }
  return { text: textOf(text, 'text'), ...more }
}

const editOf = (it: unknown): Edit =>
  listOf(it, 'edit').map((part) => {
    if (typeof part === 'string') return part
    const [from, count] = listOf(part, 'a part of an edit')
    return [countOf(from, 'a line'), countOf(count, 'a count')] as const
  })

const endings: ReadonlySet<unknown> = new Set<End['end']>(['time', 'size', 'stopped', 'slow'])

function endOf(it: Fields): End {
  if (!endings.has(it.end)) throw new FilmError('it ends for no reason that there is')
  return { end: it.end as End['end'], at: numberOf(it.at, 'at') }
}
