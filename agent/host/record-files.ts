import { resolve as absolute, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../model/index.ts'
import { removed, withoutSecrets, withoutSecretsOfLog } from './redaction.ts'
import { noted, said, type Tape } from './tape.ts'

/** Where programs write what they have to say. What is read in parts is a log too. */
const logs = /^\/var\/(log|lib\/docker\/containers)\//
const noLogs = 'the text of logs was left out; `agent record --logs` keeps it'
/** How long the machine may take to say where a path leads. */
const longest = 5_000

const fileIn = (path: string) => join('files', absolute('/', path))

/** Where a file really is; undefined where that cannot be told (any more). */
async function realOf({ resolve }: Tape, path: string): Promise<string | undefined> {
  const late = new AbortController()
  const answer = await Promise.race([
    resolve(path).catch(() => undefined),
    sleep(longest, undefined, { signal: late.signal }).catch(() => undefined),
  ])
  late.abort()
  return answer
}

/** Writes a file, or a part of it, where it really is, and a link to it where it was asked for. */
async function keep(tape: Tape, path: string, bytes: Uint8Array, from?: number): Promise<void> {
  const { written, withLogs, facts } = tape
  const real = await realOf(tape, path)
  const log = from !== undefined || logs.test(path) || (real !== undefined && logs.test(real))
  if (log && !withLogs) {
    facts.errors[`read ${path}`] = ['unrecorded', `reading ${path}: ${noLogs}`]
    return
  }
  // What is gone by now may have been a link to anything.
  const clean =
    real === undefined
      ? Buffer.from(`${removed}\n`)
      : withoutSecrets(path, log ? withoutSecretsOfLog(bytes) : bytes, real)
  const at = said(real ?? path)
  written.write(fileIn(at), from === undefined ? clean : sameLength(clean, bytes), from)
  if (real !== undefined && real !== path) written.link(fileIn(said(path)), at)
}

/** Files with all that is in them. */
export function ofFiles(tape: Tape): Pick<Host, 'read' | 'text' | 'owned' | 'range' | 'target'> {
  const { host, written, facts } = tape
  const read: Host['read'] = (path, options) =>
    noted(
      tape,
      `read ${path}`,
      () => host.read(path, options),
      (bytes) => keep(tape, path, bytes),
    )
  return {
    read,
    text: async (path, options) => Buffer.from(await read(path, options)).toString('utf8'),
    owned: (path, options) =>
      noted(
        tape,
        `read ${path}`,
        () => host.owned(path, options),
        ({ stat, bytes }) => {
          facts.stats[path] = stat
          return bytes && keep(tape, path, bytes)
        },
      ),
    range: (path, from, length, options) =>
      noted(
        tape,
        `read ${path}`,
        () => host.range(path, from, length, options),
        (bytes) => keep(tape, path, bytes, from),
      ),
    target: (path) =>
      noted(
        tape,
        `link ${path}`,
        () => host.target(path),
        (to) => written.link(fileIn(said(path)), said(to)),
      ),
  }
}

/** The bytes behind a secret stay where they are in the file: what differs in length is cut or filled up before the last line break. */
function sameLength(clean: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (clean.length === bytes.length) return clean
  const ends = bytes.at(-1) === 0x0a
  const room = bytes.length - (ends ? 1 : 0)
  const fitted = Buffer.alloc(bytes.length, ' ')
  fitted.set(clean.subarray(0, Math.min(room, clean.length - (ends ? 1 : 0))))
  if (ends) fitted[room] = 0x0a
  return fitted
}
