import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import type { DeliverOptions, DeliveryState } from '../../agent/delivery/delivery.ts'
import { deliver } from '../../agent/delivery/postman.ts'
import type { Notice, Sink } from '../../agent/model/index.ts'

/** What the daemon keeps: what is due, and a book of what was noted. */
export function book(t: Test, sink: Sink, settings: object, more: Partial<DeliverOptions> = {}) {
  const due: Notice[] = []
  const noted: [string, string | undefined][] = []
  /** Of those, what was sent, and not only taken. */
  const posted: string[] = []
  const receipts = new Map<string, string>()
  const logged: string[] = []
  const states: DeliveryState[] = []
  const waits: number[] = []
  const log = (fields: object, text: string) => void logged.push(`${text} ${JSON.stringify(fields)}`)
  const of = (it: Notice) => ('incident' in it ? it.incident.id : it.id)
  const delivery = deliver({
    sink,
    settings: settings as DeliverOptions['settings'],
    name: 'mine',
    plan: () => [...due],
    receipt: (it) => receipts.get(of(it)),
    note(it, receipt, _, wasPosted) {
      if (wasPosted) posted.push(it.id)
      noted.push([it.id, receipt])
      if (receipt !== undefined) receipts.set(of(it), receipt)
      const index = due.findIndex(({ id }) => id === it.id)
      if (index >= 0) due.splice(index, 1)
    },
    log: { info: log, warn: log },
    changed: (it) => states.push(it),
    // Pauses pass at once, and are written down; an idle hour ends only by a wake.
    async sleep(ms, signal) {
      waits.push(ms)
      if (ms < 3600_000) await wait(1)
      else
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        )
    },
    ...more,
  })
  t.teardown(() => delivery.stop())
  return {
    delivery,
    noted,
    posted,
    due,
    logged,
    states,
    waits,
    tell(...notices: Notice[]) {
      due.push(...notices)
      delivery.wake()
    },
  }
}

export async function until(what: () => boolean, ms = 8000): Promise<void> {
  const end = Date.now() + ms
  while (!what()) {
    if (Date.now() > end) throw new Error(`still not so: ${what}`)
    await wait(5)
  }
}

/** A real pause, for what the receivers measure in real time. */
export const really = async (ms: number, signal: AbortSignal) =>
  void (await wait(Math.min(ms, 5000), undefined, { signal }).catch(() => undefined))
