import type { Finding } from '../model/index.ts'
import { hour } from '../text/times.ts'

/** How often a collector looks while something of it is wrong, ms: so a repair is confirmed within 15 s. */
export const attentive = 10_000

/** How much of a core these looks may take: while people are likely to repair it, and of an old warning later. */
const share = 0.05
const oldShare = 0.005
/** A warning open for longer than this is old. What is critical never is. */
const fresh = hour

/** What one look cost, ms: by the clock, and of a core, with all the commands that it ran. */
export interface Cost {
  readonly took: number
  readonly spent: number
}

/**
 * How long after the beginning of a look the next one comes at the latest, ms, while a finding above `info` of that
 * collector is open; undefined if none is. Stretched so that looks take no more than their share of a core, and so
 * that a look which waits for answers does not run more than half of the time. Pure.
 */
export function nextLook(
  ledger: readonly Finding[],
  collector: string,
  { took, spent }: Cost,
  now: number,
): number | undefined {
  const open = ledger.filter(
    (it) => it.resolved === undefined && it.severity !== 'info' && it.code.startsWith(`${collector}.`),
  )
  if (open.length === 0) return undefined
  const pressing = open.some((it) => it.severity === 'critical' || Math.abs(now - it.since) < fresh)
  return Math.max(attentive, took + Math.min(took, attentive), spent / (pressing ? share : oldShare))
}
