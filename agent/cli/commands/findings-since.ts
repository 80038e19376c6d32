import { askFor } from '../../api/ask.ts'
import type { Finding } from '../../model/index.ts'
import { lastFindings } from '../../state/last-state.ts'
import { safe } from '../../text/sanitize.ts'
import { Refusal } from './common.ts'
import type { settings } from './settings.ts'

/**
 * Findings that were open at any time since `from`, ms since the epoch: from the daemon, or from the disk without one.
 * Throws a Refusal where there is neither.
 */
export async function findingsSince(
  from: number,
  { socket, stateDir }: Pick<ReturnType<typeof settings>, 'socket' | 'stateDir'>,
): Promise<readonly Finding[]> {
  try {
    return await askFor<Finding[]>(socket, `/v1/history?since=${from}`)
  } catch (error) {
    let left: ReturnType<typeof lastFindings>
    try {
      left = lastFindings(stateDir, from)
    } catch (cause) {
      const why = (cause as Error).message
      throw new Refusal(`Murphy is not running, and its state in ${stateDir} cannot be read: ${why}`, 3, {
        cause,
      })
    }
    if (!left)
      throw new Refusal(`Murphy is not running and left no state in ${stateDir}: ${(error as Error).message}`)
    if (left.lost) process.stderr.write(`agent: ${safe(left.lost)}\n`)
    return left.findings
  }
}
