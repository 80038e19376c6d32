import { isDeepStrictEqual } from 'node:util'
import { overall, rowOf, type Snapshot, shown } from '../../agent/api/snapshot.ts'
import { allRules } from '../../agent/cli/commands/explain.ts'
import { renderBrief, renderStatus } from '../../agent/cli/render/status.ts'
import { defaults } from '../../agent/config/defaults.ts'
import { incidents } from '../../agent/core/cascade.ts'
import { type Ledger, step } from '../../agent/core/ledger.ts'
import { blindRule, type Outcome, rulesOf } from '../../agent/core/round.ts'
import type {
  Collector,
  Host,
  Incident,
  Observation,
  Past,
  Sample,
  WakeEvent,
} from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { collectors } from '../../collectors/index.ts'
import { viewAfter } from '../agent/views.ts'
import { must } from './kind.ts'

/** A sample is kept in memory and written with every change: larger ones wear a disk. */
const mostSample = 256 * 1024
/** A verdict is told as a sentence or three, and its subject is half of an identity. */
const mostText = 4_000
const mostSubject = 600
const mostObservations = 3_000
const mostPage = 1024 * 1024

const json = (value: unknown) => JSON.stringify(value)
const settingsOf = new Map(collectors.map((it) => [it.name, defaults(it.settings)]))
/** What drives a terminal, turns the direction of writing, or ends a line where none is meant to end. */
export const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/
const terminal = { color: false, width: 80 }

