import type { Host } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'

/** The result, or undefined where the file or folder does not exist; other errors are thrown. */
export async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof HostError && error.code === 'missing') return undefined
    throw error
  }
}

/** The result, or undefined after any error: only for callers that are safe without an answer. */
export async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch {
    return undefined
  }
}

/** Whether the path exists; true also where permissions hide it. */
export async function exists(host: Host, path: string): Promise<boolean> {
  try {
    await host.stat(path)
    return true
  } catch (error) {
    return error instanceof HostError && error.code === 'denied'
  }
}
