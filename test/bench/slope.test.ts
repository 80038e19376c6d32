import t from 'tap'
import { exponent, type Grown, growthTable, isWorse } from './slope.ts'

const grown = (power: number, scale = 1): Grown => ({
  ...{ of: 'firewall', work: 'rules' },
  points: [200, 2_000, 20_000].map((work) => ({ work, cost: scale * (work / 200) ** power })),
})

t.test('an exponent is the power by which cost grows', (t) => {
  t.equal(exponent({ work: 10, cost: 3 }, { work: 100, cost: 300 }), 2)
  t.equal(exponent({ work: 10, cost: 3 }, { work: 100, cost: 3 }), 0)
  t.end()
})

t.test('worse than linear is what is steeper in any step, beyond what measuring blurs', (t) => {
  t.notOk(isWorse(grown(0)))
  t.notOk(isWorse(grown(1)))
  t.notOk(isWorse(grown(1.1)))
  t.ok(isWorse(grown(1.3)))
  const late: Grown = {
    ...grown(1),
    points: [
      { work: 1, cost: 10 },
      { work: 10, cost: 10 },
      { work: 100, cost: 1000 },
    ],
  }
  t.ok(isWorse(late), 'a step that a long fit would hide')
  t.notOk(isWorse(grown(2, 1e-5)), 'what takes next to no time')
  t.end()
})

t.test('the table shows work, cost, exponents and where a bound cuts', (t) => {
  const bound = { most: 500, what: 'the others are left out' }
  const [head, one, two] = growthTable([grown(1), { ...grown(2), bound }]).split('\n')
  t.match(head, /common node\s+x 10\s+x 100\s+exponents/)
  t.match(
    one,
    /firewall\s+rules\s+200: 1\.00 ms\s+2,000: 10\.0 ms\s+20,000: 100 ms\s+1\.00, 1\.00\s+at most linear$/,
  )
  t.match(two, /2\.00, 2\.00\s+WORSE\s+500: the others are left out$/)
  t.end()
})
