import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { lastSnapshot } from '../../../agent/api/last-snapshot.ts'
import { rowOf, type Snapshot, shown } from '../../../agent/api/snapshot.ts'
import { allRules } from '../../../agent/cli/commands/explain.ts'
import { renderHistory } from '../../../agent/cli/render/history.ts'
import { renderStatus } from '../../../agent/cli/render/status.ts'
import { defaults } from '../../../agent/config/defaults.ts'
import { incidents } from '../../../agent/core/cascade.ts'
import { guarded } from '../../../agent/core/guard.ts'
import { step, withoutOrphans } from '../../../agent/core/ledger.ts'
import { plan } from '../../../agent/core/plan.ts'
import { type Outcome, round } from '../../../agent/core/round.ts'
import { artifactsOnDisk } from '../../../agent/state/artifacts.ts'
import { databaseFile } from '../../../agent/state/image.ts'
import { lastFindings, lastState } from '../../../agent/state/last-state.ts'
import { openStore, type Store } from '../../../agent/state/store.ts'
import { collectors } from '../../../collectors/index.ts'
import { messengers, workingSettings } from '../../receivers/settings.ts'
import { kind, must, type Part, type Parts, part } from '../kind.ts'
import { page } from '../looks.ts'
import type { Luck } from '../luck.ts'
import { mutated, mutatedJson } from '../mutate.ts'
import { at, remember, settingsOf } from '../remembered.ts'
import { hostOf } from '../world.ts'

const looked = collectors.map((it) => [it, defaults(it.settings)] as const)

/** Tables with what is JSON in them, and the keys of their rows. */
const tables: Readonly<Record<string, readonly [column: string, key: string]>> = {
  finding: ['json', 'id'],
  told: ['json', 'incident'],
  sample: ['json', 'collector'],
  silence: ['json', 'id'],
  artifact: ['about', 'id'],
}

/** Fields of them that are read without asking whether they are there. */
const fields: Readonly<Record<string, readonly string[]>> = {
  told: ['incident', 'severity', 'findings', 'at', 'reminded'],
  finding: [
    'id',
    'code',
    'subject',
    'severity',
    'title',
    'text',
    'impact',
    'fix',
    'since',
    'seen',
    'count',
    'notifyAt',
  ],
  sample: ['unseen'],
}
const others = [null, 0, 1e300, '', 'x', true, [], {}, [null], [{}], [{ what: 1, why: null }]]

let folder = ''
let sound = ''
let bytes: Buffer = Buffer.alloc(0)
/** By `TABLE KEY`. */
let rows = new Map<string, Buffer>()

/**
 * A state file as a disk, a crash, another version or a person left it: rows that hold something else
 * (`row TABLE KEY`), and bytes that do (`byte OFFSET`, `cut OFFSET`). What can be read of it is used, and nothing ends the daemon.
 */
export const state = kind({
  name: 'state',
  cases: 60,
  make(luck) {
    if (luck.odds(0.5)) return [badField(luck)]
    const count = luck.pick([1, 1, 2, 4])
    return Array.from({ length: count }, () => (luck.odds(0.6) ? badRow(luck) : badBytes(luck)))
  },
  async hold(parts) {
    const file = databaseFile(folder)
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true })
    copyFileSync(sound, file)
    spoil(file, parts)
    page(
      'last state',
      shownWithout(() => {
        const left = lastState(folder, at)
        return left && lastSnapshot(left, looked, 'node1', at)
      }),
    )
    lastShown(() => lastFindings(folder, 0))
    const kept = artifactsOnDisk(folder, 'firewall')
    for (const { id } of kept.list) kept.body(id)
    const store = openStore(folder, at)
    try {
      await lived(store, new Set(parts.map(({ name }) => name.replace(/^row sample /, ''))))
    } finally {
      store.close()
    }
    const again = openStore(folder, at + 60_000)
    const findings = again.ledger().length
    again.close()
    must(findings < 10_000, 'what is remembered is bounded', () => `${findings}`)
  },
  async begin() {
    folder = mkdtempSync(join(tmpdir(), 'murphy-fuzz-'))
    sound = join(folder, 'sound.db')
    const store = openStore(folder, at)
    await remember(store)
    store.close()
    copyFileSync(databaseFile(folder), sound)
    bytes = readFileSync(sound)
    const database = new DatabaseSync(sound, { readOnly: true })
    rows = new Map()
    for (const [table, [column, key]] of Object.entries(tables))
      for (const it of database.prepare(`SELECT ${key} AS key, ${column} AS json FROM ${table}`).all())
        rows.set(`${table} ${String(it.key)}`, Buffer.from(String(it.json)))
    database.close()
  },
  async end() {
    rmSync(folder, { recursive: true })
  },
})

function badRow(luck: Luck): Part {
  const table = luck.pick(Object.keys(tables))
  const [name, json] = luck.pick([...rows].filter(([key]) => key.startsWith(`${table} `)))
  return part(`row ${name}`, (luck.odds(0.7) && mutatedJson(luck, json)) || mutated(luck, json))
}

