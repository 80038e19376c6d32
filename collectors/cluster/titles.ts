import type { Observation } from '../../agent/model/index.ts'
import { countIn, titled } from '../../agent/text/titles.ts'
import { podCount } from './text.ts'

/** "node lost: node2 (12 pods)". Pure and total. */
export function lostTitle({ subject, evidence }: Observation): string {
  if (evidence?.state === 'silent') return titled('not answering: ', subject, ' (:6443)')
  if (evidence?.state === 'not-ready') return titled('NotReady: ', subject, ' (kubelet alive)')
  const count = countIn(evidence, 'pods')
  if (count === undefined || count === 0) return titled('node lost: ', subject, ' (NotReady)')
  return titled(
    'node lost: ',
    subject,
    ` (${podCount({ count, ...(evidence?.more === true && { more: true }) })})`,
  )
}
