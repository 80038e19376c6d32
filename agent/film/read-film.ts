import { createReadStream } from 'node:fs'
import { FilmError, parsedLine } from './parse.ts'
import { type End, type Head, longestLine, type Take } from './reel.ts'

/** A film as it is read: its head, and then line by line what is in it. */
export interface Reel {
  readonly head: Head
  /** The rounds in their order, and the end; once. Rejects with a FilmError that names file and line. */
  readonly lines: AsyncIterable<Take | End>
  /** The line at which the film was cut off; undefined where it is whole, and before all lines were read. */
  cutAt(): number | undefined
  /** The same error with the file and the present line. */
  placed(error: FilmError): FilmError
}

/** Opens a film. Rejects with a FilmError that names file and line; holds one line at a time. */
export async function readFilm(file: string): Promise<Reel> {
  let count = 0
  let cut: number | undefined
  const placed = (error: FilmError) => new FilmError(`${file}:${count}: ${error.message}`, { cause: error })
  const wrong = (error: unknown): never => {
    throw error instanceof FilmError ? placed(error) : error
  }
  const texts = wholeLines(file)
  const next = async () => {
    count += 1
    try {
      const { value } = await texts.next()
      return value === undefined ? undefined : parsedLine(value)
    } catch (error) {
      return wrong(error)
    }
  }
  const head = await next()
  if (head === undefined || !('film' in head))
    throw new FilmError(`${file}:1: this is no film; make one with \`agent record --for 10m FILE\``)
  async function* rest(): AsyncGenerator<Take | End> {
    try {
      for (let line = await next(); line; line = await next()) {
        if ('film' in line) wrong(new FilmError('another film begins here; a film has one head'))
        else yield line
        if ('end' in line) return
      }
      cut = count
    } finally {
      await texts.return(undefined)
    }
  }
  return { head, lines: rest(), cutAt: () => cut, placed }
}

/** The lines of a file that end with a line break: what stands behind the last one was cut off. */
async function* wholeLines(file: string): AsyncGenerator<string, undefined> {
  let parts: string[] = []
  let size = 0
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const text = chunk as string
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      if (size + end - from > longestLine) throw tooLong()
      yield parts.join('') + text.slice(from, end)
      parts = []
      size = 0
      from = end + 1
    }
    size += text.length - from
    if (size > longestLine) throw tooLong()
    if (from < text.length) parts.push(text.slice(from))
  }
  return undefined
}

const tooLong = () => new FilmError(`it is longer than ${longestLine} characters`)
