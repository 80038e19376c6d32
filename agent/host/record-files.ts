import { resolve as absolute, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../model/index.ts'
import { removed, withoutSecrets, withoutSecretsOfLog } from './redaction.ts'
import { noted, said, type Tape } from './tape.ts'

/** Folders of logs. Files that are read in parts count as logs too. */
const logs = /^\/var\/(log|lib\/docker\/containers)\//
const noLogs = 'the text of logs was left out; `agent record --logs` keeps it'
/** How long resolving a path may take, ms. */
const longest = 5_000

const fileIn = (path: string) => join('files', absolute('/', path))

/** The real path of a file; undefined where it cannot be resolved (any more). */
async function realOf({ resolve }: Tape, path: string): Promise<string | undefined> {
  const late = new AbortController()
  const answer = await Promise.race([
    resolve(path).catch(() => undefined),
    sleep(longest, undefined, { signal: late.signal }).catch(() => undefined),
  ])
  late.abort()
  return answer
}

/**
 * What is kept of a file, or of a part of one (`part`), that was read at `path`; `real`: where that leads, undefined
 * where it cannot be resolved. A sentence in its place where it is the text of a log, and `withLogs` is not set.
 */
export function keptOf(
  path: string,
  bytes: Uint8Array,
  real: string | undefined,
  { withLogs, part }: { readonly withLogs: boolean; readonly part: boolean },
): Uint8Array | string {
  const log = part || logs.test(path) || (real !== undefined && logs.test(real))
  if (log && !withLogs) return `reading ${path}: ${noLogs}`
  // A path that cannot be resolved may have been a link to any file, so nothing of it is kept.
  const clean =
    real === undefined
      ? Buffer.from(`${removed}\n`)
      : withoutSecrets(path, log ? withoutSecretsOfLog(bytes) : bytes, real)
  return part ? sameLength(clean, bytes) : clean
}

/** Writes a file, or a part of it, at its real path, and a link to that at the path by which it was read. */
async function keep(tape: Tape, path: string, bytes: Uint8Array, from?: number): Promise<void> {
  const { written, withLogs, facts } = tape
  const real = await realOf(tape, path)
  const kept = keptOf(path, bytes, real, { withLogs, part: from !== undefined })
  if (typeof kept === 'string') {
    facts.errors[`read ${path}`] = ['unrecorded', kept]
    return
  }
  const at = said(real ?? path)
  written.write(fileIn(at), kept, from)
  if (real !== undefined && real !== path) written.link(fileIn(said(path)), at)
}

/** The part of a recording Host that reads the content of files. */
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

/** `clean` cut or padded with spaces (before a final line break) to the length of `bytes`, so that offsets match. */
function sameLength(clean: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (clean.length === bytes.length) return clean
  const ends = bytes.at(-1) === 0x0a
  const room = bytes.length - (ends ? 1 : 0)
  const fitted = Buffer.alloc(bytes.length, ' ')
  fitted.set(clean.subarray(0, Math.min(room, clean.length - (ends ? 1 : 0))))
  if (ends) fitted[room] = 0x0a
  return fitted
}
