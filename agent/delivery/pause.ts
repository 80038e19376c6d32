import { setTimeout as wait } from 'node:timers/promises'

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { signal }).catch(() => undefined)
}
