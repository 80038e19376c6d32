import type { Incident, Notice, Severity } from '../../model/index.ts'
import { severities } from '../../model/index.ts'
import { named, standing, type Words } from './parts.ts'

type Digest = Extract<Notice, { kind: 'digest' }>

/** How many there are of each severity. */
export const bySeverity = (
  all: readonly Pick<Incident, 'severity'>[],
): Readonly<Record<Severity, number>> => ({
  critical: all.filter((it) => it.severity === 'critical').length,
  warning: all.filter((it) => it.severity === 'warning').length,
  info: all.filter((it) => it.severity === 'info').length,
})

/** "2 critical, 14 warning" */
export const counted = (all: readonly Pick<Incident, 'severity'>[]): string =>
  Object.entries(bySeverity(all))
    .filter(([, many]) => many > 0)
    .map(([severity, many]) => `${many} ${severity}`)
    .join(', ')

/** What is open first, then the gravest, then the newest. */
export const gravestOf = (incidents: readonly Incident[]): readonly Incident[] =>
  incidents.toSorted(
    (a, b) =>
      Number(b.resolved === undefined) - Number(a.resolved === undefined) ||
      severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
      b.since - a.since,
  )

/**
 * What nobody was told of while it was: how many by severity, and a line for each, the gravest first, as only some have
 * room.
 */
export function digestWords(
  { incidents, of, at }: Digest,
  node: string,
): Pick<Words, 'headline' | 'standing' | 'text' | 'lines'> {
  const many = incidents.length
  const over = many === 1 ? '(resolved)' : '(all resolved)'
  const missed = many === 1 ? '1 missed incident' : `${many} missed incidents`
  const ended = of === 'quiet' ? 'in quiet hours' : 'while Murphy could not send here'
  return {
    headline: `${node}: ${of === 'quiet' ? `${many} held back in quiet hours` : missed} ${over}`,
    standing: '',
    text: `${counted(incidents)}. ${many === 1 ? 'It' : 'They'} began and ended ${ended}.`,
    lines: gravestOf(incidents).map((it) => `${named(it)}: ${standing(it, at)}`),
  }
}
