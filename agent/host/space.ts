import { statfs } from 'node:fs/promises'
import type { Space } from '../model.ts'
import { bounded, hostError } from './limits.ts'

const timeout = 5_000

/** How full the disk under `path` is. See `Host.space`. A network file system that hangs is a timeout. */
export async function space(path: string, signal: AbortSignal): Promise<Space> {
  const doing = `asking how full ${path} is`
  try {
    const it = await bounded(statfs(path), timeout, signal, doing)
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
