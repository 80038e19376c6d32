import { askFor } from '../../api/ask.ts'
import { incidents } from '../../core/cascade.ts'
import { historyKept } from '../../core/ledger.ts'
import type { Finding } from '../../model/index.ts'
import { lastFindings } from '../../state/last-state.ts'
import { parseDuration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { terminalOf } from '../../text/terminal.ts'
import { jsonText } from '../json.ts'
import { renderHistory } from '../render/history.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { allRules } from './explain.ts'
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
  const from = now - Math.min(length, historyKept)
  let findings: readonly Finding[]
  try {
    findings = await askFor<Finding[]>(socket, `/v1/history?since=${from}`)
  } catch (error) {
    let left: ReturnType<typeof lastFindings>
    try {
      left = lastFindings(stateDir, from)
    } catch (cause) {
      const why = (cause as Error).message
      throw new Refusal(`there is no running agent, and the state in ${stateDir} cannot be read: ${why}`, 3, {
        cause,
      })
    }
    if (!left)
      throw new Refusal(`there is no running agent and no state in ${stateDir}: ${(error as Error).message}`)
    if (left.lost) process.stderr.write(`agent: ${safe(left.lost)}\n`)
    findings = left.findings
  }
  const rules = allRules()
  const found = incidents(findings, rules, now)
  print(
    options.json
      ? jsonText(found)
      : renderHistory(found, rules, now, terminalOf(process.stdout, process.env)),
  )
  return 0
}
