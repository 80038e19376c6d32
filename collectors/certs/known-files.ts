import { dirname } from 'node:path'
import type { SeenFile } from './sample.ts'

/*
 * What is derived from the files of a sample. As long as nothing changes, samples share these, and it is derived once.
 */

/** Remembers for each list of files what `derive` made of it. */
export function derived<T>(derive: (files: readonly SeenFile[]) => T): (files: readonly SeenFile[]) => T {
  const known = new WeakMap<readonly SeenFile[], T>()
  return (files) => {
    const before = known.get(files)
    if (before !== undefined) return before
    const made = derive(files)
    known.set(files, made)
    return made
  }
}

export const byPath = derived(
  (files): ReadonlyMap<string, SeenFile> => new Map(files.map((it) => [it.path, it])),
)

/** All folders in which files were seen. */
export const foldersOf = derived((files): readonly string[] => [
  ...new Set(files.map((it) => dirname(it.path))),
])

/** `before`, where it holds the very same files. */
export function sameFiles(files: readonly SeenFile[], before: readonly SeenFile[] = []): readonly SeenFile[] {
  return files.length === before.length && files.every((it, at) => it === before[at]) ? before : files
}
