import t from 'tap'
import type { ArtifactEntry } from '../../../../agent/model/index.ts'
import { chosen, keptRules, rulesNow } from '../../../../collectors/firewall/page/kept.ts'
import { reaching } from './reach.ts'

const kept = (id: number, good: boolean): ArtifactEntry => ({ id, at: 0, size: 1, about: { rules: 1, good } })

t.test('which one is meant', async (t) => {
  const list = [kept(3, false), kept(2, true), kept(1, true)]
  t.equal(chosen(list, 'good').id, 2, 'the newest that was well')
  t.equal(chosen(list, '1').id, 1)
  t.equal(chosen([kept(3, false)], 'good').id, 3, 'without a good one, the newest')
  t.throws(() => chosen(list, '9'), {
    ...{ name: 'Refusal', message: 'no kept rule set 9; valid: good, now, 3, 2, 1' },
  })
  t.throws(() => chosen([], 'good'), { name: 'Refusal', message: /^no rule set is kept yet/ })
})

t.test('what is not there any more, and what may not be read', async (t) => {
  const { reach, sample } = await reaching('healthy', ['healthy'])
  t.strictSame(await keptRules(reach, kept(1, true)), await rulesNow(reach, sample))
  await t.rejects(keptRules(reach, kept(3, true)), {
    name: 'Refusal',
    message: 'rule set 3 was deleted meanwhile; see `agent firewall`',
  })
  const closed = { ...reach, asking: async () => undefined as never }
  await t.rejects(rulesNow(closed, sample), { name: 'Refusal', message: /as root$/ })
})
