import t from 'tap'
import { type Course, chart, judge, sparkline } from './course.ts'

const course = (values: readonly number[]): Course => ({
  what: 'RSS',
  unit: 'MB',
  values,
  spread: 0.03,
  least: 0,
})
const filling = [50, 80, 90, 95]

t.test('flat is what is no more in the last quarter than in the second', (t) => {
  const flat = [...filling, 100, 101, 99, 100, 102, 98, 100, 101, 100, 99, 102, 101]
  t.match(judge(course(flat)), { from: 100, to: 100, verdict: 'flat' })
  t.match(judge(course(flat.map((it, at) => it + at))), { verdict: 'grows' })
  t.match(judge(course(flat.map((it, at) => it - at))), { verdict: 'flat' }, 'less is no growth')
  t.equal(judge({ ...course([1, 1, 2, 2, 3, 3, 4, 4]), least: 2 }).verdict, 'flat', 'within what is allowed')
  t.equal(judge(course([1, 2, 3, 4, 5, 6, 7])).verdict, 'too short')
  t.end()
})

t.test('a sparkline goes from the least to the greatest', (t) => {
  t.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), '▁▂▃▄▅▆▇█')
  t.equal(sparkline([3, 3, 3]), '▁▁▁')
  t.equal(sparkline([]), '')
  t.equal(sparkline(Array.from({ length: 600 }, (_, at) => at)).length, 60)
  t.end()
})

t.test('the chart has a line of each', (t) => {
  const values = [...filling, ...Array.from({ length: 12 }, () => 100)]
  const [, line] = chart([course(values)]).split('\n')
  t.match(line, /^RSS\s+MB\s+100\s+100\s+flat\s+50\s+▁\S+█\s+100$/)
  t.end()
})
