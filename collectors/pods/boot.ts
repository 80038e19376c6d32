import type { Host } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { orNothing } from '../node/ask.ts'

/** Which boot of the node a round saw, and since when it is another one than before, ms since the epoch. */
export interface Boot {
  readonly boot?: string
  readonly booted?: number
  /** Those of before (`keyOf`) that this boot has not started anew yet. */
  readonly anew?: readonly string[]
}

/** How long a boot may take to start every container anew, ms: a hundred of them on a small board take minutes. */
export const startsAnew = 10 * minute

/** The kernel's id of this boot; where it cannot be read, it is taken to be the same as before. `known`: containers. */
export async function bootOf(
  host: Host,
  before: Boot | undefined,
  known: () => readonly string[],
  now: number,
): Promise<Boot> {
  const read = (await orNothing(host.text('/proc/sys/kernel/random/boot_id')))?.trim().slice(0, 40)
  const boot = read || before?.boot
  const isNew = before?.boot !== undefined && boot !== before.boot
  // A clock that ran ahead was put right since: it would be long before anything ended after that boot.
  const booted = isNew ? now : before?.booted === undefined ? undefined : Math.min(before.booted, now)
  const anew = isNew ? known() : booted !== undefined && now - booted < startsAnew ? before?.anew : undefined
  return { ...(boot && { boot }), ...(booted !== undefined && { booted }), ...(anew && { anew }) }
}

/**
 * The restarts that are ends of the container itself: a boot starts each container of before anew, once (`byBoot`), and what
 * ended again and again before it begins anew too. Times are ms since the epoch, oldest first.
 */
export function ownRestarts(
  times: readonly number[],
  booted: number | undefined,
  byBoot: number | undefined,
): readonly number[] {
  if (booted === undefined) return times
  const since = times.filter((it) => it >= booted)
  const first = byBoot === undefined ? -1 : since.indexOf(byBoot)
  return first < 0 ? since : since.toSpliced(first, 1)
}
