import { join } from 'node:path'
import t from 'tap'
import { defaults } from '../agent/config/defaults.ts'
import { step } from '../agent/core/ledger.ts'
import { round } from '../agent/core/round.ts'
import { recordedNode } from '../agent/host/replay.ts'
import type { Collector, Host, Sample } from '../agent/model/index.ts'
import { collectors } from '../collectors/index.ts'
import { crowded } from './crowded.ts'

/** What is open after a look at the node, and after the next, when there is more of everything than a look takes in. */
async function twoLooks(it: Collector, host: Host, settings = defaults(it.settings)) {
  const first = await round(it, settings as never, host, { heard: [] })
  const before = step([], first, host.now())
  const past = { sample: first.sample as Sample, at: host.now(), heard: [] }
  const second = await round(it, settings as never, crowded(host), past)
  const after = step(before, second, host.now() + 1)
  const third = await round(
    it,
    settings as never,
    crowded(host),
    second.sample ? { ...past, sample: second.sample } : past,
  )
  return { first, second, before, after: step(after, third, host.now() + 2) }
}

const nodes = [
  'healthy',
  'cni0-deleted',
  'flannel.1-deleted',
  'flush-535',
  'oom-kills',
  'restart-after-flush',
]

for (const it of collectors as readonly Collector[])
  t.test(`${it.name}: what is left out for want of room is not over`, async (t) => {
    for (const name of nodes) {
      const host = recordedNode(join(import.meta.dirname, 'nodes', name))
      const { first, second, before, after } = await twoLooks(it, host)
      t.equal(first.error, undefined, `${name}: seen`)
      t.equal(second.error, undefined, `${name}: seen among many others`)
      const over = after
        .filter((one) => one.resolved !== undefined)
        .map((one) => `${one.code} ${one.subject}`)
      const blind = `${it.name}.blind`
      t.same(
        over.filter((one) => !one.startsWith(blind)),
        [],
        `${name}: nothing is over`,
      )
      // Copies of what is broken are broken too.
      const known = new Set(before.map((one) => one.code))
      const invented = after.filter((one) => one.severity === 'critical' && !known.has(one.code))
      t.same(
        invented.map((one) => `${one.code} ${one.subject}`),
        [],
        `${name}: and nothing critical is invented`,
      )
      t.ok(
        JSON.stringify(second.sample).length < 512 * 1024,
        `${name}: and it stays small (${JSON.stringify(second.sample).length})`,
      )
    }
  })
