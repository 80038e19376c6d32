import type { Host, Stat } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { type Known, parse } from './parse.ts'
import type { SeenFile } from './sample.ts'
import type { Source } from './sources.ts'

/** A file's certificates, nothing where there is none, or why it could not be looked at. */
export type Look = { readonly seen?: SeenFile; readonly blind?: HostError }

/** Certificates are small; a bundle of all public authorities is 220 kB. */
const limit = 1024 * 1024

/** A file that changed so recently may change again within the clock tick that its times are counted in. */
const settled = 1_000

/** The state of a file, or nothing while it is too fresh to be told from the next. */
export function stampOf({ dev, ino, size, mtime, ctime }: Stat, now: number): string {
  return now - Math.max(mtime, ctime) < settled ? '' : `${dev}:${ino}:${size}:${mtime}:${ctime}`
}

/** On which device a file was when it was last read. */
const deviceOf = (past: SeenFile | undefined) => (past?.stamp ? Number.parseInt(past.stamp, 10) : undefined)

/** What was seen of the same source before. */
const before = (source: Source, past: SeenFile | undefined) =>
  past && past.stamp !== '' && past.of === source.of && past.loose === source.loose ? past : undefined

/** Whether others than root may have put it there or named it: then its state is asked of the very file that is read. */
const inHands = ({ of, word }: Source) => of === 'home' || of === 'kubeconfig' || word !== undefined

/** Looks at a file, whose state is `stat` where it is known already, and reads it unless it is as it was. */
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
            // Nobody asked for what lies in homes: it is not worth waking a file server for.
            ...(of === 'home' && { near: true }),
          })
    if (!read.bytes) return last ? { seen: last } : {}
    const { problem, foreign, certificates, names, servers } = parse(read.bytes, known)
    // A key or a request beside the certificates of a folder is no trouble, and neither is what nobody uses.
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
    // Nobody asked for what lies in homes, and a home on a file server may be closed even to root.
    if (loose || of === 'home') return {}
    if (code === 'too-large') return trouble(`is larger than ${limit} bytes`)
    if (code === 'failed') return trouble(`cannot be read (${message})`)
    return { blind: told, ...(past && { seen: past }) }
  }
}

/**
 * Looks at all of them, in their order: one stat for each, and those that changed are read, a few at a time.
 * A certificate that was read before, in whatever file, is not read again.
 */
export async function lookAtAll(
  host: Host,
  sources: readonly Source[],
  past: readonly SeenFile[],
): Promise<readonly (Look & { readonly source: Source })[]> {
  const last = new Map(past.map((it) => [it.path, it]))
  const plain = [...sources.entries()].filter(([, source]) => !inHands(source))
  const answers = await host.stats(
    plain.map(([, it]) => it.path),
    plain.map(([, it]) => deviceOf(last.get(it.path))),
  )
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
