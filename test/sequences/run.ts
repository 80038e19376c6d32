import { parseArgs } from 'node:util'
import { choose, profiles } from './profile.ts'
import { play } from './sequence.ts'
import { story } from './story.ts'
import { table, tally, worst } from './tally.ts'

/** `node test/sequences/run.ts [--count 50] [--from 1]`: the figures; `--seed 17 --story`: one sequence to read. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    count: { type: 'string', default: '50' },
    story: { type: 'boolean', default: false },
    looks: { type: 'string' },
  },
})
if (values.looks !== undefined) choose(values.looks as keyof typeof profiles)
const from = Number(values.seed ?? values.from)
const count = values.seed === undefined ? Number(values.count) : 1
if (!Number.isInteger(from) || !(count > 0) || (values.looks !== undefined && !(values.looks in profiles))) {
  process.stderr.write(
    'usage: node test/sequences/run.ts [--count N] [--from SEED] [--seed SEED] [--story] [--looks former|present]\n',
  )
  process.exit(2)
}
const begun = performance.now()
const all = Array.from({ length: count }, (_, index) => play(from + index))
if (values.story) process.stdout.write(`${all.map(story).join('\n\n')}\n\n`)
const took = Math.round(performance.now() - begun) / 1000
process.stdout.write(
  `${count} sequences from seed ${from}, ${took} s\n\n${table(tally(all))}\n\n${worst(all, 40)}\n`,
)
