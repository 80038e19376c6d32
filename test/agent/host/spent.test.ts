import { execFileSync } from 'node:child_process'
import t from 'tap'
import { spent } from '../../../agent/host/spent.ts'

t.test('it counts its own work and that of ended children', async (t) => {
  const before = spent()
  // By its own count, as another process may have the processor meanwhile.
  const end = process.cpuUsage().user + 60_000
  while (process.cpuUsage().user < end);
  const own = spent() - before
  t.ok(own >= 30, `${own} ms`)
  execFileSync('sh', ['-c', 'n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done'])
  t.ok(spent() - before - own >= 20, 'the child was slower than the kernel counts')
})

t.test('a program name cannot move the fields, and without /proc it counts itself', async (t) => {
  const fields = Array.from({ length: 50 }, (_, at) => String(at + 3))
  const with4 = spent(() => `7 (a) b) 9 9 (c) ${fields.join(' ').replace(/^3/, 'S')}`)
  const without = spent(() => {
    throw new Error('no /proc')
  })
  t.ok(Math.abs(with4 - without - (16 + 17) * 10) < 50)
  t.ok(Math.abs(spent(() => 'nonsense') - without) < 50)
})
