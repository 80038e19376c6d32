import type { Severity, Terminal, View } from '../model/index.ts'
import { duration } from './durations.ts'
import { paint, type Style, wrap } from './terminal.ts'
import { namesSubject } from './titles.ts'

/** Parts that the pages of all collectors share. Pure. */

const colors: Readonly<Record<Severity, Style>> = { info: 'cyan', warning: 'yellow', critical: 'red' }

/** "WARNING 9 k3s certs expire in 7 d. …", wrapped, with the first word in the colour of its severity. */
export function severityText(
  severity: Severity,
  text: string,
  terminal: Terminal,
  indent: number,
  hanging: number,
): string {
  const word = severity.toUpperCase()
  const wrapped = wrap(terminal, `${word} ${text}`, indent, hanging)
  return (
    wrapped.slice(0, indent) + paint(terminal, colors[severity], word) + wrapped.slice(indent + word.length)
  )
}

/** The findings, one paragraph each, with the subject where neither title nor text names it, and where the steps are. */
export const findingLines = (
  { findings }: Pick<View, 'findings'>,
  terminal: Terminal,
  indent = 0,
): readonly string[] =>
  findings.map((it) => {
    const { severity, title, subject, text, code } = it
    const about = namesSubject(title, it) || text.includes(subject) ? '' : ` (${subject})`
    const all = `${title}${about}. ${text} More: \`agent explain ${code}\``
    return severityText(severity, all, terminal, indent, indent + 2)
  })

/** What could not be seen, one paragraph each, and one for all that is missing from a recording. */
export function unseenLines({ unseen }: Pick<View, 'unseen'>, terminal: Terminal): readonly string[] {
  const unrecorded = unseen.filter((it) => it.unrecorded).map((it) => it.what)
  return [
    ...unseen.filter((it) => !it.unrecorded).map((it) => wrap(terminal, `Not seen: ${it.why}`, 2, 4)),
    ...(unrecorded.length > 0 ? [wrap(terminal, `Not recorded: ${unrecorded.join(', ')}`, 2, 4)] : []),
  ]
}

/** "12 s ago", and for a round of the command's own, that no agent runs. */
export const ageText = ({ now, at, source, problem }: Pick<View, 'now' | 'at' | 'source' | 'problem'>) =>
  `${duration(now - at)} ago${source === 'look' && problem ? ', own check: Murphy is not running' : ''}`
