import t from 'tap'
import { base, date, duration, moment, plain, quoted } from '../../../collectors/certs/words.ts'

t.test('times', async (t) => {
  const at = Date.parse('2027-11-23T00:12:31Z')
  t.equal(moment(at), '2027-11-23 00:12 UTC')
  t.equal(date(at), '2027-11-23')
  t.equal(duration(89.9 * 86_400_000), '89 d')
  t.equal(duration(47 * 3_600_000), '47 h')
  t.equal(duration(119 * 60_000), '119 min')
  t.equal(duration(119_000), '119 s')
  t.equal(duration(-5), '0 s')
})

t.test('strings from outside', async (t) => {
  t.equal(plain('a\u0000\u001b[31mb\u202ec`d`'), "a [31mb c'd'")
  t.equal(plain('x'.repeat(200)).length, 120)
  t.equal(plain('  a  '), 'a')
  t.equal(base('/a/b.crt'), 'b.crt')
  t.equal(base('b.crt'), 'b.crt')
  t.equal(quoted('/var/lib/a.crt'), '/var/lib/a.crt')
  t.equal(quoted("/tmp/a b'; rm -rf $(x)"), `'/tmp/a b'\\''; rm -rf $(x)'`)
})
