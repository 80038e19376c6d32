/** A step around its command: `On a server: ` and `kubectl …`. Without `command` it is a sentence for people. */
export interface Step {
  readonly before: string
  readonly command?: string
  readonly after: string
}

/**
 * Splits a step at its command, so that it stands by itself, ready to be copied: its only piece in backticks, if that
 * is a program with arguments, or all of the step, or all that follows its colon. Names of files, settings and units in
 * backticks are part of the sentence. Pure and total.
 */
export function stepOf(step: string): Step {
  const [before = '', command = '', after = '', ...others] = step.split('`')
  const isClosed = others.length === 0 && step.split('`').length === 3
  const isLast = /(^|:)\s*$/.test(before) && /^[\s.]*$/.test(after)
  const runs = /^[a-z][\w.+-]*$/.test(command.split(' ')[0] ?? '') && (command.includes(' ') || isLast)
  return isClosed && runs
    ? { before: before.trim(), command, after: after.replace(/^[\s.,:;]+/, '').trim() }
    : { before: step, after: '' }
}
