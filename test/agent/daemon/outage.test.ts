import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { incidents } from '../../../agent/core/cascade.ts'
import { plan, recordSent } from '../../../agent/core/plan.ts'
import { deliver } from '../../../agent/delivery/postman.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'
import type { Sink } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { webhookReceiver } from '../../receivers/webhook.ts'
import { finding, rule } from '../findings.ts'

/** How many times as fast the clock runs: 72 h in 36 s, or in 7 min with 600. */
const speed = Number(process.env.MURPHY_OUTAGE_SPEED ?? 7200)
const minute = 60_000
const hour = 60 * minute
const outage = 72 * hour
const many = 200
const stillOpen = 3
// Of the whole file: a test has no more time than that.
t.setTimeout(outage / speed + 120_000)
const severities = ['critical', 'warning', 'warning', 'warning'] as const

t.test(
  '72 hours without the service, 200 incidents: none is lost, and what is over is one digest',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
    const receiver = await webhookReceiver()
    const real = performance.now()
    const elapsed = () => (performance.now() - real) * speed
    const begun = Date.parse('2026-11-27T18:00:00Z')
    const now = () => begun + elapsed()
    const store = openStore(folder, begun, elapsed)
    t.teardown(async () => {
      await receiver.close()
      store.close()
      rmSync(folder, { recursive: true, force: true })
    })
    const rules = Object.fromEntries(Array.from({ length: many }, (_, at) => [`a.n${at}`, rule()]))
    /** From the first hour to the last; each lasts a quarter of an hour, but the last three. */
    const all = Array.from({ length: many }, (_, at) => {
      const since = begun + Math.floor(((outage - 2 * hour) * at) / many) + minute
      const severity = severities[at % severities.length] ?? 'warning'
      return finding({ code: `a.n${at}`, since, severity, subject: `thing ${at}` })
    })
    const ledgerAt = (at: number) =>
      all
        .filter((it) => it.since <= at)
        .map((it, index) => {
          const resolved = it.since + 15 * minute
          const isOver = resolved <= at && index < many - stillOpen
          return { ...it, seen: at, ...(isOver && { resolved }) }
        })
    receiver.fault = () => (elapsed() < outage ? { status: 503, body: '' } : undefined)
    const policy = { min: 'warning', remind: 24 * hour, since: begun, most: 6 } as const
    // The receiver refuses what seems to be of another day, as Standard Webhooks asks it to.
    const timely: Sink = {
      ...webhook,
      compose: (notice, ...more) => webhook.compose({ ...notice, at: Date.now() }, ...more),
    }
    const silent = { info: () => undefined, warn: () => undefined }
    const delivery = deliver({
      ...{
        sink: timely,
        settings: { url: receiver.url },
        name: 'ops',
        keepOpen: false,
        now,
        elapsed,
        log: silent,
      },
      plan: () =>
        plan(incidents(store.ledger(), rules, now()), store.told('ops'), policy, 'node1', now()).map(
          (it) => ({
            ...it,
            // The receiver refuses what seems to be of another day, as Standard Webhooks asks it to.
            at: Date.now(),
          }),
        ),
      receipt: () => undefined,
      note: (it, receipt) => store.note('ops', recordSent(store.told('ops'), it, receipt, now())),
      sleep: (ms, signal) => wait(ms / speed, undefined, { signal }).catch(() => undefined),
    })
    t.teardown(() => delivery.stop())
    let tidied = 0
    const saved = new Set<string>()
    while (store.told('ops').length < many && elapsed() < outage + 3 * hour) {
      store.saveLedger(kept(ledgerAt(now())))
      if (elapsed() - tidied > hour) {
        store.tidy(now())
        tidied = elapsed()
      }
      delivery.wake()
      await wait(20)
    }
    /** What the daemon's ledger would still hold: it forgets by itself. */
    function kept(ledger: ReturnType<typeof ledgerAt>) {
      const known = new Set(store.ledger().map(({ id }) => id))
      const left = ledger.filter((it) => !saved.has(it.id) || known.has(it.id))
      for (const { id } of left) saved.add(id)
      return left
    }
    t.ok(receiver.arrived.length > 50, `tried ${receiver.arrived.length} times meanwhile`)
    const digests = receiver.events.filter((it) => it.type === 'digest')
    t.equal(digests.length, 1, 'one digest')
    t.match(digests[0]?.data, {
      of: 'outage',
      total: many - stillOpen,
      severities: { critical: 50, warning: many - stillOpen - 50, info: 0 },
    })
    const told = store.told('ops')
    t.equal(new Set(told.map((it) => it.incident)).size, many, 'none is lost')
    t.equal(told.filter((it) => it.resolved === undefined).length, stillOpen)
    t.equal(receiver.again(), 0, 'none is doubled')
    const opened = receiver.events.filter((it) => /^incidents?\.opened$/.test(it.type))
    t.equal(receiver.events.length - opened.length, 1, 'and what is still open comes by itself')
  },
)
