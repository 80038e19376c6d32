import type { DatabaseSync } from 'node:sqlite'
import type { Judgements } from '../core/last-well.ts'
import { awaitedBy, type Ledger, resolvedKept, withoutOld } from '../core/ledger.ts'
import { type Silence, silenceKept } from '../core/silence.ts'
import type { Finding, NotificationRecord, Point, Sample } from '../model/index.ts'
import { minute } from '../text/times.ts'
import type { Clock } from './clock.ts'
import type { Remembered } from './inspect.ts'
import { put } from './put-row.ts'
import {
  finding,
  judged,
  type KeptSample,
  clock as ofClock,
  sample,
  series,
  silence,
  sink,
  told,
} from './tables.ts'

/** How long a judgement may wait to be written, ms: most of them say that nothing has changed, and writes wear disks. */
const judgementsWait = 10 * minute

/** The most points that wait to be written; the oldest are dropped first. */
const mostPointsWaiting = 5_000

/** A sample as it was saved. It becomes JSON only when it is written to the disk. */
interface HeldSample extends Omit<KeptSample, 'json'> {
  readonly sample: Sample
  /** The time of the sample that was last written to the disk. */
  readonly saved: number
}

const rowOf = ({ sample, ...it }: HeldSample): KeptSample => ({ ...it, json: JSON.stringify(sample) })

/** The state held in memory, and what of it is not on the disk yet. */
export class Memory {
  ledger: Ledger
  judgements: Judgements
  /** The judgements as they were last written to the disk. */
  judgementsWritten: Judgements
  clock: Clock
  readonly told = new Map<string, Map<string, NotificationRecord>>()
  readonly sinks: Map<string, number>
  readonly silences: Map<string, Silence>
  /** By collector. */
  readonly samples: Map<string, HeldSample>
  readonly samplesWaiting = new Set<string>()
  /** Findings by id, as they were last written to the disk. */
  readonly written: Map<string, Finding>
  points: readonly (Point & { readonly name: string })[] = []

  constructor({ findings, judgements, told, sinks, silences, samples }: Remembered, clock: Clock) {
    for (const { owner, it } of told) this.book(owner).set(it.incident, it)
    this.clock = clock
    this.ledger = withoutOld(findings, clock.trusted, this.awaited())
    this.judgements = new Map(judgements.map(({ owner, it }) => [owner, it]))
    this.judgementsWritten = this.judgements
    this.written = new Map(this.ledger.map((it) => [it.id, it]))
    this.sinks = new Map(sinks.map(({ owner, it }) => [owner, it]))
    this.silences = new Map(silences.map((it) => [it.id, it]))
    this.samples = new Map(
      samples.map(({ json, ...it }) => [
        it.collector,
        { ...it, sample: JSON.parse(json) as Sample, saved: it.at },
      ]),
    )
  }

  book(sink: string): Map<string, NotificationRecord> {
    const book = this.told.get(sink) ?? new Map<string, NotificationRecord>()
    this.told.set(sink, book)
    return book
  }

  add(points: readonly (Point & { readonly name: string })[]): void {
    this.points = [...this.points, ...points].slice(-mostPointsWaiting)
  }

  /** Notes that findings were written; forgets those that have left the ledger. */
  wrote(findings: readonly Finding[]): void {
    for (const it of findings) this.written.set(it.id, it)
    if (this.written.size <= this.ledger.length * 2 + 100) return
    const current = new Set(this.ledger.map((it) => it.id))
    for (const id of this.written.keys()) if (!current.has(id)) this.written.delete(id)
  }

  /** Writes what was waiting. It stays in the queue until `waitsNoMore` says that it arrived. */
  putWaiting(db: DatabaseSync): void {
    for (const it of this.points) put(db, series, { ...it, step: 0 })
    for (const collector of this.samplesWaiting) {
      const it = this.samples.get(collector)
      if (it) put(db, sample, rowOf(it))
    }
  }
  waitsNoMore(): void {
    this.points = []
    this.samplesWaiting.clear()
  }

  /** Whether the judgements on the disk are so old that a crash would widen the onset of what is found after it. */
  judgedLongAgo(): boolean {
    for (const [code, { at }] of this.judgements)
      if (Math.abs(at - (this.judgementsWritten.get(code)?.at ?? 0)) > judgementsWait) return true
    return false
  }

  /** Writes the judgements that have changed. */
  putJudgements(db: DatabaseSync): void {
    for (const [owner, it] of this.judgements)
      if (this.judgementsWritten.get(owner) !== it) put(db, judged, { owner, it })
  }

  /** Writes everything that is in memory, to a disk that missed some of it. */
  putEverything(db: DatabaseSync): void {
    for (const it of this.ledger) put(db, finding, it)
    for (const [owner, it] of this.judgements) put(db, judged, { owner, it })
    for (const [owner, book] of this.told) for (const it of book.values()) put(db, told, { owner, it })
    for (const [owner, it] of this.sinks) put(db, sink, { owner, it })
    for (const it of this.silences.values()) put(db, silence, it)
    for (const it of this.samples.values()) put(db, sample, rowOf(it))
    put(db, ofClock, this.clock)
  }

  /** Deletes from memory what is too old by the trusted clock. Returns how to delete the same from the disk. */
  forget(): (db: DatabaseSync) => void {
    const now = this.clock.trusted
    this.ledger = withoutOld(this.ledger, now, this.awaited())
    const known = new Set(this.ledger.map((it) => it.id))
    const notes = [...this.told].flatMap(([owner, book]) =>
      [...book.values()]
        // A record that is open although its finding was lost can never be resolved, so it is deleted too.
        .filter((it) => it.resolved !== undefined || !known.has(it.incident))
        .filter((it) => now - (it.resolved ?? it.reminded) > 2 * resolvedKept)
        .map(({ incident }) => ({ owner, incident })),
    )
    for (const { owner, incident } of notes) this.book(owner).delete(incident)
    const ended = [...this.silences.values()].filter(({ until }) => now - until > silenceKept)
    for (const { id } of ended) this.silences.delete(id)
    return (db) => {
      const note = db.prepare('DELETE FROM told WHERE sink = ? AND incident = ?')
      for (const { owner, incident } of notes) note.run(owner, incident)
      const silenced = db.prepare('DELETE FROM silence WHERE id = ?')
      for (const { id } of ended) silenced.run(id)
    }
  }

  /** Ids of findings that some sink was notified of, but not yet that they are resolved. */
  awaited(): ReadonlySet<string> {
    return new Set([...this.told.values()].flatMap((book) => awaitedBy([...book.values()])))
  }
}

/** When the newest row was written; undefined for none. */
export function newest({ findings, samples }: Remembered): number | undefined {
  const last = Math.max(...findings.map((it) => it.seen), ...samples.map((it) => it.at))
  return Number.isFinite(last) ? last : undefined
}
