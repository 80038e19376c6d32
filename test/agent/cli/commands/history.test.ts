import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { history } from '../../../../agent/cli/commands/history.ts'
import { finding } from '../../findings.ts'
import { served } from './served.ts'

const hour = 3_600_000

t.test('what happened since, from the daemon and, without one, from the disk', async (t) => {
  const { agent, store, stop } = await served(t)
  const now = Date.now()
  const over = (code: string, ago: number) =>
    finding({
      code,
      title: `title of ${code}`,
      since: now - ago,
      resolved: now - ago + 1000,
      seen: now - ago,
    })
  store.saveLedger([
    over('firewall.flushed', 2 * hour),
    over('certs.expiring', 30 * hour),
    over('memory.pressure', 9 * 24 * hour),
  ])
  for (const from of ['the daemon', 'the disk']) {
    const codes = async (...args: string[]) => {
      const { out, exit } = await agent('history', '--json', ...args)
      t.equal(exit, 0)
      return (JSON.parse(out) as { cause: { code: string } }[]).map((it) => it.cause.code)
    }
    t.strictSame(
      await codes(),
      ['certs.expiring', 'firewall.flushed'],
      `${from}: a week where nothing is said`,
    )
    t.strictSame(
      await codes('--since', '999d'),
      ['memory.pressure', 'certs.expiring', 'firewall.flushed'],
      `${from}: oldest first`,
    )
    stop()
  }
})

t.test('each incident says whose it is, so that those of several nodes can be put together', async (t) => {
  const { agent, store, config } = await served(t)
  appendFileSync(config, 'cluster: home\n')
  const since = Date.now() - 2 * hour
  store.saveLedger([finding({ code: 'firewall.flushed', since, seen: since })])
  const whose = { node: 'test-node', cluster: 'home', fingerprint: /^[0-9a-f]{16}$/ }
  t.match(JSON.parse((await agent('history', '--json')).out), [whose])
  t.match(JSON.parse((await agent('why', '--json')).out), whose)
})

t.test('as a page', async (t) => {
  const { agent, store } = await served(t)
  const since = Date.now() - 2 * hour
  store.saveLedger([
    finding({ code: 'firewall.flushed', title: 'the firewall was flushed', since, seen: since }),
  ])
  const { exit, out } = await agent('history', '--since', '12h')
  t.equal(exit, 0)
  t.match(out, /the firewall was flushed/)
})

t.test('what is no time, and nothing to tell', async (t) => {
  const { config, folder, stop, store } = await served(t)
  const refused = (message: RegExp, options = {}) =>
    t.rejects(history({ config, ...options }), { name: 'Refusal', exit: 3, message })
  await refused(/^--since long: use for example 12h or 7d$/, { since: 'long' })
  stop()
  store.close()
  rmSync(`${folder}/state`, { recursive: true })
  await refused(/^Murphy is not running and left no state in .*: connect ENOENT/)
  mkdirSync(`${folder}/state`)
  writeFileSync(`${folder}/state/murphy.db`, 'garbage'.repeat(1000))
  await refused(/^Murphy is not running, and its state in .* cannot be read: /)
})
