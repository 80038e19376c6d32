import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { story } from '../../sequences/story.ts'
import { table, tally, worst } from '../../sequences/tally.ts'
import { playAll } from './play-all.ts'

/** `node test/real/sequences/run.ts [--count 12] [--from 1] [--nodes 6] [--seed 17] [--story]`, as root: real sequences. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    count: { type: 'string', default: '12' },
    nodes: { type: 'string', default: '6' },
    story: { type: 'boolean', default: false },
  },
})
const [from, count, nodes] = [values.seed ?? values.from, values.seed ? 1 : values.count, values.nodes].map(
  Number,
)
if (!Number.isInteger(from) || !((count ?? 0) > 0) || !((nodes ?? 0) > 0)) {
  process.stderr.write(
    'usage: node test/real/sequences/run.ts [--count N] [--from SEED] [--seed SEED] [--nodes N] [--story]\n',
  )
  process.exit(2)
}
const begun = performance.now()
const say = (text: string) => void process.stdout.write(`${text}\n`)
const seconds = (since: number) => `${Math.round((performance.now() - since) / 1000)} s`
const all = await playAll(
  Array.from({ length: count as number }, (_, at) => (from as number) + at),
  nodes as number,
  (it, node) => {
    const bad = it.flaws.filter(({ kind }) => kind !== 'one more message')
    say(`${seconds(begun)}: seed ${it.seed} on node ${node}: ${it.acts.length} acts, ${bad.length} flaws`)
    if (bad.length > 0) writeFileSync(join(tmpdir(), `murphy-sequence-${it.seed}.log`), it.log)
    if (values.story || bad.length > 0)
      say(`\n${story(it)}\n${it.unplaced.map((one) => `?? ${one}`).join('\n')}\n`)
  },
)
const confirmed = all.flatMap((it) => it.confirmed).sort((a, b) => a - b)
say(`${count} sequences from seed ${from}, ${seconds(begun)}\n\n${table(tally(all))}\n`)
say(
  `repair -> confirmed: ${confirmed.length} times, p95 ${confirmed[Math.floor(confirmed.length * 0.95)]} ms, most ${confirmed.at(-1)} ms`,
)
say(`\n${worst(all, 40)}`)
