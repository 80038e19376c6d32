import type { Outcome } from '../core/round.ts'
import type { Finding } from '../model/index.ts'
import { shortSubject } from '../text/kinds.ts'
import type { Log } from './log.ts'

/** Logs a failing collector when it begins to fail, not each round. */
export function reportRound(log: Log, before: Outcome | undefined, now: Outcome): void {
  const { collector, took, error } = now
  if (error !== undefined && before?.error === undefined)
    log.warn(
      { collector, error },
      `${collector}: the check failed: ${error instanceof Error ? error.message : String(error)}`,
    )
  else log.debug({ collector, took }, `${collector}: checked`)
}

/** Logs findings that are new or resolved. Without sinks the log is the only place where they are reported. */
export function reportFindings(log: Log, before: readonly Finding[], after: readonly Finding[]): void {
  const known = new Map(before.map((it) => [it.id, it]))
  for (const it of after) {
    const last = known.get(it.id)
    const fields = { code: it.code, subject: it.subject, severity: it.severity }
    if (!last && it.resolved === undefined)
      log[it.severity === 'info' ? 'info' : 'warn'](fields, `${it.severity}: ${named(it)}: ${it.text}`)
    else if (last?.resolved === undefined && it.resolved !== undefined)
      log.info(fields, `resolved: ${named(it)}`)
  }
}

/** What it is and of what, which the title may have said. */
const named = ({ title, subject }: Finding) =>
  title.includes(shortSubject(subject)) ? title : `${title} (${subject})`
