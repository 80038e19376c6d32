import t from 'tap'
import { faults } from './faults/index.ts'
import { ordinary } from './ordinary.ts'
import { alone, ordinarily, play } from './sequence.ts'
import { story } from './story.ts'
import { figures, table, tally, worst } from './tally.ts'

/**
 * Sequences that nobody wrote: docs/sequences.md says what is modelled, and what the figures mean. A thousand are
 * `npm run bench -- --only sequences`; `node test/sequences/run.ts --seed 17 --story` prints one to read.
 */
const node = { ufw: true, peer: true, dnsHere: true, panics: false }
const minute = 60_000

/** Judged over all sequences, not in each. */
const notHere: ReadonlySet<string> = new Set(['unknown cause', 'one more message'])

t.test('50 sequences reach what is held', async (t) => {
  const all = Array.from({ length: 50 }, (_, index) => play(index + 1))
  const sum = tally(all)
  t.comment(`\n${table(sum)}\n${worst(all)}`)
  for (const { name, value, held, text } of figures(sum))
    t.ok(value <= held, `${name}: ${text}, held ${held}`)
  t.ok(sum.faults > 200, `${sum.faults} faults had to be told`)
  const bad = all.find((it) => it.flaws.some((one) => !notHere.has(one.kind)))
  if (bad && !t.passing()) t.comment(story(bad))
})

t.test('a seed is the same sequence every time', async (t) => {
  t.equal(story(play(17)), story(play(17)))
})

/** What is no fault to be told: k3s comes back by itself within seconds. */
const quiet: ReadonlySet<string> = new Set(['k3s crashes once', 'killall'])

t.test('every kind of fault by itself', async (t) => {
  t.ok(faults.length >= 40, `${faults.length} kinds`)
  for (const { kind, lasts: [, most] = [0, 20 * minute] } of faults) {
    const it = alone(kind, 7, node, most)
    t.equal(it.acts[0]?.kind, kind, `${kind} can happen`)
    const rang = it.messages.filter(({ rings }) => rings)
    if (!quiet.has(kind)) t.ok(rang.length > 0, `${kind} rings`)
    const own = it.flaws.filter((one) => !notHere.has(one.kind))
    t.strictSame(own, [], `${kind}: ${own[0]?.kind} ${own[0]?.text}`)
  }
})

t.test('every ordinary act by itself tells nobody anything', async (t) => {
  for (const { kind } of ordinary.filter((it) => it.kind !== 'blindness')) {
    const it = ordinarily(kind, 7, node)
    t.equal(it.messages.length, 0, `${kind}: ${story(it)}`)
  }
})
