import type { Notice } from '../../model/index.ts'
import { leadOf } from '../../model/index.ts'
import { line } from '../../text/sanitize.ts'
import { messageClock } from '../../text/times.ts'
import { avoids, follows, limits, named, prefix, standing, steps, type Words } from './parts.ts'
import { severalWords } from './several.ts'

/** The parts of a notice. Pure and total, whatever the texts hold. Each is one line without control characters. */
export function words(notice: Notice): Words {
  const node = line(notice.node, limits.node)
  const none = { tone: 'info', text: '', cause: '', impact: '', fix: [], avoid: [], lines: [] } as const
  if (notice.kind === 'test')
    return {
      ...none,
      headline: `${node}: a test from Murphy`,
      standing: `sent ${messageClock(notice.at, notice.at)}`,
      text: 'Nothing is wrong. What Murphy finds on this node will be told here.',
    }
  if (notice.kind === 'digest') {
    const many = notice.incidents.length
    return {
      ...none,
      headline: `${node}: ${many === 1 ? 'an incident' : `${many} incidents`} came and went untold`,
      standing: 'over by now',
      text: 'This is what happened while you could not be told here.',
      lines: notice.incidents.map((it) => `${named(it)}: ${standing(it, notice.at)}`),
    }
  }
  if (notice.kind === 'several') return severalWords(notice, node)
  const { incident } = notice
  const over = incident.resolved !== undefined
  return {
    headline: `${prefix[notice.kind]}${node}: ${named(incident)}`,
    standing: standing(incident, notice.at),
    tone: over ? 'resolved' : incident.severity,
    text: line(leadOf(incident).text, limits.text),
    cause: over ? '' : line(incident.why?.text ?? '', limits.cause),
    impact: over ? '' : line(follows(incident), limits.impact),
    fix: over ? [] : steps(incident),
    avoid: over ? [] : avoids(incident),
    lines: [],
    code: line(leadOf(incident).code, limits.title),
  }
}
