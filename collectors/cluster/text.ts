import { many } from '../../agent/text/lists.ts'
import { plain } from '../../agent/text/sanitize.ts'
import { clockUtc } from '../../agent/text/times.ts'
import type { Detail, Pods } from './sample.ts'

/** What a node was when it was heard of last, as sentences. Pure. */

/** Characters of the kubelet's or Murphy's own words. */
const quotedOf = 160

/** "12 pods (shop/db-0, shop/web-1 and 10 more), 2 volumes attached (pvc-1)": what is on it; empty where that is unknown. */
export function contents({
  pods,
  volumes,
  volumeCount,
}: Pick<Detail, 'pods' | 'volumes' | 'volumeCount'>): string {
  const parts = [
    ...(pods && pods.count > 0 ? [`${podCount(pods)}${some(pods.names, pods.count)}`] : []),
    ...(volumeCount > 0
      ? [`${many(volumeCount, 'volume')} attached${some(volumes.map(short), volumeCount)}`]
      : []),
  ]
  return parts.join(', ')
}

/** "12 pods", "50+ pods" */
export const podCount = ({ count, more }: Pick<Pods, 'count' | 'more'>): string =>
  more ? `${count}+ pods` : many(count, 'pod')

function some(names: readonly string[], count: number): string {
  if (names.length === 0) return ''
  const rest = count - names.length
  return ` (${names.map((it) => plain(it, 64)).join(', ')}${rest > 0 ? ` and ${rest} more` : ''})`
}

/** A volume's own name, behind the driver: `kubernetes.io/csi/driver.longhorn.io^pvc-1`. */
const short = (name: string) => name.split(/[\^/]/).at(-1) || name

/** What that node's Murphy wrote last, without its own advice; empty where it writes no conditions. */
export function lastWords({ murphy }: Pick<Detail, 'murphy'>, now: number): string {
  if (!murphy?.message) return ''
  const said = murphy.message.replace(/ ?(\d+ more incidents?\. )?See: `[^`]*` on the node$/, '')
  const when = murphy.heard === undefined ? '' : ` (${clockUtc(murphy.heard, now)})`
  return `Its last word from Murphy${when}: "${plain(said, quotedOf)}".`
}

/** The kubelet's own reason, which it gives as `KubeletNotReady` with a sentence. */
export const kubeletSays = ({ ready }: Pick<Detail, 'ready'>): string =>
  plain(ready?.message || ready?.reason || 'no reason', quotedOf)
