import { iso } from '../../../agent/text/times.ts'
import { ownRestarts, startsAnew } from '../../../collectors/pods/boot.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import { longestWait } from '../../../collectors/pods/restarting.ts'
import { nameOf, type Pod, podOf, type Said } from '../cast.ts'
import type { Node } from '../node.ts'
import { profile } from '../profile.ts'
import type { Statement } from '../truth.ts'

const minute = 60_000
/** The defaults of the settings: restarts, window_minutes, hold_minutes. */
const [restarts, window, hold] = [3, 30 * minute, 60 * minute]

/** What the collector of pods says of the node now. */
export const podsSay = (node: Node): readonly Statement[] =>
  node.pods.flatMap((it) => [...looping(node, it), ...said(node, it)])

function looping(node: Node, it: Pod): readonly Statement[] {
  const now = node.time.now()
  const { booted } = node
  // Every pod of the model is there before a boot.
  const byBoot = it.times.find((at) => booted !== undefined && at >= booted && at - booted < startsAnew)
  const times = ownRestarts(it.times, booted, byBoot).filter((at) => now - at < window)
  const starts = booted !== undefined && now - booted < startsAnew
  const { ended } = it
  const down = it.down && !starts && now - (ended?.at ?? 0) < longestWait
  const loops = times.length >= restarts || (down && it.restarts >= restarts)
  if (!loops || !it.loop) return []
  const lines = it.said.filter((one) => now - one.last <= hold)
  const line = lines.find((one) => severityOf(one) === 'critical') ?? lines[0]
  const { early } = profile()
  // collectors/pods/assess.ts: ten minutes without a restart are the end of a loop.
  const bout = times.findLastIndex((one, at) => at === 0 || one - (times[at - 1] ?? 0) >= 10 * 60_000)
  const started = times.at(-1)
  // The end before the last start, and not that start, is what happened.
  const isOf = early && ended && (started === undefined || started - ended.at < longestWait)
  const last = isOf ? ended.at : started
  const began = early
    ? times.length < restarts
      ? ended?.at
      : Math.min(times[bout] ?? now, last ?? now)
    : times[0]
  // The first address in a line that says what was not reached.
  const named = lines.map((one) => addressIn(one.line)).find((one) => 'address' in one)
  const grave = it.namespace === 'kube-system' || (line && severityOf(line) === 'critical')
  const wall = node.wall
  return [
    {
      code: 'pods.crash-looping',
      subject: nameOf(it),
      text: `Started again ${times.length} times in the last 30 min (${it.restarts} in all); it last ended with exit code ${ended?.code}${line ? `. Its log: ${line.says}` : ''}.`,
      ...(grave && { severity: 'critical' as const }),
      pod: podOf(it),
      ...(began !== undefined && { at: wall(began), ...(early && { wellAt: wall(began) }) }),
      ...(last !== undefined && { latest: wall(last) }),
      seen: true,
      past: true,
      evidence: {
        restarts: it.restarts,
        'in the window': times.length,
        ...(ended && { 'last exit code': ended.code, 'last ended': iso(wall(ended.at)) }),
        ...(ended?.reason && { reason: ended.reason }),
        ...(down && { waiting: true }),
        ...(line && { 'log says': line.pattern, says: lines.map((one) => one.pattern).join(' ') }),
        ...named,
      },
      ...it.loop,
    },
  ]
}

const addressIn = (line: string) => {
  const address = /\d+\.\d+\.\d+\.\d+:\d+/.exec(line)?.[0]
  return address === undefined ? {} : { address }
}

const shipped = new Map(patterns.map((it) => [it.name, it]))
const severityOf = ({ pattern }: Said) => shipped.get(pattern)?.severity ?? 'warning'
/** What is silent proves only why a container ends (collectors/pods/patterns/proofs.ts). */
const isSilent = ({ pattern }: Said) => shipped.get(pattern)?.silent === true

function said(node: Node, it: Pod): readonly Statement[] {
  const now = node.time.now()
  const here = it.said.filter((one) => now - one.last <= hold)
  const wal = here.some((one) => one.pattern === 'postgres-wal')
  return here
    .filter((one) => !isSilent(one) && !(wal && one.pattern === 'postgres-killed'))
    .map((one) => ({
      code: 'pods.log-says',
      subject: `${nameOf(it)} ${one.pattern}`,
      severity: severityOf(one),
      text: `${one.says}: "${one.line}" (${one.lines} lines).`,
      ...(one.pattern === 'postgres-wal' && { urgent: true as const }),
      pod: podOf(it),
      at: node.wall(one.first),
      latest: node.wall(one.last),
      ...(profile().early && { wellAt: node.wall(one.first) }),
      seen: true,
      past: true as const,
      evidence: {
        pattern: one.pattern,
        lines: one.lines,
        last: iso(node.wall(one.last)),
        ...addressIn(one.line),
      },
      by: one.by,
      after: one.after,
    }))
}
