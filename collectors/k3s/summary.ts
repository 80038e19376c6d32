import { duration } from '../../agent/text/durations.ts'
import { many } from '../../agent/text/lists.ts'
import { size } from '../../agent/text/sizes.ts'
import { exactMoment } from '../../agent/text/times.ts'
import type { Disk, K3sSample } from './sample.ts'

/** "k3s server v1.33.1+k3s1, up 12 d; api and kubelet well; disk 41 %, sqlite 38 MiB". Pure. */
export function summary(
  { had, k3s, version, doubted, gone, answers = {}, node, servers = [], disks = [], datastore }: K3sSample,
  now: number,
): string {
  if (!k3s)
    return had
      ? `no k3s any more: ${had.what} was last seen ${exactMoment(had.at)}`
      : 'no k3s on this machine'
  const name = [k3s.distribution, k3s.role, ...(version ? [version] : [])].join(' ')
  const { running } = k3s
  const up = running
    ? running.since > 0
      ? `up ${duration(now - running.since)}`
      : 'running'
    : doubted
      ? 'not known to run'
      : `not running${gone === undefined ? '' : ` since ${exactMoment(gone)}`}`
  const parts = Object.entries(answers)
  const well = parts.filter(([, it]) => it.well).map(([part]) => part)
  const ill = parts.filter(([, it]) => !it.well).map(([part]) => part)
  const health = [
    ...(well.length > 0 ? [`${well.join(', ')} well`] : []),
    ...(ill.length > 0 ? [`${ill.join(', ')} NOT well`] : []),
    ...(node && !node.stale && (!node.ready || node.pressures.length > 0)
      ? [[...(node.ready ? [] : ['NotReady']), ...node.pressures].join(', ')]
      : []),
  ]
  const fullest = disks.reduce<Disk | undefined>(
    (most, it) => (!most || it.used > most.used ? it : most),
    undefined,
  )
  const rest = [
    ...(fullest ? [`disk ${fullest.used} %`] : []),
    ...(datastore ? [`${datastore.kind} ${size(datastore.size + datastore.log)}`] : []),
    ...(servers.length > 0 ? [many(servers.length, 'server')] : []),
  ]
  return [
    `${name}, ${up}`,
    ...(running && health.length > 0 ? [health.join(', ')] : []),
    ...(rest.length > 0 ? [rest.join(', ')] : []),
  ].join('; ')
}
