import type { Letter, Notice, Severity } from '../../model/index.ts'
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

/** What a service that can edit is asked for: the whole of a message, and what becomes of the one before. */
export interface Edited<Message> {
  /** Whether there is a message about it already. */
  readonly exists: boolean
  readonly full: Message
  /** The line a phone shows; of `worse` it points to the message below, of `merged` it says what it is part of. */
  readonly short: Readonly<Record<'resolved' | 'worse' | 'merged', Message>>
  readonly post: (it: Message) => Letter
  readonly edit: (it: Message) => Letter
}

/** The letters of a notice for a service that can edit: one message an incident, and a new one for what has to ring. Pure. */
export function edited<Message>(
  notice: Notice,
  { exists, full, short, post, edit }: Edited<Message>,
): readonly Letter[] {
  const change = changeIn(notice)
  if (!exists) return change === 'merged' ? [] : [post(full)]
  switch (change) {
    case 'grew':
      return [edit(full)]
    case 'worse':
      // What rings goes first. Then the old message is marked, so that it does not look current.
      return [post(full), edit(short[change])]
    case 'merged':
      return [edit(short[change])]
    case 'resolved':
      return [edit(full), post(short[change])]
    default:
      return [post(full)]
  }
}
