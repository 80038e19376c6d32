import type { Notice } from '../../model/index.ts'
import { severityOfAll } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { many } from '../../text/lists.ts'
import { line } from '../../text/sanitize.ts'
import { messageClock } from '../../text/times.ts'
import { counted, gravestOf } from './digest.ts'
import { limits, named, standing, type Words } from './parts.ts'

type Weekly = Extract<Notice, { kind: 'weekly' }>

/** So much of each fits on a phone. */
const most = { incidents: 5, deadlines: 5, unseen: 3 }

/** The parts of a digest of the week: short enough for a phone. */
export function weeklyWords(
  { incidents, deadlines, unseen, versions, from, at }: Weekly,
  node: string,
): Pick<Words, 'headline' | 'standing' | 'text' | 'lines' | 'tone'> {
  const open = incidents.filter((it) => it.resolved === undefined)
  const rest = (all: readonly unknown[], shown: number, what: string) =>
    all.length > shown ? [`and ${all.length - shown} more ${what}`] : []
  const what =
    incidents.length > 0
      ? `${many(incidents.length, 'incident')}${open.length > 0 ? `, ${open.length} open` : ', all resolved'}`
      : unseen.length > 0
        ? 'no incident, but not everything is seen'
        : 'all well'
  return {
    headline: `${node}: week: ${what}`,
    standing: `since ${messageClock(from, at)}`,
    tone: open.length > 0 ? severityOfAll(open) : unseen.length > 0 ? 'warning' : 'resolved',
    text: incidents.length > 0 ? `${counted(incidents)}.` : '',
    lines: [
      ...gravestOf(incidents)
        .slice(0, most.incidents)
        .map((it) => `${named(it)}: ${standing(it, at)}`),
      ...rest(incidents, most.incidents, 'incidents: `agent history`'),
      ...deadlines
        .slice(0, most.deadlines)
        .map((it) => `${within(it.at, at, it.confidence)}: ${line(it.what, limits.subject)}`),
      ...rest(deadlines, most.deadlines, 'deadlines: `agent status`'),
      ...unseen.slice(0, most.unseen).map((it) => `Not seen: ${line(it, limits.subject)}`),
      ...rest(unseen, most.unseen, 'not seen: `agent doctor`'),
      line(versions, 2 * limits.subject),
    ].filter(Boolean),
  }
}

/** "In 45 d", "Expired", "In about 12 d" of a forecast. */
function within(end: number, at: number, confidence = 'date'): string {
  const dated = confidence === 'date'
  if (end <= at) return dated ? 'Expired' : 'Used up'
  return `In ${dated ? '' : 'about '}${duration(end - at)}`
}
