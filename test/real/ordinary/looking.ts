import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { defaults } from '../../../agent/config/defaults.ts'
import { type Ledger, step, tellFrom } from '../../../agent/core/ledger.ts'
import { round } from '../../../agent/core/round.ts'
import { watching } from '../../../agent/daemon/watching.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import type { Collector, Past, Sample, WakeEvent } from '../../../agent/model/index.ts'
import { collectors } from '../../../collectors/index.ts'
import { k3sNow, withAged } from '../aged.ts'

/**
 * Runs inside a node: looks with every collector again and again, so that the worst moment of a command is seen, and
 * keeps the real ledger by it. Takes a command as JSON a line (`Order`), runs it, looks on for `after` ms, and answers
 * with a line (`Report`) on what was found meanwhile.
 */
export interface Order {
  readonly name: string
  readonly script: string
  /** How long to look on after the command has ended, ms. */
  readonly after: number
  /** Names of the collectors that look closely meanwhile. */
  readonly eyes: readonly string[]
  /** Codes of which people have to be told before the looking ends, a minute at most. */
  readonly told: readonly string[]
}

/** A stretch of time in which one rule was broken by one subject. */
export interface Spell {
  readonly code: string
  readonly subject: string
  readonly severity: string
  readonly text: string
  /** How long it stood, ms: until it was resolved, or until the end of the looking. */
  readonly stood: number
  /** From when on people would have been told of it, had it not ended before; ms after it was found. */
  readonly patience: number
  readonly told: boolean
  /** It was there before the command. */
  readonly before: boolean
  /** It is still there at the end. */
  readonly open: boolean
}

export interface Report {
  readonly name: string
  /** How long the command took, ms. */
  readonly took: number
  /** How many looks there were, by collector. */
  readonly looks: Readonly<Record<string, number>>
  readonly exit: number | null
  readonly said: string
  readonly spells: readonly Spell[]
}

/** These look every 50 ms, the others every second, so that the worst moment of a command is seen. */
let quick: ReadonlySet<string> = new Set()

const real = openMachine()
const machine = withAged(real, await k3sNow(real))
const looks: Record<string, number> = {}
const told = new Set<string>()
let ledger: Ledger = []
const ending = new AbortController()

async function keepLooking(collector: Collector): Promise<void> {
  let past: Past<Sample> = { heard: [] }
  let heard: readonly WakeEvent[] = []
  const eyes = watching({
    machine,
    heard: (text) => {
      heard = [...heard, { at: Date.now(), text }].slice(-500)
    },
    log: () => {},
  })
  while (!ending.signal.aborted) {
    const signal = AbortSignal.timeout(collector.timeout)
    const handed = heard
    heard = []
    const seen = await round(
      collector,
      defaults(collector.settings),
      machine.during(signal),
      { ...past, heard: handed },
      signal,
    )
    ledger = step(ledger, seen, seen.at)
    const now = Date.now()
    for (const it of ledger) if (it.resolved === undefined && tellFrom(it) <= now) told.add(it.id)
    if (seen.sample) past = { sample: seen.sample, at: seen.at, heard: [] }
    if (seen.watches) eyes.update(seen.watches)
    looks[collector.name] = (looks[collector.name] ?? 0) + 1
    for (
      let waited = 0;
      waited < (quick.has(collector.name) ? 50 : 1_000) && !ending.signal.aborted;
      waited += 50
    )
      await pause(50)
  }
  eyes.stop()
}

function run(script: string): Promise<Pick<Report, 'exit' | 'said' | 'took'>> {
  const begun = performance.now()
  const child = spawn('sh', ['-ec', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const it of [child.stdout, child.stderr])
    it.on('data', (part) => {
      said = (said + part).slice(-2000)
    })
  return new Promise((resolve) =>
    child.on('exit', (exit) => resolve({ exit, said, took: Math.round(performance.now() - begun) })),
  )
}

const isTold = (code: string) =>
  ledger.some((it) => it.code === code && it.resolved === undefined && told.has(it.id))

async function obey({ name, script, after, eyes, told: awaited }: Order): Promise<Report> {
  const before = new Set(ledger.map((it) => it.id))
  const counted = { ...looks }
  quick = new Set(eyes)
  const ran = await run(script)
  for (let tries = 0; tries < 600 && !awaited.every(isTold); tries += 1) await pause(100)
  await pause(after)
  const end = Date.now()
  const spells = ledger
    .filter((it) => it.resolved === undefined || !before.has(it.id))
    .map((it) => ({
      ...{ code: it.code, subject: it.subject, severity: it.severity, text: it.text },
      stood: (it.resolved ?? end) - it.since,
      patience: it.notifyAt - it.since,
      told: told.has(it.id),
      before: before.has(it.id),
      open: it.resolved === undefined,
    }))
  const all = Object.entries(looks).map(([key, count]) => [key, count - (counted[key] ?? 0)] as const)
  return { name, ...ran, looks: Object.fromEntries(all), spells }
}

const eyes = collectors.map(keepLooking)
while (!collectors.every((it) => (looks[it.name] ?? 0) > 1)) await pause(20)
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line)))}\n`)
ending.abort()
await Promise.all(eyes)
machine.close()
