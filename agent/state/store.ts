import type { DatabaseSync } from 'node:sqlite'
import type { Judgements } from '../core/last-well.ts'
import { historyKept, type Ledger } from '../core/ledger.ts'
import type { Silence } from '../core/silence.ts'
import type { Artifact, ArtifactEntry, Finding, NotificationRecord, Point, Sample } from '../model/index.ts'
import { minute } from '../text/times.ts'
import { artifactBody, listArtifacts } from './artifacts.ts'
import { started, ticked } from './clock.ts'
import { coarsen } from './coarsen.ts'
import type { Loss } from './database.ts'
import { type Disk, openDisk } from './disk.ts'
import { putArtifact } from './keep-artifact.ts'
import { Memory, newest } from './memory.ts'
import { isSameNews } from './news.ts'
import { put } from './put-row.ts'
import { readSeries } from './series.ts'
import * as tables from './tables.ts'

/**
 * What Murphy remembers. Most answers come from memory, so that a full or broken disk stops nothing; `problem` says
 * when the state is not safe on the disk.
 */
export interface Store {
  /** Why the state would not survive a restart; undefined while all is well. */
  problem(): string | undefined
  /** The last loss of data: what was lost, where the damaged file is now, and when that was found. */
  loss(): Loss | undefined
  ledger(): Ledger
  /** When each rule was last judged, as of the last round. */
  judgements(): Judgements
  /** The judgements are written with the findings that change, and otherwise within some minutes. */
  saveLedger(ledger: Ledger, judgements?: Judgements): void
  told(sink: string): readonly NotificationRecord[]
  note(sink: string, entries: readonly NotificationRecord[]): void
  /** When this sink was first configured; `now` is stored if it is new. */
  sinkSince(sink: string, now: number): number
  /** All silences, also those that ended recently. */
  silences(): readonly Silence[]
  /** Adds a silence, or changes the one of its id. */
  silence(it: Silence): void
  /**
   * The very sample that was saved, not a copy: what a collector takes over from it unchanged, it can know again. Nobody
   * may change it. Undefined where it has another version than the one asked for.
   */
  sample(collector: string, version?: number): { readonly sample: Sample; readonly at: number } | undefined
  /** Written at once if `soon`, else within a minute: most samples change every round, and writes wear disks. */
  saveSample(collector: string, sample: Sample, at: number, soon?: boolean, version?: number): void
  addPoints(at: number, values: Readonly<Record<string, number>>): void
  series(name: string, from: number): readonly Point[]
  /** Stores an artifact, only on the disk: without a disk it is lost with the process. */
  keep(collector: string, it: Artifact, at: number): void
  kept(collector: string): readonly ArtifactEntry[]
  artifact(collector: string, id: number): Uint8Array | undefined
  /** Findings that were open at any time since `from`, oldest first. */
  history(from: number): readonly Finding[]
  /** Writes what is waiting, makes old series coarser, and deletes what is too old by the trusted clock. */
  tidy(now: number): void
  close(): void
}

/** How long the confirmation of a finding, or of an unchanged sample, may wait to be written, ms. */
const confirmationsWait = 10 * minute
const writesWait = minute

/** Opens the state in `stateDir`. Never throws: `loss` says what cannot be read; without a disk it works in memory. */
export function openStore(stateDir: string, now: number, elapsed = () => performance.now()): Store {
  const everything = (db: DatabaseSync) => memory.putEverything(db)
  const disk = openDisk({ stateDir, now, elapsed, everything })
  const { remembered, write } = disk
  const memory = new Memory(remembered, started(remembered.clock, newest(remembered), now))
  return {
    problem: disk.problem,
    loss: disk.loss,
    ...ledgerOf(memory, disk),
    ...booksOf(memory, disk),
    ...samplesOf(memory, disk, now),
    keep: (collector, it, at) => write((db) => putArtifact(db, collector, it, at)),
    kept: (collector) => disk.read((db) => listArtifacts(db, collector), []),
    artifact: (collector, id) => disk.read((db) => artifactBody(db, collector, id), undefined),
    ...tidying(memory, disk, elapsed),
  }
}

function ledgerOf(
  memory: Memory,
  { write, read, behind }: Disk,
): Pick<Store, 'ledger' | 'judgements' | 'saveLedger' | 'history'> {
  return {
    ledger: () => memory.ledger,
    judgements: () => memory.judgements,
    saveLedger(next, judgements = memory.judgements) {
      memory.ledger = next
      memory.judgements = judgements
      const changed = next.filter((it) => worthWriting(memory.written.get(it.id), it))
      if (changed.length === 0 && !memory.judgedLongAgo() && !behind()) return
      write((db) => {
        for (const it of changed) put(db, tables.finding, it)
        memory.putJudgements(db)
      })
      memory.wrote(changed)
      if (!behind()) memory.judgementsWritten = judgements
    },
    history: (from) =>
      read(
        (db) => findingsSince(db, from),
        memory.ledger.filter((it) => (it.resolved ?? from) >= from),
      ),
  }
}

