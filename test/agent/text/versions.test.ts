import t from 'tap'
import { isNewer } from '../../../agent/text/versions.ts'

t.test('the order of semver.org', async (t) => {
  const rising = [
    '0.1.0',
    '0.2.0-alpha',
    '0.2.0-alpha.1',
    '0.2.0-alpha.beta',
    '0.2.0-beta.2',
    '0.2.0-beta.11',
  ]
  const all = [...rising, '0.2.0-rc.1', '0.2.0', '0.10.0', '1.0.0', 'v1.0.1']
  for (const [at, one] of all.entries())
    for (const [where, other] of all.entries())
      t.equal(isNewer(one, other), at > where, `${one} and ${other}`)
  t.equal(isNewer('1.0.0+2', '1.0.0+1'), false)
  for (const it of ['', 'x', '-', '...']) t.equal(isNewer(it, '0.1.0'), false, it)
})
