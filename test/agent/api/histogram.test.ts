import t from 'tap'
import { histogramText } from '../../../agent/api/histogram.ts'
import { Tally } from '../../../agent/core/tally.ts'

const declared = { look_seconds: { help: 'How long.', labels: ['collector'] } }

t.test('counts as buckets that hold one another, with sum and count', async (t) => {
  const tally = new Tally(['seen'])
  tally.add('seen', 200)
  tally.add('seen', 90_000)
  const lines = histogramText('look_seconds', declared, { certs: tally.counts() }, { cluster: 'home' }).split(
    '\n',
  )
  for (const line of [
    '# TYPE murphy_look_seconds histogram',
    'murphy_look_seconds_bucket{collector="certs",le="0.1",cluster="home"} 0',
    'murphy_look_seconds_bucket{collector="certs",le="0.25",cluster="home"} 1',
    'murphy_look_seconds_bucket{collector="certs",le="30",cluster="home"} 1',
    'murphy_look_seconds_bucket{collector="certs",le="+Inf",cluster="home"} 2',
    'murphy_look_seconds_sum{collector="certs",cluster="home"} 90.2',
    'murphy_look_seconds_count{collector="certs",cluster="home"} 2',
  ])
    t.ok(lines.includes(line), line)
})

t.test('a name cannot write lines of its own', async (t) => {
  const text = histogramText('look_seconds', declared, { 'a"} 1\nevil 1\\': new Tally(['seen']).counts() })
  t.notMatch(text, /^evil/m)
  t.match(text, 'collector="a\\"} 1\\nevil 1\\\\"')
})
