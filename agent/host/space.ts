import { statfs } from 'node:fs/promises'
import type { Space } from '../model/index.ts'
import { hostError } from './limits.ts'
import { laneOf, walk } from './walk.ts'

const timeout = 5_000

/** How full the disk under `path` is. See `Host.space`. A network file system that hangs is a timeout. */
export async function space(path: string, signal: AbortSignal): Promise<Space> {
  const doing = `asking how full ${path} is`
  try {
    const bounds = { doing, timeout, signal }
    const found = await walk(path, bounds)
    const lane = laneOf({ ...found, dev: found.stats.dev })
    const it = await lane
      .run(doing, () => found.held.use(() => statfs(found.held.path)), bounds)
      .finally(found.held.release)
    return {
      size: it.blocks * it.bsize,
      available: it.bavail * it.bsize,
      inodes: it.files,
      inodesFree: it.ffree,
    }
  } catch (error) {
    throw hostError(doing, error)
  }
}
