import { type Host, HostError, type Stat } from '../../agent/model/index.ts'
import { stampOf } from './stamps.ts'

/** What was made of some files, and how these were before and after that; without a result only which files they are. */
interface Known {
  readonly paths: readonly string[]
  readonly made?: { readonly stamp: string; readonly result: unknown }
}

/** Of each machine by name; with it they end. */
const memory = new WeakMap<object, Map<string, Known>>()
const mostNames = 64
const mostPaths = 256

/**
 * What `work` makes of files and folders alone: it runs again only when one of those it looked at is another than
 * before, by device, inode, size and the times of change, which nobody can set back (inode(7), ctime). Reading them costs
 * milliseconds, asking for their stats some microseconds each. `name` says what `work` depends on besides.
 *
 * What it makes has to be plain data (`structuredClone`). Where it asked for anything else, or something could not be
 * read, it runs again each time; also where nothing may be remembered, as on a recorded node or while a film is taken.
 */
export async function remembered<T>(host: Host, name: string, work: (host: Host) => Promise<T>): Promise<T> {
  if (!host.identity) return work(host)
  const names = memory.get(host.identity) ?? new Map<string, Known>()
  memory.set(host.identity, names)
  const known = names.get(name)
  const began = host.now()
  const stamp = known && stampsOf(await host.stats(known.paths), began)
  if (stamp !== undefined && known?.made?.stamp === stamp) return known.made.result as T
  names.delete(name)
  const notes: Notes = { paths: new Set(), isWhole: true }
  // A copy: pieces of a text would keep all of it, with what is secret in it.
  const result = structuredClone(await work(noting(host, notes)))
  const paths = [...notes.paths].sort((a, b) => (a < b ? -1 : 1))
  if (!notes.isWhole || paths.length > mostPaths) return result
  // Only what was the same before and after it was read is known to have been so while it was.
  const isSure =
    stamp !== undefined &&
    paths.join('\0') === known?.paths.join('\0') &&
    stampsOf(await host.stats(paths), began) === stamp
  if (names.size >= mostNames) names.clear()
  names.set(name, { paths, ...(isSure && { made: { stamp, result } }) })
  return result
}

interface Notes {
  readonly paths: Set<string>
  /** It asked for nothing whose change would not be seen. */
  isWhole: boolean
}

/** A Host that notes what is looked at. */
function noting(host: Host, notes: Notes): Host {
  const file =
    <A extends readonly unknown[], R>(ask: (path: string, ...more: A) => Promise<R>) =>
    async (path: string, ...more: A): Promise<R> => {
      // The kernel makes these up anew whenever they are read.
      if (/^\/(proc|sys)(\/|$)/.test(path)) notes.isWhole = false
      notes.paths.add(path)
      try {
        return await ask(path, ...more)
      } catch (error) {
        if (!(error instanceof HostError && error.code === 'missing')) notes.isWhole = false
        throw error
      }
    }
  const other =
    <A extends readonly unknown[], R>(ask: (...all: A) => R) =>
    (...all: A): R => {
      notes.isWhole = false
      return ask(...all)
    }
  return {
    recorded: host.recorded,
    now: other(() => host.now()),
    ...{ read: file(host.read), text: file(host.text), list: file(host.list), stat: file(host.stat) },
    ...{ target: other(host.target), owned: other(host.owned), range: other(host.range) },
    ...{ stats: other(host.stats), run: other(host.run), kmsg: other(host.kmsg), get: other(host.get) },
    ...{ handshake: other(host.handshake), space: other(host.space), resolve: other(host.resolve) },
    probe: other(host.probe),
  }
}

/** The states of all of them; undefined while one is so new that a further change might not show, or was not to be had. */
function stampsOf(all: readonly (Stat | HostError)[], now: number): string | undefined {
  const stamps = all.map((it) => {
    if (!(it instanceof HostError)) return stampOf(it, now)
    return it.code === 'missing' ? it.code : ''
  })
  return stamps.includes('') ? undefined : stamps.join(' ')
}
