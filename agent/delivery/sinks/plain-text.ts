import { boundedLines, jsonBytes, shorten, wholeLines } from '../../text/lengths.ts'
import { rest, type Words } from './parts.ts'

/**
 * Bytes as encoded in JSON, which is never shorter than the text. Together with the labels they are less than the 4096
 * bytes of a message of ntfy.
 */
const limits = {
  ...{ standing: 100, text: 1000, impact: 600, fix: 1150, avoid: 500, cause: 300, also: 300 },
  ...{ lines: 3600, line: 250 },
}

/**
 * All of a message but its title, in lines: what, impact, fix, prohibitions, cause, what else, since when. Steps and
 * prohibitions are whole; what has no room is counted. At most 4096 bytes as encoded in JSON.
 */
export function plainText(said: Words): string {
  const fit = (text: string, limit: number) => shorten(text, limit, jsonBytes)
  const labelled = (label: string, text: string) => (text ? [`${label}: ${text}`] : [])
  const whole = (all: readonly string[], limit: number) => wholeLines(all, limit, rest, jsonBytes)
  const steps = said.fix.length > 1 ? said.fix.map((it, index) => `${index + 1}. ${it}`) : said.fix
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
    fit(said.standing, limits.standing),
  ]
    .filter(Boolean)
    .join('\n')
}
