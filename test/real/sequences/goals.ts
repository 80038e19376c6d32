import type { Test } from 'tap'
import { story } from '../../sequences/story.ts'
import { figures, table, tally, worst } from '../../sequences/tally.ts'
import { draw } from './draw.ts'
import { playAll } from './play-all.ts'

/** The first twelve in a row that have one of everything (`sequences.test.ts`), and most kinds. */
const first = 190
export const seeds: readonly number[] = Array.from({ length: 12 }, (_, at) => first + at)
/** How many nodes there are at once. */
const nodes = 6
/** `npm test` plays half of them, to stay short; `MURPHY_SEQUENCES=12` plays all. */
const chosen = seeds.slice(0, Number(process.env.MURPHY_SEQUENCES ?? 6))

/** Those that are played, with kills or without: what kills must be alone in the kernel's log. */
export const played = (kills: boolean): readonly number[] =>
  chosen.filter((it) => (draw(it).profile === 'kills') === kills)

/** Plays them, and compares what came of it with the goals of docs/sequences.md. */
export async function meetsTheGoals(t: Test, seeds: readonly number[]): Promise<void> {
  const begun = performance.now()
  const all = await playAll(seeds, nodes)
  const sum = tally(all)
  const took = Math.round((performance.now() - begun) / 1000)
  const confirmed = all.flatMap((it) => it.confirmed).sort((a, b) => a - b)
  const p95 = confirmed[Math.floor(confirmed.length * 0.95)] ?? 0
  t.comment(`${took} s; a repair is confirmed within ${p95} ms (p95 of ${confirmed.length})`)
  t.comment(`\n${table(sum)}\n${worst(all)}`)
  for (const it of all)
    if (it.flaws.some(({ kind }) => wished.has(kind)))
      t.comment(`${story(it)}\n${it.unplaced.join('\n')}\n${it.log}`)
  for (const { name, value, goal, text } of figures(sum))
    t.ok(value <= goal, `${name}: ${text}, goal ${goal}`)
  t.ok(sum.faults >= 2 * seeds.length, `${sum.faults} faults had to be told`)
  t.ok(confirmed.length >= seeds.length, `${confirmed.length} repairs were confirmed`)
}

/** Of these each is shown with its story. */
const wished: ReadonlySet<string> = new Set([
  'wrong cause',
  'swallowed',
  'false alarm',
  'stale',
  'unknown cause',
])
