import t from 'tap'
import { fallbackFlaws } from '../../../agent/config/fallbacks.ts'

const flaws = (...sinks: readonly (readonly [name: string, onlyWhen?: unknown])[]) =>
  fallbackFlaws(sinks.map(([name, onlyWhen], at) => ({ at, name, onlyWhen }))).map(
    ({ at, text }) => `${at} ${text}`,
  )

t.test('a sink may stand in for others, and another for it', async (t) => {
  t.strictSame(flaws(['discord'], ['sms', ['discord']], ['email', ['discord', 'sms']]), [])
})

t.test('names of no sink, of itself, of nobody', async (t) => {
  t.strictSame(flaws(['discord'], ['sms', ['dicord']]), [
    '1 names a sink that is not there; the others are: discord',
  ])
  t.strictSame(
    flaws(['sms', ['s3cr3t']]),
    ['0 names a sink that is not there; the others are: none'],
    'unquoted',
  )
  t.match(flaws(['discord'], ['sms', ['discord', 'sms']]), [/^1 names this sink itself/])
  t.match(flaws(['discord'], ['sms', []]), [/^1 is empty/])
})

t.test('sinks that wait for one another are never used', async (t) => {
  t.match(flaws(['a', ['b']], ['b', ['c']], ['c', ['a']], ['d', ['a']]), [/^0 these/, /^1 these/, /^2 these/])
})

t.test('what is wrong in other ways is said elsewhere', async (t) => {
  t.strictSame(flaws(['discord'], ['sms', 'discord'], ['x', [7]]), [])
  t.strictSame(fallbackFlaws([{ at: 0 }, { at: 1, name: 'sms', onlyWhen: ['discord'] }]), [])
})
