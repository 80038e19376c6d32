import { timestamp } from '../text/times.ts'

/** The fields that are moments, wherever they stand; all other numbers are what their names say. */
const moments = new Set([
  ...['at', 'now', 'since', 'seen', 'notifyAt', 'resolved'],
  ...['started', 'last', 'next', 'blindSince', 'told', 'until'],
])

/**
 * What `--json` prints: moments as ISO 8601 in UTC, as in the webhook, so that nobody has to know which numbers are
 * milliseconds. The evidence of a finding is its rule's own and stays as it is. Total for anything that is JSON.
 */
export function jsonText(value: unknown): string {
  const evidence = new Set<unknown>()
  const text = JSON.stringify(
    value,
    function (this: unknown, key: string, it: unknown) {
      if (key === 'evidence') evidence.add(it)
      return typeof it === 'number' && moments.has(key) && !evidence.has(this) ? timestamp(it) : it
    },
    2,
  )
  return `${text}\n`
}
