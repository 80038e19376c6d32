import t from 'tap'
import { show } from '../../../../collectors/firewall/page/show.ts'
import { printed } from '../look.ts'
import { reaching } from './reach.ts'

const terminal = { color: false, width: 80 }

t.test('a kept rule set to the letter, or what there is instead', async (t) => {
  const { reach } = await reaching('healthy', ['healthy', 'ufw-default-deny'])
  t.equal(await show.print(reach, ['good'], {}, terminal), await printed('healthy'))
  const ipv6 = await printed('ufw-default-deny', 'ip6tables-nft-save')
  t.equal(await show.print(reach, ['2'], { ipv6: true }, terminal), ipv6)
  t.equal(await show.print(reach, ['2'], { part: 'ipv6 nft' }, terminal), ipv6)
  await t.rejects(show.print(reach, ['2'], { legacy: true }, terminal), {
    ...{ name: 'Refusal', message: /^rule set 2 has no part ipv4 legacy; valid: .*ipv4 nft/ },
  })
})
