import type { Host, Past } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import { rulesWhole } from './dump/whole.ts'
import { artifact } from './history/kept-rules.ts'
import { remember } from './history/remember.ts'
import { snapshotDue } from './history/snapshots.ts'
import { look } from './look.ts'
import type { FirewallSample } from './sample.ts'

/** One collector run: read, remember, and save the complete rules when a snapshot is due. */
export async function collect(host: Host, past: Past<FirewallSample>): Promise<FirewallSample> {
  const before = past.sample
  const seen = await look(host, before)
  const { sample, snapshot } = remember(past, seen)
  const due = past.keep && snapshotDue(before?.kept, snapshot)
  const body = due && (await orNothing(rulesWhole(host, sample.sets)))
  if (body) past.keep?.(artifact(due.about, body))
  const kept = body ? due.kept : before?.kept
  return { ...sample, ...(kept && { kept }) }
}
