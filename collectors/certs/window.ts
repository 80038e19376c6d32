import { day } from '../../agent/text/times.ts'
import type { Certificate } from './sample.ts'

/** The patch release, by minor version, from which on k3s renews 120 days ahead (k3s-io/k3s#12171, #12232). */
const longerSince: Readonly<Record<number, number>> = { 30: 13, 31: 9, 32: 5, 33: 1 }

/**
 * How many days before its end a leaf certificate is renewed by a start of this k3s: 90, and 120 since May 2025. For an
 * unknown version 90, with which the advice "restart" is right for any version.
 */
export function renewalDays(version: string | undefined): 90 | 120 {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (major === undefined) return 90
  if (Number(major) > 1 || Number(minor) > 33) return 120
  return Number(patch) >= (longerSince[Number(minor)] ?? Number.POSITIVE_INFINITY) ? 120 : 90
}

export interface Limits {
  /** How many days before the end to warn. */
  readonly days: number
  /**
   * The greatest part of the certificate's own life in which to warn, so that a short-lived one is not always in it.
   */
  readonly part: number
}

/** When k3s itself would renew, but at most the second half of a short life. */
export const ofK3s = (version: string | undefined): Limits => ({ days: renewalDays(version), part: 0.5 })

/** ACME clients renew with a third of the life left: no warning until they should have done so. */
export const ofOthers = (days: number): Limits => ({ days, part: 0.3 })

/** For an authority a year ahead, as k3s's own monitor warns (pkg/certmonitor), but at most half its life. */
export const ofAuthorities: Limits = { days: 365, part: 0.5 }

/** Days before the end at which a new notification is worth sending. */
const stages = [30, 14, 7, 3, 1] as const

/** The end itself is worth a new notification, whatever was sent before. */
export const lastStage = stages.length + 1

/** The number of the present stage: 0 at first, 1 from 30 days before the end, 5 on the last day. */
export const stageNumber = (left: number): number => stages.filter((days) => left <= days * day).length

/** The stage of a certificate's life at `now`. Its last moment is still part of its life (RFC 5280, 4.1.2.5). */
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
