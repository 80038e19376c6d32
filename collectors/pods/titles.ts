import type { Observation } from '../../agent/model/index.ts'
import { printable } from '../../agent/text/sanitize.ts'
import { podTitled, titled } from '../../agent/text/titles.ts'
import { patterns } from './patterns.ts'

/** The titles of findings about containers: what is wrong, of which pod. Pure and total. */

type Title = (it: Observation) => string

/** "CrashLoopBackOff: shop/db-0 (exit 1)" */
const looping: Title = ({ subject, pod, evidence = {} }) => {
  const code = Number(evidence['last exit code'])
  const exit = Number.isInteger(code) && Math.abs(code) < 10_000 ? ` (exit ${code})` : ''
  const how = evidence.reason === 'OOMKilled' ? ' (OOMKilled)' : exit
  return pod ? podTitled('CrashLoopBackOff: ', pod, how) : titled('CrashLoopBackOff: ', subject, how)
}

const known: ReadonlyMap<unknown, string> = new Map(
  patterns.flatMap((it) => (it.title ? [[it.name, it.title]] : [])),
)
/** Of a pattern of the settings no more of its name, so that there is room for the pod. */
const longestName = 18

/** "PostgreSQL PANIC (shop/db-0)" */
const says: Title = ({ subject, pod, evidence = {} }) => {
  const what =
    known.get(evidence.pattern) ?? `log: ${printable(String(evidence.pattern ?? 'a pattern'), longestName)}`
  if (!pod) return titled(`${what}: `, subject)
  const closed = podTitled(`${what} (`, pod, ')')
  return closed.endsWith(')') ? closed : podTitled(`${what}: `, pod)
}

export const titles = { looping, says } as const
