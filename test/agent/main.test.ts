import t from 'tap'
import { typed } from './cli/commands/typed.ts'

const { agent } = typed(t)

t.test('a mistake of the caller is told as a sentence', async (t) => {
  t.match(agent('stauts'), { exit: 3, err: /unknown command/ })
  t.match(agent('version'), { exit: 0, out: /^murphy \d+\.\d+\.\d+, node v24/ })
  t.match(agent('--help').out, /status/)
})
