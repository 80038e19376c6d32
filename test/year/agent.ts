import { allRules } from '../../agent/cli/commands/explain.ts'
import { defaults } from '../../agent/config/defaults.ts'
import { onlooker } from '../../agent/core/onlooker.ts'
import type { Host, Notice, WakeEvent } from '../../agent/model/index.ts'
import { collectors } from '../../collectors/index.ts'

const day = 24 * 3600_000
const settings = new Map(collectors.map((it) => [it.name, defaults(it.settings)]))

/** Murphy without its daemon on a node of its own, for one sink that takes all it is told. */
export function agentOn(host: Host) {
  const it = onlooker({
    ...{ collectors, rules: allRules(), settingsOf: (name) => settings.get(name) ?? {} },
    ...{ node: 'node1', since: host.now(), min: 'warning', remind: day },
  })
  let rounds = 0
  const notices: Notice[] = []
  const seen = new Map<string, string>()
  return {
    async look(name: string, heard: readonly WakeEvent[] = []) {
      rounds += 1
      notices.push(...(await it.look(name, host, heard)))
      for (const { code, text } of it.ledger()) if (!seen.has(code)) seen.set(code, text)
    },
    settle: () => notices.push(...it.settle(host.now())),
    /** Everything that was told, in order. */
    notices: () => notices,
    rounds: () => rounds,
    /** Every code that was ever found, with the first text. */
    found: () => seen,
    /** The collectors of findings whose patience is over and that a look has to confirm. */
    wanted: () => it.wanted(host.now()),
    /** When the next patience ends. */
    nextNotifyAt: () => it.nextDue(host.now()),
    open: () => it.ledger().filter((one) => one.resolved === undefined),
  }
}
