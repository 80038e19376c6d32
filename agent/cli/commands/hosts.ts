import { openMachine } from '../../host/machine.ts'
import { recordedNode } from '../../host/replay.ts'
import type { Host } from '../../model/index.ts'
import { minute } from '../../text/times.ts'
import { Refusal } from './common.ts'

/** `--at` as ms since the epoch; a Refusal for what is no time. */
export function timeOf(at: string | undefined): number | undefined {
  const time = at === undefined ? undefined : Date.parse(at)
  if (Number.isNaN(time))
    throw new Refusal(`--at ${at}: invalid time; use RFC 3339, such as 2027-11-15T12:00:00Z`)
  return time
}

/** A recorded node, at the time of its recording or at another; a Refusal where there is none. */
export function recorded(folder: string, at?: number) {
  try {
    return recordedNode(folder, at === undefined ? {} : { now: () => at })
  } catch (error) {
    throw new Refusal((error as Error).message, 3, { cause: error })
  }
}

/** Asks this machine for as long as one look may take. */
export async function asking<T>(ask: (host: Host) => Promise<T>, at?: number): Promise<T> {
  const machine = openMachine(at === undefined ? {} : { now: () => at })
  try {
    return await ask(machine.during(AbortSignal.timeout(minute)))
  } finally {
    machine.close()
  }
}
