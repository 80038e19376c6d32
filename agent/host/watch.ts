import { type FSWatcher, watch } from 'node:fs'

/**
 * Calls `changed` whenever something at `path` changes, until the returned function is called or the path
 * itself goes away. Undefined if it cannot be watched, for whatever reason: rounds come all the same.
 */
export function watchPath(path: string, changed: () => void, gone: () => void): (() => void) | undefined {
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
