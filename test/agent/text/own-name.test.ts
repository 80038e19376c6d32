import t from 'tap'
import { ownName, underName } from '../../../agent/text/own-name.ts'

t.test('the commands of this program under the name that it has there', async (t) => {
  const text = 'Run `agent status`, or `sudo agent doctor`; the `agent` and `agents x` are others'
  t.equal(underName(text), text)
  t.equal(underName(text, 'agent'), text)
  t.equal(
    underName(text, 'murphy'),
    'Run `murphy status`, or `sudo murphy doctor`; the `agent` and `agents x` are others',
  )
})

t.test('a name, and what is none', async (t) => {
  t.equal(ownName('murphy'), 'murphy')
  for (const it of [undefined, '', 'rm -rf', '../x', 'A']) t.equal(ownName(it), undefined)
})
