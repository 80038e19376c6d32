import type { DatabaseSync } from 'node:sqlite'
import { awaitedBy, type Ledger, resolvedKept } from './ledger.ts'
import type { Finding, Keepsake, Point, Sample, Told } from './model.ts'
import { type Silence, silenceKept } from './silence.ts'
import { databaseFile, openDatabase, parsed, rows } from './store/database.ts'
import { type Kept, keepsakeBody, listKeepsakes, putKeepsake } from './store/keepsakes.ts'

const day = 24 * 3600_000

/** How long resolved findings stay in the history. */
export const historyKept = 90 * day
/** Series: as measured for a day, then means of five minutes for a week, then of an hour up to 30 days. */
const steps = [
  { step: 0, kept: day },
  { step: 300_000, kept: 7 * day },
  { step: 3600_000, kept: 30 * day },
] as const

/**
 * What Murphy remembers. Answers come from memory, so that a full or broken disk stops nothing; `problem`
 * says when what is remembered is not safe on the disk.
 */
export interface Store {
  /** Why what is remembered would not survive a restart; undefined while all is well. */
  problem(): string | undefined
  /** What was lost at the start, and where the unreadable file is now. */
  readonly lost?: string
  ledger(): Ledger
  saveLedger(ledger: Ledger): void
  told(sink: string): readonly Told[]
  note(sink: string, entries: readonly Told[]): void
  /** When this sink was first known; notes it if it is new. */
  sinkSince(sink: string, now: number): number
  /** What people asked not to be told of, also what is lately over. */
  silences(): readonly Silence[]
  /** Adds a silence, or changes the one of its id. */
  silence(it: Silence): void
  sample(collector: string): { readonly sample: Sample; readonly at: number } | undefined
  /** Written at once if `soon`, else within a minute: most samples change a little with every look, and a disk is worn by every write. */
  saveSample(collector: string, sample: Sample, at: number, soon?: boolean): void
  addPoints(at: number, values: Readonly<Record<string, number>>): void
  series(name: string, from: number): readonly Point[]
  /** Keeps something whole, on the disk alone: without a disk it is lost with the process. */
  keep(collector: string, it: Keepsake, at: number): void
  kept(collector: string): readonly Kept[]
  keepsake(collector: string, id: number): Uint8Array | undefined
  /** Findings that were open at any time since `from`, oldest first. */
  history(from: number): readonly Finding[]
  /** Writes what is waiting, makes old series coarser, forgets what is too old. */
  tidy(now: number): void
  close(): void
}

/** How long a finding that is only confirmed again may wait to be written. */
const confirmationsWait = 10 * 60_000
const writesWait = 60_000
const mostPointsWaiting = 5_000

