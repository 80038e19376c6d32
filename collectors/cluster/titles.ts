import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { countIn, titled } from '../../agent/text/titles.ts'
import { podCount } from './text.ts'

/** "no other node reports (3 nodes)", "no other server answers (2)". Pure and total. */
export function cutOffTitle({ evidence }: Observation): string {
  const count = countIn(evidence, 'nodes')
  const what = evidence?.state === 'servers' ? 'server' : 'node'
  const verb = what === 'server' ? 'answers' : 'reports'
  return titled(
    `no other ${what} ${verb}`,
    '',
    count === undefined ? '' : ` (${what === 'server' ? count : many(count, what)})`,
  )
}

/** "node lost: node2 (12 pods)". Pure and total. */
export function lostTitle({ subject, evidence }: Observation): string {
  if (evidence?.state === 'silent') return titled('not answering: ', subject, ' (:6443)')
  if (evidence?.state === 'not-ready') return titled('NotReady: ', subject, ' (kubelet alive)')
  if (evidence?.state === 'stopped') return titled('k3s stopped: ', subject, ' (NotReady)')
  const count = countIn(evidence, 'pods')
  if (count === undefined || count === 0) return titled('node lost: ', subject, ' (NotReady)')
  return titled(
    'node lost: ',
    subject,
    ` (${podCount({ count, ...(evidence?.more === true && { more: true }) })})`,
  )
}
