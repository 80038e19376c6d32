import { join } from 'node:path'
import t from 'tap'
import { asking, recorded, timeOf } from '../../../../agent/cli/commands/hosts.ts'

const noon = Date.parse('2027-11-15T12:00:00Z')

t.test('a time, none, or a sentence', async (t) => {
  t.equal(timeOf('2027-11-15T12:00:00Z'), noon)
  t.equal(timeOf(undefined), undefined)
  const refusal = {
    name: 'Refusal',
    exit: 3,
    message: /^--at soon: invalid time; use RFC 3339, such as 2027/,
  }
  t.throws(() => timeOf('soon'), refusal)
})

t.test('a recorded node, at its own time or at another, or a sentence', async (t) => {
  const folder = join(import.meta.dirname, '../../../nodes/healthy')
  const host = recorded(folder)
  t.match(host, { recorded: true, node: 'node1' })
  t.not(host.now(), noon)
  t.equal(recorded(folder, noon).now(), noon)
  t.throws(() => recorded(t.testdir()), { name: 'Refusal', exit: 3, message: /no recorded node/ })
})

t.test('this machine is asked, at any time; what goes wrong is handed on', async (t) => {
  const answer = await asking(
    async (host) => [host.recorded, host.now(), await host.text('/proc/self/comm')],
    noon,
  )
  t.match(answer, [false, noon, /\S\n$/])
  const failing = asking(async () => {
    throw new TypeError('mistake')
  })
  await t.rejects(failing, { name: 'TypeError', message: 'mistake' })
})
