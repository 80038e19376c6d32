import type { Wants } from './book.ts'
import type { Asked } from './door.ts'
import { farewell } from './events.ts'
import { healthyType } from './names.ts'
import { timeText } from './patch.ts'
import { asTrial, createEvent, patchStatus, type Request, readNode } from './requests.ts'

/**
 * Asks for all that would be written, each with dryRun=All: authorizer, admission and validation answer as always, and
 * nothing is kept (Kubernetes API concepts, "dry-run"). True, or the first refusal.
 */
export async function trial(
  node: string,
  wants: Wants,
  ask: (request: Request) => Promise<Asked>,
  now: number,
): Promise<true | string> {
  const at = timeText(now)
  const condition = {
    ...{ type: healthyType, status: 'Unknown', reason: 'Trial', message: 'A trial.' },
    ...{ lastHeartbeatTime: at, lastTransitionTime: at },
  }
  const requests = [
    readNode(node),
    ...(wants.conditions ? [asTrial(patchStatus(node, { conditions: [condition], remove: [] }))] : []),
    ...(wants.events ? [asTrial(createEvent(node, undefined, farewell('stopped', now)))] : []),
  ]
  for (const request of requests) {
    const { meaning } = await ask(request)
    if (meaning.kind !== 'done') return meaning.why
  }
  return true
}
