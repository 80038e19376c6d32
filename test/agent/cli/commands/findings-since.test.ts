import t from 'tap'
import { findingsSince } from '../../../../agent/cli/commands/findings-since.ts'
import { settings } from '../../../../agent/cli/commands/settings.ts'
import { finding } from '../../findings.ts'
import { served } from './served.ts'

t.test('from the daemon, from the disk without one, and a sentence without either', async (t) => {
  const { config, store, stop } = await served(t)
  const since = Date.now() - 60_000
  store.saveLedger([finding({ code: 'firewall.flushed', since, seen: since })])
  const where = settings({ config })
  const codes = async () => (await findingsSince(since - 1, where)).map((it) => it.code)
  t.strictSame(await codes(), ['firewall.flushed'], 'the daemon')
  stop()
  t.strictSame(await codes(), ['firewall.flushed'], 'the disk')
  await t.rejects(findingsSince(0, { ...where, stateDir: t.testdir({}) }), {
    name: 'Refusal',
    message: /^Murphy is not running and left no state in /,
  })
})
