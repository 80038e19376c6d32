import { type FSWatcher, lstatSync, watch } from 'node:fs'
import { isNear, rootedLane } from './folders.ts'

const timeout = 5_000

/**
 * Calls `changed` whenever something at `path` changes, until the returned function is called; `gone` when the path
 * itself goes away or cannot be watched, for any reason: scheduled rounds come all the same. Watching resolves the path
 * synchronously, which may hang where users other than root can change what it leads to: such paths are not watched.
 */
export function watchPath(path: string, changed: () => void, gone: () => void): (() => void) | undefined {
  // `/.` makes the path itself the folder whose safety is checked: both its own name and those in it are watched.
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

/** Whether `path` changed since `at`, ms; with 10 ms of tolerance, because file times are that coarse. */
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
    // When a watched file is replaced, the watch stays on the old one and reports its own name as renamed.
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
