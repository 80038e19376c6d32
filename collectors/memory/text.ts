import { many } from '../../agent/text/lists.ts'
import { clock } from '../../agent/text/times.ts'

/** "3 kills since 03:12, last 03:40 UTC". */
export function times({
  kills,
  first,
  last,
}: {
  readonly kills: number
  readonly first: number
  readonly last: number
}): string {
  const [begun, ended] = [clock(first, last), clock(last, last)]
  const when = begun === ended ? `at ${ended}` : `since ${begun}, last ${ended}`
  return `${many(kills, 'kill')} ${when} UTC`
}
