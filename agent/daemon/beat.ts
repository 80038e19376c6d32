import { exitCode, overall, type Snapshot } from '../api/snapshot.ts'
import { silencing } from '../core/silence.ts'
import { type Beat, type HeartbeatReport, leadOf } from '../model/index.ts'
import { many } from '../text/lists.ts'
import { line } from '../text/sanitize.ts'

/** Characters: what services show of it in a list. */
const longest = 200

/**
 * What a heartbeat says of a node. What fails is only what the sinks would tell by now, not what may pass by itself and
 * what somebody knows of. Pure and total, as titles are hostile.
 */
export function beatOf(it: Snapshot, kind: Beat['kind'], report: HeartbeatReport): Beat {
  const { node, cluster, state, agent } = it
  const open = it.incidents.filter((one) => one.resolved === undefined && one.severity !== 'info')
  const [first] = open
  const told = open.filter((one) => one.notifyAt <= it.at && !silencing(it.silences, one, it.at))
  const judged = overall(told, it.collectors)
  const more = open.length > 1 ? `; ${open.length - 1} more open` : ''
  const looking = it.collectors.filter((one) => one.state !== 'off').length
  const said = {
    alive: first
      ? `${first.severity}: ${line(leadOf(first).title, longest / 2)}${more}`
      : `${state === 'ok' ? 'all well' : state}, ${many(looking, 'check')}`,
    start: `Murphy ${agent.version} starts`,
    stop: `Murphy ${agent.version} stops`,
    test: 'test by agent doctor',
  }
  return {
    ...{ kind, node },
    ...(cluster !== undefined && { cluster }),
    exit: report === 'alive' ? 0 : exitCode(judged),
    fails: report !== 'alive' && judged === 'critical',
    took: Math.max(0, ...it.collectors.map(({ took = 0 }) => took)),
    text: line(`${node}${cluster === undefined ? '' : ` (${cluster})`}: ${said[kind]}`, longest),
  }
}
