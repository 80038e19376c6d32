import { setTimeout as wait } from 'node:timers/promises'
import { second } from '../text/times.ts'

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { signal }).catch(() => undefined)
}

/** How often it is asked whether a pause still has a reason, ms. */
const askEvery = 10 * second

/** Rests for `ms`, or until there is no reason to any more (`isOver`, asked every ten seconds). */
export async function restUntil(
  ms: number,
  rest: (ms: number) => Promise<void>,
  isOver: () => Promise<boolean>,
): Promise<void> {
  for (let left = ms; left > 0; ) {
    const part = Math.min(left, askEvery)
    await rest(part)
    left -= part
    const begun = performance.now()
    if (left > 0 && (await isOver())) return
    left -= performance.now() - begun
  }
}
