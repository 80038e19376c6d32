import type { Certificate } from './sample.ts'

const day = 86_400_000

/** From these patch releases on k3s renews 120 days ahead, by minor version (k3s-io/k3s#12171, #12232). */
const longerSince: Readonly<Record<number, number>> = { 30: 13, 31: 9, 32: 5, 33: 1 }

/**
 * How long before a leaf runs out a start of this k3s renews it, in days: 90, and 120 since May 2025. Of a
 * version that is not known it is taken to be 90, for then a restart renews whatever version it is.
 */
export function renewalDays(version: string | undefined): 90 | 120 {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (major === undefined) return 90
  if (Number(major) > 1 || Number(minor) > 33) return 120
  return Number(patch) >= (longerSince[Number(minor)] ?? Number.POSITIVE_INFINITY) ? 120 : 90
}

export interface Limits {
  /** Days ahead of which it is worth a warning. */
  readonly days: number
  /** Never more than this part of the certificate's own life, so that a short life is not one long warning. */
  readonly part: number
}

/** What k3s itself would renew, but at most the second half of a life that was made short. */
export const ofK3s = (version: string | undefined): Limits => ({ days: renewalDays(version), part: 0.5 })

/** What ACME clients renew with a third of its life left is left alone until they should have. */
export const ofOthers = (days: number): Limits => ({ days, part: 0.3 })

/** An authority is due a year ahead, as k3s's own monitor says (pkg/certmonitor), but not for more than half its life. */
export const ofAuthorities: Limits = { days: 365, part: 0.5 }

/** Days before the end at which it is worth telling again; what is left behind counts up, 0 before the first. */
const stages = [30, 14, 7, 3, 1] as const

/** That it is over is worth telling anew, whatever was told before. */
export const lastStage = stages.length + 1

/** How often it should have been told by now: 0 at first sight, 1 from 30 days on, 5 in the last day. */
export const stageNumber = (left: number): number => stages.filter((days) => left <= days * day).length

/** How far a certificate is gone at `now`. Its last moment is still part of its life (RFC 5280, 4.1.2.5). */
export function stage(
  { from, to }: Pick<Certificate, 'from' | 'to'>,
  { days, part }: Limits,
  now: number,
): 'early' | 'good' | 'soon' | 'last days' | 'expired' {
  if (now > to) return 'expired'
  if (now < from) return 'early'
  const life = to - from
  if (to - now < Math.min(7 * day, life * 0.1)) return 'last days'
  return to - now < Math.min(days * day, life * part) ? 'soon' : 'good'
}
