import { defaults } from '../../agent/config/defaults.ts'
import type { Ledger } from '../../agent/core/ledger.ts'
import { step } from '../../agent/core/ledger.ts'
import type { Store } from '../../agent/state/store.ts'
import { collectors } from '../../collectors/index.ts'
import { part } from './kind.ts'
import { looked } from './looks.ts'
import { hostOf, worldOf } from './world.ts'

/** The recorded node whose state is remembered. */
const node = 'flush-535'
export const { at } = worldOf(node)

/** Fills a store as a daemon would that has looked at a node in trouble, and told of it. */
export async function remember(store: Store): Promise<void> {
  const host = hostOf([part('node', node)])
  let ledger: Ledger = []
  for (const it of collectors) {
    const outcome = await looked(it, host, { heard: [] })
    if (!outcome?.sample) continue
    ledger = step(ledger, outcome, at)
    store.saveSample(it.name, outcome.sample, at, true)
    for (let minute = 0; minute < 30; minute += 1)
      store.addPoints(at - minute * 60_000, {
        [`${it.name}.a`]: minute,
        ...Object.fromEntries(
          Object.entries(it.series?.(outcome.sample as never) ?? {}).map(([key, value]) => [
            `${it.name}.${key}`,
            value,
          ]),
        ),
      })
  }
  store.saveLedger(ledger.map((it, index) => (index % 5 === 4 ? { ...it, resolved: at } : it)))
  for (const sink of ['discord', 'ntfy', 'webhook']) {
    store.sinkSince(sink, at - 3600_000)
    store.note(
      sink,
      ledger.slice(0, 20).map((it, index) => ({
        incident: it.id,
        severity: it.severity,
        findings: [it.id],
        lead: it.id,
        at,
        reminded: at,
        receipt: `${1_100_000_000_000_000_000n + BigInt(index)}`,
        ...(index % 3 === 0 && { resolved: at }),
      })),
    )
  }
  store.silence({ id: 'certs', what: 'certs', since: at - 1000, until: at + 3600_000, why: 'work' })
  store.keep('firewall', { about: { why: 'changed', rules: 188 }, body: Buffer.from('{"rules":[]}') }, at)
  store.tidy(at)
}

export const settingsOf = (name: string) =>
  defaults(collectors.find((it) => it.name === name)?.settings ?? {})
