import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { look } from '../../agent/cli/commands/check.ts'
import { allRules } from '../../agent/cli/commands/explain.ts'
import { defaults } from '../../agent/config/defaults.ts'
import { incidents } from '../../agent/core/cascade.ts'
import { step } from '../../agent/core/ledger.ts'
import { recordedNode } from '../../agent/host/replay.ts'
import type { Incident, Observation } from '../../agent/model/index.ts'
import { collectors } from '../../collectors/index.ts'

/** What Murphy says: of every recorded node, and of single observations. */
const folder = join(import.meta.dirname, '../nodes')
const settings = new Map(collectors.map((it) => [it.name, defaults(it.settings)]))

export interface Recorded {
  readonly node: string
  readonly incidents: readonly Incident[]
}

/** The incidents of the recorded nodes in `test/nodes`. */
export async function recorded(): Promise<readonly Recorded[]> {
  const all: Recorded[] = []
  for (const it of readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory())) {
    const host = recordedNode(join(folder, it.name))
    const seen = await look(host, host.node, (name) => ({
      enabled: true,
      every: '',
      settings: settings.get(name) ?? {},
    }))
    all.push({ node: it.name, incidents: seen.incidents })
  }
  return all
}

/** The incident of one observation by itself. */
export function incidentOf(it: Observation, at = Date.UTC(2026, 10, 29, 3, 12)): Incident {
  const rules = allRules()
  const [incident] = incidents(step([], { rules, observations: [it] }, at), rules, at)
  if (!incident) throw new Error(`${it.code}: no rule has this code`)
  return incident
}

export const findingsOf = ({ cause, affected }: Incident) => [cause, ...affected]
