import { type FSWatcher, lstatSync, watch } from 'node:fs'
import { isNear, rootedLane } from './folders.ts'

const timeout = 5_000

/**
 * Calls `changed` whenever something at `path` changes, until the returned function is called; `gone` when the path
 * itself goes away or cannot be watched, for whatever reason: rounds come all the same. To watch is to follow the path in
 * place, which may hang where others than root say what it leads to: those are not watched.
 */
export function watchPath(path: string, changed: () => void, gone: () => void): (() => void) | undefined {
  // As a folder: it is what the names in it are, and it must be known where it leads itself.
  const within = `${path}/.`
  if (isNear(within)) return watchNow(path, changed, gone)
  const ended = new AbortController()
  const begun = Date.now()
  let end: (() => void) | undefined
  rootedLane(within, `watching ${path}`, { timeout, signal: ended.signal }).then(
    () => {
      if (ended.signal.aborted) return
      end = isNear(within) ? watchNow(path, changed, gone) : undefined
      if (!end) gone()
      else if (changedSince(path, begun)) changed()
    },
    () => {
      if (!ended.signal.aborted) gone()
    },
  )
  return () => {
    ended.abort()
    end?.()
  }
}

/** The kernel counts the times of files in ticks of up to 10 ms. */
function changedSince(path: string, at: number): boolean {
  return (lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0) >= at - 10
}

function watchNow(path: string, changed: () => void, gone: () => void): (() => void) | undefined {
  let watcher: FSWatcher
  try {
    watcher = watch(path, { persistent: false })
  } catch {
    return undefined
  }
  const end = () => watcher.close()
  watcher.on('change', (event, name) => {
    changed()
    // A watched file that was replaced by another of its name reports its own name as renamed.
    if (event === 'rename' && name !== null && path.endsWith(`/${name}`)) {
      end()
      gone()
    }
  })
  watcher.on('error', () => {
    end()
    gone()
  })
  return end
}
