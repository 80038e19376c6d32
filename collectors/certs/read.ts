import type { Host, Stat } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { type Known, parse } from './parse.ts'
import type { SeenFile } from './sample.ts'
import type { Source } from './sources.ts'

/** The certificates of a file (absent where there is no file), or why it could not be read. */
export type Look = { readonly seen?: SeenFile; readonly blind?: HostError }

/** Certificates are small; a bundle of all public authorities is 220 kB. */
const limit = 1024 * 1024

/** A file changed within this time, ms, may change again without its timestamps showing it. */
const settled = 1_000

/** Identifies the state of a file; empty while it is so new that a further change might not show. */
export function stampOf({ dev, ino, size, mtime, ctime }: Stat, now: number): string {
  return now - Math.max(mtime, ctime) < settled ? '' : `${dev}:${ino}:${size}:${mtime}:${ctime}`
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
    const same = (now: Stat) => last !== undefined && last.stamp === stampOf(now, host.now())
    const read =
      of === 'k3s' && stat
        ? { stat, bytes: await host.read(path, { limit, dev: stat.dev }) }
        : await host.owned(path, {
            limit,
            unless: same,
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

/**
 * Reads all sources; results are in their order. One stat for each, and those that changed are read, several at a time.
 * A certificate that was parsed before, from whatever file, is not parsed again.
 */
export async function lookAtAll(
  host: Host,
  sources: readonly Source[],
  past: readonly SeenFile[],
): Promise<readonly (Look & { readonly source: Source })[]> {
  const last = new Map(past.map((it) => [it.path, it]))
  const plain = [...sources.entries()].filter(([, source]) => !inHands(source))
  const answers = await host.stats(plain.map(([, it]) => it.path))
  const stats = new Map(plain.map(([at], place) => [at, answers[place]]))
  const now = host.now()
  const looks = new Array<Look & { readonly source: Source }>(sources.length)
  const changed: number[] = []
  for (const [at, source] of sources.entries()) {
    const stat = stats.get(at)
    const seen = before(source, last.get(source.path))
    if (seen && stat && !(stat instanceof HostError) && seen.stamp === stampOf(stat, now))
      looks[at] = { source, seen }
    else changed.push(at)
  }
  if (changed.length === 0) return looks
  const known: Known = new Map(past.flatMap((it) => it.certificates.map((one) => [one.print, one])))
  let next = 0
  const worker = async () => {
    for (let at = changed[next++]; at !== undefined; at = changed[next++]) {
      const source = sources[at] as Source
      looks[at] = { ...(await look(host, source, stats.get(at), last.get(source.path), known)), source }
    }
  }
  await Promise.all(Array.from({ length: Math.min(64, changed.length) }, worker))
  return looks
}
