import { incidents } from '../../core/cascade.ts'
import { historyKept } from '../../core/ledger.ts'
import { parseDuration } from '../../text/durations.ts'
import { renderHistory } from '../render/history.ts'
import { type Exit, print, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { findingsSince } from './findings-since.ts'
import {
  dataText,
  formOf,
  here,
  isAtLeast,
  namesOfAll,
  type OutputOptions,
  severityOf,
  show,
} from './output.ts'
import { settings } from './settings.ts'

export interface HistoryArguments extends OutputOptions {
  readonly since?: string
}

/** What happened, oldest first: from the daemon, or from the disk without one. */
export async function history(options: HistoryArguments): Promise<Exit> {
  const form = formOf(options)
  const least = severityOf(options)
  const { socket, stateDir } = settings(options)
  const length = parseDuration(options.since ?? '7d')
  if (length === undefined) throw new Refusal(`--since ${options.since}: right is for example 12h or 7d`)
  const now = Date.now()
  const findings = await findingsSince(now - Math.min(length, historyKept), { socket, stateDir })
  const rules = allRules()
  const found = incidents(findings, rules, now).filter((it) => isAtLeast(it, least))
  if (form === 'json' || form === 'yaml') print(await dataText(form, found))
  else if (form === 'name') print(namesOfAll(found, false))
  else {
    const terminal = here(options)
    show(renderHistory(found, rules, now, terminal, form === 'wide'), terminal)
  }
  return 0
}
