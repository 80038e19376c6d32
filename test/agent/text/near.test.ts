import t from 'tap'
import { didYouMean, distance, near } from '../../../agent/text/near.ts'

const codes = ['memory.oom-killed', 'memory.oom-storm', 'firewall.flushed', 'firewall', 'certs.expired']

t.test('how many letters are other', async (t) => {
  t.equal(distance('kitten', 'sitting'), 3)
  t.equal(distance('', 'abc'), 3)
  t.equal(distance('Abc', 'aBC'), 0, 'upper and lower case are the same')
})

t.test('what somebody may have meant', async (t) => {
  t.strictSame(near('memory.oom-kiled', codes), ['memory.oom-killed'])
  t.strictSame(near('oom-kiled', codes), ['memory.oom-killed'], 'without the area')
  t.strictSame(near('oom', codes), ['memory.oom-killed', 'memory.oom-storm'], 'a part of it')
  t.strictSame(near('FIREWAL', codes), ['firewall.flushed', 'firewall'])
  t.strictSame(near('oom_killed', codes), ['memory.oom-killed'], 'as metrics write it')
  for (const word of ['nonsense', 'x', '', 'y'.repeat(10_000)]) t.strictSame(near(word, codes), [])
})

t.test('in words', async (t) => {
  t.equal(didYouMean('flushd', codes), '; did you mean firewall.flushed?')
  t.equal(didYouMean('oom', codes), '; did you mean memory.oom-killed or memory.oom-storm?')
  t.equal(didYouMean('a.b', ['a.b1', 'a.b2', 'a.b3']), '; did you mean a.b1, a.b2 or a.b3?')
  t.equal(didYouMean('nonsense', codes), '')
})
