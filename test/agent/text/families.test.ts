import t from 'tap'
import { familyNames } from '../../../agent/text/families.ts'

t.test('as people write them', async (t) => {
  t.strictSame(familyNames, { ipv4: 'IPv4', ipv6: 'IPv6' })
})
