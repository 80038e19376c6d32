import { incidents } from '../../core/cascade.ts'
import { historyKept } from '../../core/ledger.ts'
import { parseDuration } from '../../text/durations.ts'
import { renderHistory } from '../render/history.ts'
import { type Exit, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { findingsSince } from './findings-since.ts'
import { answer, formOf, isAtLeast, namesOfAll, type OutputOptions, ofNode, severityOf } from './output.ts'
import { settings } from './settings.ts'

export interface HistoryArguments extends OutputOptions {
  readonly since?: string
}

/** What happened, oldest first: from the daemon, or from the disk without one. */
export async function history(options: HistoryArguments): Promise<Exit> {
  const form = formOf(options)
  const least = severityOf(options)
  const config = settings(options)
  const length = parseDuration(options.since ?? '7d')
  if (length === undefined) throw new Refusal(`--since ${options.since}: use for example 12h or 7d`)
  const now = Date.now()
  const findings = await findingsSince(now - Math.min(length, historyKept), config)
  const rules = allRules()
  const found = incidents(findings, rules, now).filter((it) => isAtLeast(it, least))
  await answer(form, options, {
    data: () => found.map((it) => ofNode(it, config)),
    names: () => namesOfAll(found, false),
    page: (terminal, wide) => renderHistory(found, rules, now, terminal, wide),
  })
  return 0
}
