import t from 'tap'
import { describeMachine } from '../../../agent/host/describe.ts'

t.test('which machine, in words', async (t) => {
  const folder = t.testdir({ a: 'NAME=x\nPRETTY_NAME="Some Linux 9 (nine)"\n', b: 'garbage' })
  t.match(describeMachine(`${folder}/a`), /^Some Linux 9 \(nine\), kernel \d+\.\d+.*, \d+ cores?, \d+ GiB$/)
  for (const path of ['b', 'none']) t.match(describeMachine(`${folder}/${path}`), /^kernel /)
})
