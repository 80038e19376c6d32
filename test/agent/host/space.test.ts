import { statfsSync } from 'node:fs'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'

const machine = openMachine()
const host = machine.during(new AbortController().signal)
t.teardown(() => machine.close())

t.test('a disk is as large, and as full, as the kernel says', async (t) => {
  const folder = t.testdir()
  const kernel = statfsSync(folder)
  const it = await host.space(folder)
  t.equal(it.size, kernel.blocks * kernel.bsize)
  t.equal(it.inodes, kernel.files)
  t.ok(it.available > 0 && it.available <= it.size)
  t.ok(it.inodesFree <= it.inodes)
})

t.test('what is not there has no room', async (t) => {
  await t.rejects(host.space(`${t.testdir()}/none`), { code: 'missing' })
})
