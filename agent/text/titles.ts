import { shortSubject } from './kinds.ts'
import { cut } from './lengths.ts'
import { printable } from './sanitize.ts'

/** Titles for a phone's lock screen, which shows about 40 characters behind the node's name. Pure and total. */

/** Characters of a title. */
export const longestTitle = 40
/** No name is shortened to less: it could be any. */
const shortestName = 8

/**
 * `before`, a name from outside, `after`, in at most 40 characters; only the name may be hostile. Where all of it has no
 * room, `after` is left out, and then the middle of the name. With nothing before the name `after` says what is wrong,
 * and stays.
 */
export function titled(before: string, name: string, after = ''): string {
  return firstThatFits(before, [printable(name, longestName)], after, cut)
}

/**
 * The same with the name of a pod, "shop/db-0". Where that has no room, the namespace is left out, and then what a
 * Deployment or DaemonSet appends, and then the end: `before` and the workload say more than half of a random name.
 */
export function podTitled(
  before: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  after = '',
): string {
  const own = printable(name, longestName)
  // What a pod is called after comes first in its name.
  return firstThatFits(
    before,
    [`${printable(namespace, longestName)}/${own}`, own, workload(own)],
    after,
    begun,
  )
}

/** Whether a title names this pod, in whatever short form. */
export const namesPod = (title: string, { name }: { readonly name: string }) =>
  title.includes(name.slice(0, shortestName))

/** A subject that is longer says more than a title has room for; it stands in the text. */
const longestSubject = 60

/** Whether a title says what it is of, so that the subject need not stand behind it: it is of the node, or names it. */
export const namesSubject = (
  title: string,
  { subject, pod }: { readonly subject: string; readonly pod?: { readonly name: string } },
) =>
  ['', 'node'].includes(subject) ||
  subject.length > longestSubject ||
  title.includes(shortSubject(subject)) ||
  (pod !== undefined && namesPod(title, pod))

const longestName = 253

/** A name without what a ReplicaSet and a pod get appended (k8s.io/apimachinery/pkg/util/rand: no vowels, no 013). */
export const workload = (name: string) =>
  name.replace(/(?:-[4-9bcdf]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$/, '')

const begun = (text: string, kept: number) =>
  kept >= text.length ? text : `${text.slice(0, kept).replace(/[\ud800-\udbff]$/, '')}…`

function firstThatFits(
  before: string,
  names: readonly string[],
  after: string,
  shortened: (text: string, kept: number) => string,
): string {
  const all = [...names.map((it) => before + it + after), ...names.map((it) => before + it)]
  const fit = all.find((it) => it.length <= longestTitle)
  if (fit !== undefined && (before !== '' || fit.endsWith(after))) return fit
  const behind = before === '' ? after : ''
  const room = Math.max(shortestName, longestTitle - before.length - behind.length - 1)
  return (before + shortened(names.at(-1) ?? '', room) + behind).slice(0, longestTitle)
}

/** The first of these titles that has room; the last one is cut. They hold names that `printable` made harmless. */
export function shortEnough(...titles: readonly [string, ...string[]]): string {
  return titles.find((it) => it.length <= longestTitle) ?? (titles.at(-1) ?? '').slice(0, longestTitle)
}

type Evidence = Readonly<Record<string, string | number | boolean>> | undefined

/** A number in the evidence of an observation; undefined where there is none. */
export function countIn(evidence: Evidence, key: string): number | undefined {
  const value = evidence?.[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A text in the evidence of an observation; empty where there is none. Hostile, unlike its key. */
export function textIn(evidence: Evidence, key: string): string {
  const value = evidence?.[key]
  return typeof value === 'string' ? value : ''
}
