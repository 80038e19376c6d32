import type { Host, Stat } from '../../agent/model.ts'
import { HostError } from '../../agent/model.ts'
import { parse } from './parse.ts'
import type { SeenFile } from './sample.ts'
import type { Source } from './sources.ts'

/** A file's certificates, nothing where there is none, or why it could not be looked at. */
export type Look = { readonly seen?: SeenFile; readonly blind?: HostError }

/** Certificates are small; a bundle of all public authorities is 220 kB. */
const limit = 1024 * 1024

/** A file that changed so recently may change again within the clock tick that its times are counted in. */
const settled = 1_000

/** Reads a file unless it is as it was in `past`. */
export async function look(host: Host, source: Source, past: SeenFile | undefined): Promise<Look> {
  const { path, of, loose, named } = source
  const about = { path, of, ...(loose && { loose }) }
  const trouble = (problem: string): Look => ({ seen: { ...about, stamp: '', certificates: [], problem } })
  try {
    const stat = await host.stat(path)
    const stamp = stampOf(stat, host.now())
    if (past && stamp !== '' && past.stamp === stamp) {
      const { certificates, problem } = past
      return { seen: { ...about, stamp, certificates, ...(problem && { problem }) } }
    }
    const { certificates, problem, foreign } = parse(await host.read(path, { limit }))
    // A key or a request beside the certificates of a folder is no trouble, and neither is what nobody uses.
    const told = problem && !loose && !(foreign && !named) ? { problem } : {}
    return { seen: { ...about, stamp, certificates, ...told } }
  } catch (error) {
    const told = error instanceof HostError ? error : new HostError('failed', String(error))
    const { code, message } = told
    if (code === 'missing') return named ? trouble('is not there') : {}
    if (loose) return {}
    if (code === 'too-large') return trouble(`is larger than ${limit} bytes`)
    if (code === 'failed') return trouble(`cannot be read (${message})`)
    return { blind: told, ...(past && { seen: past }) }
  }
}

/** The state of a file, or nothing while it is too fresh to be told from the next. */
export function stampOf({ dev, ino, size, mtime, ctime }: Stat, now: number): string {
  return now - Math.max(mtime, ctime) < settled ? '' : `${dev}:${ino}:${size}:${mtime}:${ctime}`
}

/** Looks at all of them, a few at a time, in their order. */
export async function lookAtAll(
  host: Host,
  sources: readonly Source[],
  past: readonly SeenFile[],
): Promise<readonly (Look & { readonly source: Source })[]> {
  const before = new Map(past.map((it) => [it.path, it]))
  const looks = new Array<Look & { readonly source: Source }>(sources.length)
  let next = 0
  const worker = async () => {
    for (let at = next++; at < sources.length; at = next++) {
      const source = sources[at] as Source
      looks[at] = { ...(await look(host, source, before.get(source.path))), source }
    }
  }
  await Promise.all(Array.from({ length: Math.min(16, sources.length) }, worker))
  return looks
}
