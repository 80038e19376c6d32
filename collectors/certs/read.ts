import type { Host, Stat } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { isSame, isSettled, stampOf } from '../node/stamps.ts'
import { byPath } from './known-files.ts'
import { type Known, parse } from './parse.ts'
import type { SeenFile } from './sample.ts'
import type { Source } from './sources.ts'

/** The certificates of a file (absent where there is no file), or why it could not be read. */
export type Look = { readonly seen?: SeenFile; readonly blind?: HostError }

/** Certificates are small; a bundle of all public authorities is 220 kB. */
const limit = 1024 * 1024

/**
 * The states that stamps were made of: to compare these takes a twentieth of making another stamp. What was seen is also
 * a source, where nobody has to list its folder again.
 */
const states = new WeakMap<SeenFile | Source, Stat>()

/** Whether a file is as it was when it was read. Who may set its times cannot set its ctime. */
function isUnchanged(seen: SeenFile, stat: Stat, now: number): boolean {
  const was = states.get(seen)
  if (was) return isSame(was, stat) && isSettled(stat, now)
  if (seen.stamp !== stampOf(stat, now)) return false
  states.set(seen, stat)
  return true
}

/** The previous result, if it is of the same source. */
const before = (source: Source, past: SeenFile | undefined) =>
  past && past.stamp !== '' && past.of === source.of && past.loose === source.loose ? past : undefined

/**
 * Whether somebody other than root may have placed or named the file: then its state is read from the opened file
 * itself, not from its path.
 */
const inHands = ({ of, word }: Source) => of === 'home' || of === 'kubeconfig' || word !== undefined

/** Reads a file unless its state is unchanged; `stat` is its state where known already. */
async function look(
  host: Host,
  source: Source,
  stat: Stat | HostError | undefined,
  past: SeenFile | undefined,
  known: Known,
): Promise<Look> {
  const { path, of, loose, named, word } = source
  const about = { path, of, ...(loose && { loose }) }
  const trouble = (problem: string): Look => ({ seen: { ...about, stamp: '', certificates: [], problem } })
  try {
    if (stat instanceof HostError) throw stat
    const last = before(source, past)
    const same = (now: Stat) => last !== undefined && isUnchanged(last, now, host.now())
    const read =
      of === 'k3s' && stat
        ? { stat, bytes: await host.read(path, { limit, dev: stat.dev }) }
        : await host.owned(path, {
            limit,
            unless: same,
            ...(stat && { dev: stat.dev }),
            ...(word !== undefined && { word }),
            // Nobody asked for files in homes: not worth waking a file server.
            ...(of === 'home' && { near: true }),
          })
    if (!read.bytes) return last ? { seen: last } : {}
    const { problem, foreign, certificates, names, servers } = parse(read.bytes, known)
    // No problem: a key or a request beside certificates in a folder, and files that nothing uses.
    const quiet = loose || of === 'home' || (foreign && !named)
    const by = word ?? read.stat.uid
    return {
      seen: {
        ...about,
        stamp: stampOf(read.stat, host.now()),
        ...(of === 'k3s' && !loose && { changed: read.stat.mtime }),
        ...(names && { names }),
        ...(names && by !== 0 && { by }),
        ...(servers && { servers }),
        certificates,
        ...(problem && !quiet && { problem }),
      },
    }
  } catch (error) {
    const told = error instanceof HostError ? error : new HostError('failed', String(error))
    const { code, message } = told
    if (code === 'missing') return named ? trouble('is not there') : {}
    // Nobody asked for files in homes, and a home on a file server may be closed even to root.
    if (loose || of === 'home') return {}
    if (code === 'too-large') return trouble(`is larger than ${limit} bytes`)
    if (code === 'failed') return trouble(`cannot be read (${message})`)
    return { blind: told, ...(past && { seen: past }) }
  }
}

/** The previous result of a source; it may be that itself. */
const seenBefore = (source: Source, last: ReadonlyMap<string, SeenFile>): SeenFile | undefined =>
  states.has(source) ? (source as SeenFile) : before(source, last.get(source.path))

/**
 * Reads all sources; results are in their order. One stat for each, and those that changed are read, several at a time.
 * A certificate that was parsed before, from whatever file, is not parsed again.
 */
export async function lookAtAll(
  host: Host,
  sources: readonly Source[],
  past: readonly SeenFile[],
): Promise<readonly (Look & { readonly source: Source })[]> {
  const last = byPath(past)
  const hands = sources.filter(inHands)
  const plain = hands.length > 0 ? sources.filter((it) => !inHands(it)) : sources
  const answers = await host.stats(plain.map((it) => it.path))
  const now = host.now()
  const stats = new Array<Stat | HostError | undefined>(sources.length)
  const looks = new Array<Look & { readonly source: Source }>(sources.length)
  const changed: number[] = []
  let next = 0
  for (let at = 0; at < sources.length; at += 1) {
    const source = sources[at] as Source
    const stat = source === plain[next] ? answers[next++] : undefined
    const seen = stat && !(stat instanceof HostError) ? seenBefore(source, last) : undefined
    if (seen && isUnchanged(seen, stat as Stat, now)) looks[at] = { source, seen }
    else {
      changed.push(at)
      stats[at] = stat
    }
  }
  if (changed.length === 0) return looks
  const known: Known = new Map(past.flatMap((it) => it.certificates.map((one) => [one.print, one])))
  next = 0
  const worker = async () => {
    for (let at = changed[next++]; at !== undefined; at = changed[next++]) {
      const source = sources[at] as Source
      looks[at] = { ...(await look(host, source, stats[at], last.get(source.path), known)), source }
    }
  }
  await Promise.all(Array.from({ length: Math.min(64, changed.length) }, worker))
  return looks
}
