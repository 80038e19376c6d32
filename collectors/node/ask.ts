import type { Host } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'

/** What was seen, or undefined where there is nothing to see; other errors are told. */
export async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof HostError && error.code === 'missing') return undefined
    throw error
  }
}

/** What was seen, or undefined for whatever reason: only where not knowing has a safe answer. */
export async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch {
    return undefined
  }
}

/** Whether there is such a path; one that may not be looked at is taken to be there. */
export async function exists(host: Host, path: string): Promise<boolean> {
  try {
    await host.stat(path)
    return true
  } catch (error) {
    return error instanceof HostError && error.code === 'denied'
  }
}
