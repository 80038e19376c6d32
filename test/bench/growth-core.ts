import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allRules } from '../../agent/cli/commands/explain.ts'
import { incidents } from '../../agent/core/cascade.ts'
import { step } from '../../agent/core/ledger.ts'
import { plan, recordSent } from '../../agent/core/plan.ts'
import { webhook } from '../../agent/delivery/sinks/webhook.ts'
import type { Incident, Observation } from '../../agent/model/index.ts'
import { openStore } from '../../agent/state/store.ts'
import { hour, second } from '../../agent/text/times.ts'
import type { Subject } from './growth.ts'
import { cpuIn } from './measure.ts'

/** What comes after looking: the ledger, causes, and what each sink is due. */
const rules = allRules()
const policy = { min: 'info', remind: 24 * hour, since: 0, most: 1000 } as const

/** Kills in pods, and the crash loop of each. */
const observed = (count: number): readonly Observation[] =>
  Array.from({ length: count }, (_, at) => ({
    code: at % 2 === 0 ? 'memory.oom-killed' : 'pods.crash-looping',
    subject: `shop/web-${Math.floor(at / 2)}/app`,
    text: 'It was killed at its limit.',
  }))

const at = Date.parse('2026-11-30T12:00:00Z')
const incidentsOf = (count: number): readonly Incident[] =>
  incidents(step([], { rules, observations: observed(count) }, at), rules, at + hour)

async function tellAll(sinks: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-bench-'))
  const store = openStore(folder, at)
  const open = incidentsOf(4)
  try {
    let round = 0
    return await cpuIn(() => {
      round += 1
      const now = at + hour + round * second
      for (let index = 0; index < sinks; index += 1) {
        // A sink that knows nothing yet, each time.
        const name = `sink-${round}-${index}`
        for (const notice of plan(open, store.told(name), policy, 'node1', now)) {
          webhook.compose(notice, { url: 'http://127.0.0.1/hook' })
          store.note(name, recordSent(store.told(name), notice, undefined, now))
        }
      }
    })
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

export const coreSubjects: readonly Subject[] = [
  {
    ...{ of: 'core', work: 'findings', common: 4 },
    cost: (count) => {
      const observations = observed(count)
      const ledger = step([], { rules, observations }, at)
      return cpuIn(() => {
        const next = step(ledger, { rules, observations }, at + second)
        plan(incidents(next, rules, at + hour), [], policy, 'node1', at + hour)
      })
    },
  },
  { of: 'core', work: 'sinks', common: 1, cost: tellAll },
]
