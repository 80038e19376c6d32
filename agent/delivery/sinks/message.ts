import type { Notice } from '../../model/index.ts'
import { leadOf } from '../../model/index.ts'
import { underName } from '../../text/own-name.ts'
import { line } from '../../text/sanitize.ts'
import { messageClock } from '../../text/times.ts'
import { digestWords } from './digest.ts'
import { alsoAffected, avoids, limits, named, prefix, standing, steps, type Words } from './parts.ts'
import { severalWords } from './several.ts'
import { weeklyWords } from './weekly.ts'

/** The parts of a notice. Pure and total, whatever the texts hold. Each is one line without control characters. */
export function words(notice: Notice): Words {
  const { command, cluster } = notice
  const own = wordsOf(notice)
  const said = {
    ...own,
    text: [own.text, instead(notice)].filter(Boolean).join(' '),
    ...(cluster !== undefined && { cluster: `cluster ${line(cluster, limits.cluster)}` }),
  }
  if (command === undefined) return said
  const named = (text: string) => underName(text, command)
  return {
    ...said,
    ...{ text: named(said.text), impact: named(said.impact), command },
    ...{ fix: said.fix.map(named), avoid: said.avoid.map(named), lines: said.lines.map(named) },
  }
}

/** Why it comes here, where it usually does not. */
function instead({ insteadOf, at }: Notice): string {
  if (!insteadOf) return ''
  const { names, since, refused } = insteadOf
  const all = line(names.join(' and '), limits.subject)
  const what = `${names.length === 1 ? 'has' : 'have'} ${refused ? 'not taken this' : 'failed'}`
  return `Sent here because ${all} ${what} since ${messageClock(since, at)}.`
}

function wordsOf(notice: Notice): Words {
  const node = line(notice.node, limits.node)
  const none: Omit<Words, 'headline' | 'standing'> = {
    ...{ tone: 'info', text: '', cause: '', impact: '', also: '', fix: [], avoid: [], lines: [] },
  }
  if (notice.kind === 'test')
    return {
      ...none,
      headline: `${node}: test message`,
      standing: `sent ${messageClock(notice.at, notice.at)}`,
      text: "This is a test. Murphy's findings on this node will arrive here.",
    }
  if (notice.kind === 'digest') return { ...none, ...digestWords(notice, node) }
  if (notice.kind === 'weekly') return { ...none, ...weeklyWords(notice, node) }
  if (notice.kind === 'several') return severalWords(notice, node)
  const { incident } = notice
  const lead = leadOf(incident)
  const over = incident.resolved !== undefined
  const lasted = (incident.resolved ?? notice.at) - incident.since
  return {
    headline: `${node}: ${prefix(notice.kind, lasted)}${named(incident)}`,
    standing: standing(incident, notice.at),
    since: incident.since,
    tone: over ? 'resolved' : incident.severity,
    // Written while it was so: it is quoted, not said again.
    text: `${over ? 'Reported: ' : ''}${line(lead.text, limits.text)}`,
    impact: over ? '' : line(lead.impact, limits.impact),
    fix: over ? [] : steps(incident),
    avoid: over ? [] : avoids(incident),
    cause: over ? '' : line(incident.why?.text ?? '', limits.cause),
    also: over ? '' : alsoAffected(incident),
    lines: [],
    code: line(lead.code, limits.title),
  }
}
