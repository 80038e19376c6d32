import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export const kinds = ['flips', 'page', 'zeroes', 'cut', 'wal', 'json', 'column', 'schema'] as const
export type Kind = (typeof kinds)[number]

/** Damages a state file that nobody has open, in one of the ways in which disks, hands and bugs do. Says how. */
export function damage(file: string, kind: Kind, random: () => number): string {
  const below = (most: number) => Math.floor(random() * most)
  const bytes = readFileSync(file)
  const pages = Math.max(1, bytes.length / 4096)
  switch (kind) {
    case 'flips': {
      const many = 1 + below(8)
      for (let left = many; left > 0; left -= 1) {
        const at = below(bytes.length)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
      }
      writeFileSync(file, bytes)
      return `${many} flipped bits`
    }
    case 'page':
    case 'zeroes': {
      const page = below(pages)
      const length = random() < 0.5 ? 4096 : 512
      const noise = Uint8Array.from({ length }, () => (kind === 'page' ? below(256) : 0))
      bytes.set(noise, Math.min(bytes.length - length, page * 4096))
      writeFileSync(file, bytes)
      return `${length} bytes of page ${page}: ${kind}`
    }
    case 'cut':
      truncateSync(file, random() < 0.5 ? below(bytes.length) : below(pages) * 4096)
      return 'cut off'
    case 'wal':
      writeFileSync(
        `${file}-wal`,
        Uint8Array.from({ length: 200 + below(9000) }, () => below(256)),
      )
      return 'a -wal of noise'
    case 'json':
    case 'column':
      return rewritten(file, kind, random)
    case 'schema': {
      const text = bytes.subarray(0, 4096).toString('latin1')
      const at = text.indexOf('CREATE TABLE') + 13 + below(600)
      bytes[at % 4096] = 97 + below(26)
      writeFileSync(file, bytes)
      return `byte ${at % 4096} of the schema`
    }
    default:
      return kind satisfies never
  }
}

/** Rows changed by SQL, so that the file is sound for SQLite. */
function rewritten(file: string, kind: 'json' | 'column', random: () => number): string {
  const below = (most: number) => Math.floor(random() * most)
  const db = new DatabaseSync(file)
  try {
    db.exec('PRAGMA ignore_check_constraints = ON')
    const table = pick(
      ['finding', 'judged', 'told', 'silence', 'sample', 'clock', 'artifact', 'series', 'sink'],
      random,
    )
    const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all()
    const json = table === 'artifact' ? 'about' : 'json'
    const hasJson = columns.some((it) => it.name === json)
    const column = kind === 'json' && hasJson ? json : String(columns[below(columns.length)]?.name)
    const count = Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n)
    const row = db.prepare(`SELECT ${column} AS it FROM ${table} LIMIT 1 OFFSET ?`).get(below(count)) ?? {}
    const value = column === json && hasJson ? mutatedJson(String(row.it), random) : strange(random)
    db.prepare(`UPDATE OR REPLACE ${table} SET ${column} = ? WHERE ${column} IS ?`).run(
      value,
      row.it as never,
    )
    return `${table}.${column} = ${String(value).slice(0, 80)}`
  } catch (error) {
    // The schema forbids it: then it cannot be there either.
    return `nothing: ${(error as Error).message}`
  } finally {
    db.close()
  }
}

const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)] as T

/** What no column expects. */
const strange = (random: () => number) =>
  pick<string | number | bigint | Uint8Array | null>(
    ['', 'x', '\u0000', -1, 2 ** 53, 9_223_372_036_854_775_807n, 1e308, Number.POSITIVE_INFINITY, 0.5, null],
    random,
  )

/** The JSON with one of its values, at any depth, dropped or exchanged, or text that is none. */
export function mutatedJson(json: string, random: () => number): string {
  if (random() < 0.1) return pick(['', '{', 'null', '[]', '7', '"x"', json.slice(0, -3), '\u0000'], random)
  if (random() < 0.1) return `${'['.repeat(5000)}${']'.repeat(5000)}`
  const root = JSON.parse(json)
  const places: [Record<string, unknown>, string][] = []
  const walk = (it: unknown) => {
    if (typeof it !== 'object' || it === null) return
    for (const key of Object.keys(it)) {
      places.push([it as Record<string, unknown>, key])
      walk((it as Record<string, unknown>)[key])
    }
  }
  walk(root)
  const place = pick(places, random)
  if (!place) return json
  const [group, key] = place
  if (random() < 0.3) delete group[key]
  else {
    const deep = JSON.parse(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`)
    const values = [
      null,
      true,
      '',
      'x'.repeat(200_000),
      -1,
      1e308,
      8.7e15,
      2 ** 60,
      [],
      {},
      [[null]],
      deep,
      'fatal',
    ]
    group[key] = pick<unknown>(values, random)
  }
  // NaN and infinity have no JSON; a hand writes them all the same.
  const text = JSON.stringify(root)
  return random() < 0.1 ? text.replace(/\d{5,}/, pick(['NaN', '1e999', '-1e999', 'Infinity'], random)) : text
}
