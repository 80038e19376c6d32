import t from 'tap'
import { lookAtHardware } from '../../../agent/host/hardware-look.ts'

t.test('what the library says, in this shape', async (t) => {
  const it = await lookAtHardware()
  t.ok(it.cores > 0)
  t.type(it.board, 'string')
  t.notMatch(it.board, /unknown|default string/i, 'what vendors leave empty is nothing')
  for (const disk of it.disks) {
    t.ok(disk.size > 0)
    t.match(disk.name, /^\S+$/)
    t.not(disk.kind, '')
  }
})
