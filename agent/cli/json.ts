import { timestamp } from '../text/times.ts'

/** Names of the fields that are times, at any depth; all other numbers stay numbers. */
const moments = new Set([
  ...['at', 'now', 'since', 'seen', 'notifyAt', 'resolved'],
  ...['found', 'from', 'to', 'latest'],
  ...['started', 'last', 'next', 'blindSince', 'lastSent', 'until'],
])

/**
 * What `--json` prints: times as ISO 8601 in UTC, as in the webhook, so that nobody has to know which numbers are
 * milliseconds. A finding's `evidence` has its rule's own field names and stays as it is. Total for any JSON value.
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
