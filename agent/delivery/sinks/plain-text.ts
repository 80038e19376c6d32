import { boundedLines, jsonBytes, shorten, wholeLines } from '../../text/lengths.ts'
import { stepOf } from '../../text/steps.ts'
import { rest, type Words } from './parts.ts'

/**
 * Bytes as encoded in JSON, which is never shorter than the text. Together with the labels they are less than the 4096
 * bytes of a message of ntfy.
 */
const limits = {
  ...{ standing: 150, text: 1000, impact: 600, fix: 1150, avoid: 500, cause: 300, also: 300 },
  ...{ lines: 3600, line: 250 },
}

/**
 * All of a message but its title, in lines: what, impact, fix, prohibitions, cause, what else, since when. Steps and
 * prohibitions are whole; what has no room is counted. At most 4096 bytes as encoded in JSON. `step`: how one is written.
 */
export function plainText(said: Words, step: (text: string) => string = (it) => it): string {
  const fit = (text: string, limit: number) => shorten(text, limit, jsonBytes)
  const labelled = (label: string, text: string) => (text ? [`${label}: ${text}`] : [])
  const whole = (all: readonly string[], limit: number) => wholeLines(all, limit, rest(said), jsonBytes)
  const shown = said.fix.map(step)
  const steps = shown.length > 1 ? shown.map((it, index) => `${index + 1}. ${it}`) : shown
  // Beside steps there is less room for lines.
  const isCrowded = said.impact !== '' || steps.length + said.avoid.length > 0
  return [
    fit(said.text, limits.text),
    boundedLines(said.lines, isCrowded ? limits.text : limits.lines, limits.line, jsonBytes),
    ...labelled('Impact', fit(said.impact, limits.impact)),
    ...(steps.length > 0 ? ['Fix', whole(steps, limits.fix)] : []),
    whole(said.avoid, limits.avoid),
    ...labelled('Cause', fit(said.cause, limits.cause)),
    ...labelled('Also affected', fit(said.also, limits.also)),
    fit([said.standing, said.cluster].filter(Boolean).join(' · '), limits.standing),
  ]
    .filter(Boolean)
    .join('\n')
}

/**
 * A step with its command on a line of its own and without backticks, for where these are no markup: a shell would take
 * what is between them for another command.
 */
export function onOwnLine(step: string): string {
  const { before, command, after } = stepOf(step)
  return command === undefined ? step : [before, command, after].filter(Boolean).join('\n')
}