/** One look of one collector at a node, with all that is made of it. Undefined where the node does not let it look. */
export async function looked(
  collector: Collector,
  host: Host,
  past: Past<Sample>,
): Promise<Outcome | undefined> {
  const settings = settingsOf.get(collector.name) ?? {}
  const at = host.now()
  const { name } = collector
  let sample: Sample
  try {
    sample = await collector.collect(host, settings, past)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
  const text = json(sample)
  must(isDeepStrictEqual(JSON.parse(text), sample), `${name}: a sample is plain JSON`, () => text)
  must(text.length <= mostSample, `${name}: a sample is small`, () => `${text.length} bytes`)
  const verdict = collector.assess(sample, past, settings, at)
  must(json(sample) === text, `${name}: a sample is not touched`, () => text)
  must(
    isDeepStrictEqual(collector.assess(JSON.parse(text), past, settings, at), verdict),
    `${name}: the same verdict after a restart`,
    () => json(verdict),
  )
  must(verdict.length <= mostObservations, `${name}: verdicts are bounded`, () => `${verdict.length}`)
  for (const it of verdict) wellSaid(collector, it)
  must(/^[^\n]{1,300}$/.test(collector.summary(sample, settings, at)), `${name}: one calm line`, () =>
    collector.summary(sample, settings, at),
  )
  for (const [key, value] of Object.entries(collector.series?.(sample) ?? {}))
    must(Number.isFinite(value), `${name}: series are numbers`, () => `${key} ${value}`)
  for (const it of collector.deadlines?.(sample, settings, at) ?? [])
    must(Number.isFinite(it.at) && it.what.length < 300, `${name}: what runs out has a time`, () => json(it))
  const watches = collector.watch?.(settings, sample) ?? []
  must(watches.length < 50, `${name}: watches are bounded`, () => `${watches.length}`)
  for (const it of watches) {
    if (it.kind === 'paths')
      must(
        it.paths.every((path) => path.startsWith('/') && !path.includes('\0')),
        `${name}: watched paths are paths`,
        () => json(it.paths),
      )
    if (it.kind === 'command')
      must(
        it.argv.length > 0 && !json(it.argv).includes('\\u0000'),
        `${name}: watched commands are commands`,
        () => json(it.argv),
      )
  }
  const blind = (sample.unseen ?? []).filter((it) => !it.unrecorded)
  for (const it of sample.unseen ?? [])
    must(it.why.length < mostText && it.what.length < mostText, `${name}: why it is blind is bounded`, () =>
      json(it),
    )
  return {
    collector: name,
    at,
    took: 1,
    sample,
    unseen: sample.unseen ?? [],
    rules: rulesOf(collector),
    observations: [
      ...verdict,
      ...(blind.length > 0
        ? [{ code: Object.keys(blindRule(collector))[0] as string, subject: name, text: blind[0]?.why ?? '' }]
        : []),
    ],
  }
}

function wellSaid({ name, rules }: Collector, it: Observation): void {
  must(Object.hasOwn(rules, it.code), `${name}: every code is a rule`, () => it.code)
  must(
    it.text.length > 0 && it.text.length <= mostText,
    `${name}: a verdict is a sentence or three`,
    () => `${it.code}: ${it.text.length} characters`,
  )
  must(it.subject.length <= mostSubject, `${name}: a subject is short`, () => it.subject)
  must(it.at === undefined || Number.isFinite(it.at), `${name}: a time is a time`, () => json(it))
  must(
    json(it).length < 4 * mostText,
    `${name}: a verdict is bounded`,
    () => `${it.code}: ${json(it).length} bytes`,
  )
  must(isDeepStrictEqual(JSON.parse(json(it)), it), `${name}: a verdict is plain JSON`, () => json(it))
}

/** What all collectors, or those named, make of a node: two looks, one after the other, and every page. */
export async function lookedAtAll(
  host: Host,
  heard: readonly string[],
  names: readonly string[] = [],
): Promise<readonly Incident[]> {
  const its = collectors.filter((it) => names.length === 0 || names.includes(it.name))
  const at = host.now()
  let ledger: Ledger = []
  const outcomes = new Map<string, Outcome>()
  for (const collector of its) {
    const first = await looked(collector, host, { heard: [] })
    const told: WakeEvent[] = heard.map((text) => ({ at, text }))
    for (const watch of collector.watch?.(settingsOf.get(collector.name) ?? {}, first?.sample) ?? [])
      if (watch.kind === 'command') for (const { text } of told) watch.isRelevant(text)
    const sample = first?.sample
    const second = await looked(collector, host, { ...(sample && { sample, at: at - 30_000 }), heard: told })
    const outcome = second ?? first
    if (!outcome) continue
    outcomes.set(collector.name, outcome)
    ledger = step(ledger, outcome, at)
  }
  const found = incidents(ledger, allRules(), at)
  pages(its, outcomes, found, ledger, at)
  return found
}

function pages(
  its: readonly Collector[],
  outcomes: ReadonlyMap<string, Outcome>,
  found: readonly Incident[],
  ledger: Ledger,
  at: number,
): void {
  const settings = (name: string) => settingsOf.get(name) ?? {}
  const rows = its.map((it) =>
    rowOf(it, { settings: settings(it.name), at, open: ledger, outcome: outcomes.get(it.name) }),
  )
  const snapshot: Snapshot = {
    version: 2,
    node: 'node1',
    at,
    agent: { version: '0', pid: 1, started: at },
    state: overall(found, rows),
    machine: '',
    incidents: shown(found, 'node1', at),
    collectors: rows,
    sinks: [],
    deadlines: its.flatMap((it) => {
      const sample = outcomes.get(it.name)?.sample
      return sample ? (it.deadlines?.(sample, settings(it.name), at) ?? []) : []
    }),
    silences: [],
  }
  page('status', renderStatus(snapshot, terminal))
  page('brief', renderBrief(snapshot, terminal))
  for (const it of its) {
    const outcome = outcomes.get(it.name)
    if (!it.page || !outcome?.sample) continue
    const more = { unseen: outcome.unseen, options: { all: true } }
    const view = viewAfter(it, outcome, settings(it.name), more)
    page(it.page.name, it.page.render(view, terminal))
    json(it.page.json(view))
  }
}

/** A page may be read on any terminal. */
export function page(name: string, text: string): void {
  const found = raw.exec(text)
  must(found === null, `page ${name}: nothing drives a terminal`, () =>
    json(text.slice((found?.index ?? 0) - 40, (found?.index ?? 0) + 40)),
  )
  must(
    (text.length < mostPage && text.endsWith('\n')) || text === '',
    `page ${name}: is bounded`,
    () => `${text.length} characters`,
  )
}
