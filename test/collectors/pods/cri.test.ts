import t from 'tap'
import { contentOf, headerAt, timeOf } from '../../../collectors/pods/cri.ts'

t.test('lines as containerd writes them', async (t) => {
  const line = Buffer.from('2026-11-23T00:29:20.773434732Z stdout F eating\n')
  t.match(headerAt(line, 0), { partial: false, content: 40 })
  t.equal(timeOf(line, 0), Date.parse('2026-11-23T00:29:20.773Z'))
  const whole = Buffer.from('2026-11-23T00:29:20Z stderr P x\n')
  t.match(headerAt(whole, 0), { partial: true, content: 30 })
  t.not(headerAt(whole, 0)?.stream, headerAt(line, 0)?.stream)
  const zoned = Buffer.from('2026-11-23T01:29:20.773434732+01:00 stdout F x\n')
  t.equal(timeOf(zoned, 0), Date.parse('2026-11-23T00:29:20.773Z'))
})

t.test('other lines have no header', async (t) => {
  for (const text of [
    '',
    'x',
    '{"log":"x\\n","stream":"stdout","time":"2026-11-23T00:29:20Z"}\n',
    'a b c d e f g h i j k l m n o p',
  ]) {
    const line = Buffer.from(text)
    t.equal(headerAt(line, 0), undefined)
    t.equal(contentOf(line, 0), 0)
    t.equal(timeOf(line, 0), undefined)
  }
})
