import { walk } from './walk.ts'

/** How long resolving a path may take, ms. */
const longest = 5_000

/**
 * Where a path leads, without links; undefined where that cannot be told. Unlike `realpath` it hangs in no thread of
 * its own: it goes the way of all reading, step by step and in lanes.
 */
export async function realPath(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const found = await walk(path, { doing: `resolving ${path}`, timeout: longest, signal })
    found.held.release()
    return found.at
  } catch {
    return undefined
  }
}
