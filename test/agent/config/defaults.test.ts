import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'

t.test('what has a default is there, whatever it is; what has none is not', async (t) => {
  t.strictSame(
    defaults({
      zero: { type: 'integer', description: 'x', default: 0 },
      no: { type: 'boolean', description: 'x', default: false },
      none: { type: 'string', description: 'x', default: '' },
      list: { type: 'array', description: 'x', default: ['a'], items: { type: 'string' } },
      url: { type: 'string', description: 'x' },
    }),
    { zero: 0, no: false, none: '', list: ['a'] },
  )
  t.strictSame(defaults({}), {})
})
