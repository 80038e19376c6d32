import { incidents } from '../../core/cascade.ts'
import { historyKept } from '../../core/ledger.ts'
import { parseDuration } from '../../text/durations.ts'
import { terminalOf } from '../../text/terminal.ts'
import { jsonText } from '../json.ts'
import { renderHistory } from '../render/history.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { findingsSince } from './findings-since.ts'
import { settings } from './settings.ts'

export interface HistoryArguments extends Common {
  readonly since?: string
  readonly json?: boolean
}

/** What happened, oldest first: from the daemon, or from the disk without one. */
export async function history(options: HistoryArguments): Promise<Exit> {
  const { socket, stateDir } = settings(options)
  const length = parseDuration(options.since ?? '7d')
  if (length === undefined) throw new Refusal(`--since ${options.since}: right is for example 12h or 7d`)
  const now = Date.now()
  const findings = await findingsSince(now - Math.min(length, historyKept), { socket, stateDir })
  const rules = allRules()
  const found = incidents(findings, rules, now)
  print(
    options.json
      ? jsonText(found)
      : renderHistory(found, rules, now, terminalOf(process.stdout, process.env)),
  )
  return 0
}