/** Opens the state in `stateDir`, moving an unreadable file aside. Never throws: without a disk it remembers in memory. */
export function openStore(stateDir: string, now: number): Store {
  const opened = openDatabase(stateDir, now)
  let { database, problem } = opened

  const ledgerRows = rows(
    database,
    'SELECT json FROM finding WHERE resolved IS NULL OR resolved > ?',
    now - historyKept,
  )
  const told = new Map<string, Map<string, Told>>()
  for (const row of rows(database, 'SELECT sink, json FROM told')) {
    const entry = parsed<Told>(row)
    if (entry) bookOf(String(row.sink)).set(entry.incident, entry)
  }
  const awaited = new Set([...told.values()].flatMap((book) => awaitedBy([...book.values()])))
  let ledger: Ledger = ledgerRows
    .flatMap((row) => parsed<Finding>(row) ?? [])
    .filter((it) => it.resolved === undefined || now - it.resolved < resolvedKept || awaited.has(it.id))
  const written = new Map(ledger.map((it) => [it.id, it]))
  const sinks = new Map(
    rows(database, 'SELECT name, since FROM sink').map((it) => [String(it.name), Number(it.since)]),
  )
  const silences = new Map(
    rows(database, 'SELECT json FROM silence').flatMap((row) => {
      const it = parsed<Silence>(row)
      return it ? [[it.id, it] as const] : []
    }),
  )
  const samples = new Map(
    rows(database, 'SELECT collector, at, json FROM sample').map((it) => [
      String(it.collector),
      { at: Number(it.at), json: String(it.json), saved: Number(it.at) },
    ]),
  )
  let points: (Point & { readonly name: string })[] = []
  let waitingSince = now
  const samplesWaiting = new Set<string>()
  /** True while something in memory is not on the disk: the next write tries all of it again. */
  let behind = false

  function bookOf(sink: string): Map<string, Told> {
    const book = told.get(sink) ?? new Map<string, Told>()
    told.set(sink, book)
    return book
  }

  /** Runs `work` as one transaction. A failure is remembered and said, not thrown. */
  function write(work: (db: DatabaseSync) => void): void {
    try {
      database.exec('BEGIN IMMEDIATE')
      work(database)
      if (behind) writeEverything(database)
      database.exec('COMMIT')
      behind = false
      if (!opened.inMemory) problem = undefined
    } catch (error) {
      behind = true
      problem = `${databaseFile(stateDir)} cannot be written: ${(error as Error).message}. Murphy goes on in memory; free some space or mend the disk.`
      try {
        database.exec('ROLLBACK')
      } catch {
        // There was no transaction to undo.
      }
    }
  }

  const putFinding = (db: DatabaseSync, it: Finding) =>
    db
      .prepare('INSERT OR REPLACE INTO finding (id, code, since, resolved, json) VALUES (?, ?, ?, ?, ?)')
      .run(it.id, it.code, it.since, it.resolved ?? null, JSON.stringify(it))
  const putTold = (db: DatabaseSync, sink: string, it: Told) =>
    db
      .prepare('INSERT OR REPLACE INTO told (sink, incident, json) VALUES (?, ?, ?)')
      .run(sink, it.incident, JSON.stringify(it))
  const putSink = (db: DatabaseSync, sink: string, since: number) =>
    db.prepare('INSERT OR REPLACE INTO sink (name, since) VALUES (?, ?)').run(sink, since)
  const putSilence = (db: DatabaseSync, it: Silence) =>
    db.prepare('INSERT OR REPLACE INTO silence (id, json) VALUES (?, ?)').run(it.id, JSON.stringify(it))
  const putSample = (db: DatabaseSync, collector: string, at: number, json: string) =>
    db
      .prepare('INSERT OR REPLACE INTO sample (collector, at, json) VALUES (?, ?, ?)')
      .run(collector, at, json)
  /** What need not be on the disk at once. */
  const putWaiting = (db: DatabaseSync) => {
    const put = db.prepare('INSERT OR REPLACE INTO series (name, step, at, value) VALUES (?, 0, ?, ?)')
    for (const it of points) put.run(it.name, it.at, it.value)
    points = []
    for (const collector of samplesWaiting) {
      const it = samples.get(collector)
      if (it) putSample(db, collector, it.at, it.json)
    }
    samplesWaiting.clear()
  }
  function writeEverything(db: DatabaseSync): void {
    for (const it of ledger) putFinding(db, it)
    for (const [sink, book] of told) for (const it of book.values()) putTold(db, sink, it)
    for (const [sink, since] of sinks) putSink(db, sink, since)
    for (const it of silences.values()) putSilence(db, it)
    for (const [collector, it] of samples) putSample(db, collector, it.at, it.json)
  }

  return {
    ...(opened.lost && { lost: opened.lost }),
    problem: () => problem,
    ledger: () => ledger,
    saveLedger(next) {
      ledger = next
      const changed = next.filter((it) => worthWriting(written.get(it.id), it))
      if (changed.length === 0 && !behind) return
      write((db) => {
        for (const it of changed) putFinding(db, it)
      })
      for (const it of changed) written.set(it.id, it)
      if (written.size > next.length * 2 + 100) {
        const current = new Set(next.map((it) => it.id))
        for (const id of written.keys()) if (!current.has(id)) written.delete(id)
      }
    },
    told: (sink) => [...(told.get(sink)?.values() ?? [])],
    note(sink, entries) {
      const book = bookOf(sink)
      for (const it of entries) book.set(it.incident, it)
      write((db) => {
        for (const it of entries) putTold(db, sink, it)
      })
    },
    sinkSince(sink, at) {
      const known = sinks.get(sink)
      if (known !== undefined) return known
      sinks.set(sink, at)
      write((db) => putSink(db, sink, at))
      return at
    },
    silences: () => [...silences.values()],
    silence(it) {
      silences.set(it.id, it)
      write((db) => putSilence(db, it))
    },
    sample(collector) {
      const it = samples.get(collector)
      const sample = it && parsed<Sample>(it)
      return sample && { sample, at: it.at }
    },
    saveSample(collector, sample, at, soon = false) {
      const json = JSON.stringify(sample)
      const known = samples.get(collector)
      const same = known?.json === json
      // An unchanged sample is only worth a write now and then: the time of the last look is known from it.
      const saved = same && at - known.saved < confirmationsWait ? known.saved : at
      samples.set(collector, { at, json, saved })
      if (same && saved !== at) return
      samplesWaiting.add(collector)
      if (soon) write(putWaiting)
    },
    addPoints(at, values) {
      for (const [name, value] of Object.entries(values))
        if (Number.isFinite(value)) points.push({ name, at, value })
      points = points.slice(-mostPointsWaiting)
      if (at - waitingSince < writesWait) return
      waitingSince = at
      write(putWaiting)
    },
    series(name, from) {
      const waiting = points
        .filter((it) => it.name === name && it.at >= from)
        .map(({ at, value }) => ({ at, value }))
      const stored = rows(
        database,
        'SELECT at, value FROM series WHERE name = ? AND at >= ? ORDER BY at',
        name,
        from,
      )
      return [...stored.map((it) => ({ at: Number(it.at), value: Number(it.value) })), ...waiting]
    },
    keep: (collector, it, at) => write((db) => putKeepsake(db, collector, it, at)),
    kept: (collector) => listKeepsakes(database, collector),
    keepsake: (collector, id) => keepsakeBody(database, collector, id),
    history(from) {
      const found = rows(
        database,
        'SELECT json FROM finding WHERE resolved IS NULL OR resolved >= ? ORDER BY since LIMIT 10000',
        from,
      )
      return found.flatMap((row) => parsed<Finding>(row) ?? [])
    },
    tidy(at) {
      for (const [sink, book] of told)
        for (const [incident, it] of book)
          if (it.resolved !== undefined && at - it.resolved > 2 * resolvedKept) {
            book.delete(incident)
            write((db) => db.prepare('DELETE FROM told WHERE sink = ? AND incident = ?').run(sink, incident))
          }
      for (const it of [...silences.values()].filter(({ until }) => at - until > silenceKept)) {
        silences.delete(it.id)
        write((db) => db.prepare('DELETE FROM silence WHERE id = ?').run(it.id))
      }
      write((db) => {
        putWaiting(db)
        coarsen(db, at)
        db.prepare('DELETE FROM finding WHERE resolved < ?').run(at - historyKept)
      })
    },
    close() {
      write((db) => {
        putWaiting(db)
        for (const it of ledger)
          if (JSON.stringify(written.get(it.id)) !== JSON.stringify(it)) putFinding(db, it)
      })
      database.close()
    },
  }
}

/** Confirmations come with every round; only news is worth a write to the disk, and now and then the time of the last look. */
function worthWriting(before: Finding | undefined, now: Finding): boolean {
  if (!before) return true
  const { seen: _seen, count: _count, ...news } = now
  const { seen, count: _, ...known } = before
  return now.seen - seen > confirmationsWait || JSON.stringify(news) !== JSON.stringify(known)
}

function coarsen(db: DatabaseSync, now: number): void {
  for (let at = 0; at < steps.length; at += 1) {
    const { step, kept } = steps[at] as (typeof steps)[number]
    const coarser = steps[at + 1]
    if (coarser)
      db.prepare(
        `INSERT OR IGNORE INTO series (name, step, at, value)
         SELECT name, ?1, at - at % ?1, avg(value) FROM series WHERE step = ?2 AND at < ?3 GROUP BY name, at - at % ?1`,
      ).run(coarser.step, step, now - kept)
    db.prepare('DELETE FROM series WHERE step = ? AND at < ?').run(step, now - kept)
  }
}