function booksOf(
  memory: Memory,
  { write }: Disk,
): Pick<Store, 'told' | 'note' | 'sinkSince' | 'silences' | 'silence'> {
  return {
    told: (sink) => [...memory.book(sink).values()],
    note(sink, entries) {
      const book = memory.book(sink)
      for (const it of entries) book.set(it.incident, it)
      write((db) => {
        for (const it of entries) put(db, tables.told, { owner: sink, it })
      })
    },
    sinkSince(sink, at) {
      const known = memory.sinks.get(sink)
      if (known !== undefined) return known
      memory.sinks.set(sink, at)
      write((db) => put(db, tables.sink, { owner: sink, it: at }))
      return at
    },
    silences: () => [...memory.silences.values()],
    silence(it) {
      memory.silences.set(it.id, it)
      write((db) => put(db, tables.silence, it))
    },
  }
}

function samplesOf(
  memory: Memory,
  { write, read, behind }: Disk,
  now: number,
): Pick<Store, 'sample' | 'saveSample' | 'addPoints' | 'series'> {
  const { samples, samplesWaiting } = memory
  let waitingSince = now
  const writeWaiting = () => {
    write((db) => memory.putWaiting(db))
    if (!behind()) memory.waitsNoMore()
  }
  return {
    sample(collector, version) {
      const it = samples.get(collector)
      if (!it || (version !== undefined && it.version !== version)) return undefined
      return { sample: it.sample, at: it.at }
    },
    saveSample(collector, sample, at, soon = false, version = 1) {
      const known = samples.get(collector)
      const same = known?.version === version && isSameNews(known.sample, sample)
      // An unchanged sample is written only now and then, for the time of the last round.
      const fresh = same && Math.abs(at - known.saved) < confirmationsWait
      samples.set(collector, { collector, at, sample, version, saved: fresh ? known.saved : at })
      if (fresh) return
      samplesWaiting.add(collector)
      if (soon) writeWaiting()
    },
    addPoints(at, values) {
      const measured = Object.entries(values).filter(([, value]) => Number.isFinite(value))
      memory.add(measured.map(([name, value]) => ({ name, at, value })))
      // Absolute, so that a clock that was set back does not stop writing.
      if (Math.abs(at - waitingSince) < writesWait) return
      waitingSince = at
      writeWaiting()
    },
    series(name, from) {
      const stored = read((db) => readSeries(db, name, from), [])
      const waiting = memory.points.filter((it) => it.name === name && it.at >= from)
      return [...stored, ...waiting.map(({ at, value }) => ({ at, value }))]
    },
  }
}

function tidying(
  memory: Memory,
  { write, behind, close }: Disk,
  elapsed: () => number,
): Pick<Store, 'tidy' | 'close'> {
  let last = elapsed()
  const tick = (now: number) => {
    const passed = elapsed()
    memory.clock = ticked(memory.clock, now, passed - last)
    last = passed
  }
  return {
    tidy(now) {
      tick(now)
      const forget = memory.forget()
      const kept = JSON.stringify(memory.ledger.map(({ id }) => id))
      write((db) => {
        forget(db)
        memory.putWaiting(db)
        coarsen(db, memory.clock.trusted)
        // Findings whose end a sink must still be notified of stay, however old they are.
        db.prepare(
          'DELETE FROM finding WHERE resolved < ? AND id NOT IN (SELECT value FROM json_each(?))',
        ).run(memory.clock.trusted - historyKept, kept)
        put(db, tables.clock, memory.clock)
      })
      if (!behind()) memory.waitsNoMore()
    },
    close() {
      write((db) => {
        memory.putWaiting(db)
        memory.putJudgements(db)
        for (const it of memory.ledger)
          if (JSON.stringify(memory.written.get(it.id)) !== JSON.stringify(it)) put(db, tables.finding, it)
        put(db, tables.clock, memory.clock)
      })
      close()
    },
  }
}

/** Whether a finding changed other than by being confirmed; a mere confirmation is written only now and then. */
function worthWriting(before: Finding | undefined, now: Finding): boolean {
  if (!before) return true
  const { seen: _seen, count: _count, ...news } = now
  const { seen, count: _, ...known } = before
  return Math.abs(now.seen - seen) > confirmationsWait || JSON.stringify(news) !== JSON.stringify(known)
}

function findingsSince(db: DatabaseSync, from: number): readonly Finding[] {
  return db
    .prepare('SELECT * FROM finding WHERE resolved IS NULL OR resolved >= ? ORDER BY since LIMIT 10000')
    .all(from)
    .map((row) => tables.finding.read(row))
}
