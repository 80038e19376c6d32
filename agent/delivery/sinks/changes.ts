import type { Notice, Severity } from '../../model/index.ts'
import { severityOfAll } from '../../model/index.ts'

/** What is new, whether the notice is about one incident or several. */
export const changeIn = (it: Notice) => (it.kind === 'several' ? it.change : it.kind)

/** What was told before turned out to follow from something else. */
export const isMerged = (it: Notice): boolean => changeIn(it) === 'merged'

/** What changes a message without a sound: a service that cannot edit is not sent it. */
export const isSilent = (it: Notice): boolean => isMerged(it) || changeIn(it) === 'grew'

/** How grave what it is about is; `info` for a digest and a test. */
export function severityIn(it: Notice): Severity {
  if (it.kind === 'several') return severityOfAll(it.incidents)
  return 'incident' in it ? it.incident.severity : 'info'
}

/** How loud a message has to be: `alarm` for what somebody has to see now, `calm` for what can wait until they look. */
export function loudness(it: Notice): 'alarm' | 'notice' | 'calm' {
  const severity = severityIn(it)
  switch (changeIn(it)) {
    case 'opened':
    case 'worse':
    case 'reminder':
      return severity === 'critical' ? 'alarm' : severity === 'warning' ? 'notice' : 'calm'
    case 'resolved':
      return severity === 'critical' ? 'notice' : 'calm'
    case 'test':
      return 'notice'
    default:
      return 'calm'
  }
}
