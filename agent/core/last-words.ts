import type { Finding } from '../model/index.ts'
import { minute } from '../text/times.ts'

/** Under which words a finding is over: those that people know, and not what a look in the middle of its repair saw. Pure. */

/** How long what repairs it takes at most, ms: k3s renews nine certificates one after the other, a bridge gets its pods. */
export const repairing = minute

type Words = Pick<Finding, 'title' | 'text' | 'before'>

/** What it was called before it is called this; for as long as its end would be part of the same change. */
export function calledBefore(
  { title, text, before }: Words,
  next: string,
  now: number,
): Pick<Finding, 'before'> {
  const isLate = before === undefined || Math.abs(now - before.at) >= repairing
  if (title === next) return isLate ? {} : { before }
  return { before: isLate ? { title, text, at: now } : before }
}

/** The finding as it is over now. */
export function over({ before, ...it }: Finding, now: number): Finding {
  const words = before && Math.abs(now - before.at) < repairing && { title: before.title, text: before.text }
  return { ...it, ...words, resolved: now }
}