/** A row that is sound but for one field, which is missing or something else. */
function badField(luck: Luck): Part {
  const table = luck.pick(Object.keys(fields))
  const [name, json] = luck.pick([...rows].filter(([key]) => key.startsWith(`${table} `)))
  const row = JSON.parse(json.toString()) as Record<string, unknown>
  const field = luck.pick(fields[table] ?? [])
  const { [field]: _, ...rest } = row
  return part(
    `row ${name}`,
    JSON.stringify(luck.odds(0.4) && field in row ? rest : { ...row, [field]: luck.pick(others) }),
  )
}

function badBytes(luck: Luck): Part {
  const offset = luck.below(bytes.length)
  if (luck.odds(0.2)) return part(`cut ${offset}`, '')
  const length = luck.pick([1, 4, 100, 4096])
  return part(
    `byte ${offset}`,
    luck.odds(0.5) ? Buffer.alloc(length) : Buffer.from(Array.from({ length }, () => luck.below(256))),
  )
}

function spoil(file: string, parts: Parts): void {
  const database = new DatabaseSync(file)
  for (const { name, bytes: by } of parts) {
    const [, table = '', key = ''] = /^row (\w+) (.*)$/s.exec(name) ?? []
    const [column, id] = tables[table] ?? []
    if (column) database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${id} = ?`).run(by.toString(), key)
  }
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  let all = readFileSync(file)
  for (const { name, bytes: by } of parts) {
    const [, what, offset = ''] = /^(byte|cut) (\d+)$/.exec(name) ?? []
    if (what === 'cut') all = all.subarray(0, Number(offset))
    if (what === 'byte') by.copy(all, Math.min(Number(offset), all.length))
  }
  writeFileSync(file, all)
}

/** What a daemon does with what it remembers, from its start on; a look only where the sample before it was changed. */
async function lived(store: Store, changed: ReadonlySet<string>): Promise<void> {
  const rules = allRules()
  const terminal = { color: false, width: 80 }
  store.saveLedger(withoutOrphans(store.ledger(), rules, at))
  const host = hostOf([part('node', 'healthy')])
  const looks: Outcome[] = []
  const careful = collectors.map((it) => guarded(it, () => undefined).collector)
  for (const collector of careful) {
    const settings = settingsOf(collector.name)
    const known = store.sample(collector.name)
    const unseen: unknown = known?.sample?.unseen ?? []
    must(
      Array.isArray(unseen) &&
        unseen.every((it) => typeof it?.what === 'string' && typeof it.why === 'string'),
      'what samples share is as it was written',
      () => JSON.stringify(unseen),
    )
    rowOf(collector, { settings, at, open: store.ledger(), sample: known?.sample })
    if (!changed.has(collector.name) && collector.name !== 'memory') continue
    const outcome = await round(collector, settings, host, {
      ...known,
      heard: [],
      series: (name, from) => store.series(`${collector.name}.${name}`, from),
    })
    looks.push(outcome)
    store.saveLedger(step(store.ledger(), outcome, at))
    if (outcome.sample) store.saveSample(collector.name, outcome.sample, at, true)
  }
  const all = incidents(store.ledger(), rules, at)
  for (const sink of messengers) {
    const since = store.sinkSince(sink.name, at)
    const policy = { min: 'warning', remind: 3600_000, since, silences: store.silences() } as const
    const notices = plan(all, store.told(sink.name), policy, 'node1', at + 90_000)
    must(notices.length < 1000, 'notices are bounded', () => `${notices.length}`)
    for (const it of notices.slice(0, 5)) sink.compose(it, workingSettings(sink))
  }
  for (const { id } of store.kept('firewall')) store.artifact('firewall', id)
  page('history', renderHistory(incidents(store.history(0), rules, at), rules, at, terminal))
  const snapshot: Snapshot = {
    ...{ version: 2, node: 'node1', at, state: 'ok', machine: '', sinks: [], deadlines: [] },
    agent: { version: '0', pid: 1, started: at },
    incidents: shown(all, 'node1', at),
    collectors: careful.map((it) =>
      rowOf(it, {
        settings: settingsOf(it.name),
        at,
        open: store.ledger(),
        outcome: looks.find((look) => look.collector === it.name),
      }),
    ),
    silences: store.silences(),
  }
  page('status', renderStatus(snapshot, terminal))
  store.tidy(at + 3600_000)
}

/** It is no fault to say that a state cannot be read, if in words. */
function shownWithout(ask: () => Snapshot | undefined): string {
  const snapshot = lastShown(ask)
  return snapshot ? renderStatus(snapshot, { color: false, width: 80 }, { stale: 'no agent runs' }) : ''
}

function lastShown<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    // These say that something was taken for what it is not.
    if (error instanceof TypeError || error instanceof RangeError) throw error
    must(error instanceof Error && error.message.length < 1000, 'what cannot be read is said', () =>
      String(error),
    )
    return undefined
  }
}
