import type { Test } from 'tap'
import { allRules } from '../../../agent/cli/commands/explain.ts'
import { defaults } from '../../../agent/config/defaults.ts'
import { onlooker } from '../../../agent/core/onlooker.ts'
import { sampleVersionOf } from '../../../agent/core/round.ts'
import { openCamera } from '../../../agent/film/camera.ts'
import { filmFormat, type Head } from '../../../agent/film/reel.ts'
import type { Notice } from '../../../agent/model/index.ts'
import { collectors } from '../../../collectors/index.ts'
import { livingNode } from '../../year/node.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** How often each collector looks by its own clock, minutes. */
const every: Readonly<Record<string, number>> = {
  ...{ k3s: 1, pods: 1, memory: 1, cluster: 1, cni: 3, firewall: 5, certs: 10 },
}

export interface Act {
  /** ms after the beginning. */
  readonly at: number
  readonly run: (node: ReturnType<typeof livingNode>) => void
  /** What each collector hears of it. */
  readonly wakes?: Readonly<Record<string, string>>
}

export const headOf = (at: number, more: Partial<Head> = {}): Head => ({
  ...{ film: filmFormat, murphy: '0', node: 'node1', at, logs: false, remind: day },
  collectors: Object.fromEntries(
    collectors.map((it) => [
      it.name,
      { enabled: true, version: sampleVersionOf(it), settings: defaults(it.settings) },
    ]),
  ),
  ...more,
})

/** What people were told, a line each. */
export const lines = (all: readonly Notice[]) =>
  all.map((it) =>
    'incident' in it
      ? `${new Date(it.at).toISOString()} ${it.kind} ${it.incident.severity} ${it.incident.cause.code} ${it.incident.cause.subject}: ${it.incident.cause.text}`
      : it.kind,
  )

/** Films a living node on a time-lapse. Gives the film, and what people were told meanwhile. */
export async function shot(t: Test, minutes: number, acts: readonly Act[] = []) {
  const begin = Date.parse('2026-11-24T00:00:00Z')
  const node = livingNode(t, begin, 60 * day)
  const { machine } = node
  const head = headOf(begin)
  const camera = openCamera(() => machine.clock)
  const written: string[] = []
  camera.start({
    head,
    opened: collectors.map((it) => it.name),
    write: (line) => written.push(line) > 0,
    resolve: async (path) => path,
  })
  const murphy = onlooker({
    ...{ collectors, rules: allRules(), settingsOf: (name) => head.collectors[name]?.settings ?? {} },
    ...{ node: 'node1', since: begin, min: 'warning', remind: day },
  })
  const told: Notice[] = []
  // To the millisecond, unlike its own clock, so that what is due at a time is due then.
  const tick = (at: number) => {
    node.tick(at)
    machine.clock = at
  }
  const look = async (name: string, text?: string) => {
    const heard = text ? [{ at: machine.clock, text }] : []
    const shooting = camera.shoot(name, machine.host, heard)
    told.push(...(await murphy.look(name, shooting?.host ?? machine.host, heard)))
    shooting?.done()
  }
  const times = [
    ...Array.from({ length: minutes + 1 }, (_, it) => ({ at: it * minute, act: undefined })),
    ...acts.map((act) => ({ at: act.at, act })),
  ].sort((a, b) => a.at - b.at)
  for (const { at, act } of times) {
    for (let due = murphy.nextDue(machine.clock); due <= begin + at; due = murphy.nextDue(machine.clock)) {
      tick(due)
      told.push(...murphy.settle(due))
      for (const name of murphy.wanted(due)) await look(name)
    }
    tick(begin + at)
    act?.run(node)
    tick(begin + at)
    if (act) for (const [name, text] of Object.entries(act.wakes ?? {})) await look(name, text)
    else for (const [name, pause] of Object.entries(every)) if ((at / minute) % pause === 0) await look(name)
  }
  await camera.stop('time')
  return { film: written.join(''), told, ledger: murphy.ledger(), node }
}
