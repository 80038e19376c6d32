import type { Test } from 'tap'
import type { Notice } from '../../agent/model/index.ts'
import { agentOn } from './agent.ts'
import { calendar, type Happening } from './calendar.ts'
import { day, livingNode } from './node.ts'

const minute = 60_000

export interface Life {
  readonly days: number
  /** How old the certificates are when it begins, days. */
  readonly age: number
  /** Between two looks while nothing happens, ms. */
  readonly pause: number
  /** A fault that is put in; `at` in days. */
  readonly fault?: Omit<Happening, 'dark'>
}

/** How often each collector looks by its own clock, minutes. */
const every = { k3s: 1, pods: 1, memory: 1, cluster: 1, cni: 3, firewall: 5, certs: 10 } as const
/** After something has happened all look as often as they do by themselves, for so long; after what happens every day, shorter. */
const closely = 16 * minute
const briefly = 3 * minute
/** Otherwise these look with every pause, the others with every eighth. */
const often = ['k3s', 'pods', 'memory', 'cluster'] as const
const seldom = ['cni', 'firewall', 'certs'] as const

/** Lets a node live and Murphy watch it. Gives what people were told. */
export async function live(t: Test, { days, age, pause, fault }: Life) {
  // k3s 1.33 renews 120 days ahead; the recording is of 23 November 2026.
  // What is not there is half of what collectors ask for; where it was missed matters to nobody.
  Error.stackTraceLimit = 0
  const begin = Date.parse('2026-11-24T00:00:00Z')
  const node = livingNode(t, begin, age * day)
  const agent = agentOn(node.machine.host)
  const all: Happening[] = [
    ...calendar(begin, days),
    ...(fault ? [{ ...fault, at: begin + fault.at * day }] : []),
  ].sort((a, b) => a.at - b.at)
  const end = begin + days * day
  let now = begin
  let watched = begin
  let dark = false

  for (let count = 0; now < end; count += 1) {
    const dense = now < watched
    const planned = now + (dense ? minute : pause)
    const notifyAt = now + Math.max(1, agent.nextNotifyAt() - node.machine.clock)
    const next = all[0]
    now = Math.min(planned, notifyAt, next?.at ?? end)
    node.tick(now)
    let woken: Happening['wakes'] = {}
    if (next && next.at <= now) {
      all.shift()
      next.run(node)
      node.tick(now)
      watched = Math.max(watched, now + (next.usual ? briefly : closely))
      dark = next.dark === true
      woken = next.wakes ?? {}
    }
    if (dark) continue
    const heard = (text: string) => [{ at: node.machine.clock, text }]
    for (const [name, text] of Object.entries(woken)) await agent.look(name, text ? heard(text) : [])
    if (now === planned || now === notifyAt) {
      const minutes = Math.floor(now / minute)
      const due = dense
        ? Object.entries(every).flatMap(([name, it]) => (minutes % it === 0 ? [name] : []))
        : [...often, ...(count % 8 === 0 ? seldom : [])]
      for (const name of now === planned ? due : agent.wanted()) await agent.look(name)
    }
    agent.settle()
  }
  const told: readonly Notice[] = agent.notices()
  return { told, found: agent.found(), rounds: agent.rounds(), open: agent.open(), node }
}

/** What was told, a line each, for the message of a test that fails. */
export const lines = (told: readonly Notice[]) =>
  told.map((it) =>
    'incident' in it
      ? `${new Date(it.at).toISOString().slice(0, 16)} ${it.kind} ${it.incident.severity}: ${it.incident.cause.text}`
      : it.kind,
  )
