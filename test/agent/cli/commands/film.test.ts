import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { collectors } from '../../../../collectors/index.ts'
import { main, typed } from './typed.ts'

// Each command is a process of its own.
t.setTimeout(180_000)
const { agent, config, folder } = typed(t)
const file = (name: string) => join(folder, name)
const linesOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((it) => JSON.parse(it))

/** A film that goes on until there is a round of every collector in it. */
function untilAll(name: string) {
  const it = spawn(process.execPath, [main, '--config', config, 'record', '--for', '1h', file(name)])
  const ended = once(it, 'exit')
  const rounds = () => {
    const text = existsSync(file(name)) ? readFileSync(file(name), 'utf8') : ''
    return new Set(Array.from(text.matchAll(/^\{"round":"(\w+)"/gm), ([, round]) => round)).size
  }
  return {
    async stop() {
      for (let count = 0; count < 2400 && rounds() < 6; count += 1) await sleep(50)
      it.kill('SIGINT')
      return ended
    },
    said: once(it.stdout, 'data'),
    rounds,
  }
}

t.test('without a daemon it films rounds of its own', async (t) => {
  const made = agent('record', '--for', '2s', file('own.film'))
  t.match(made, {
    exit: 0,
    out: /is not running; filming .* by own rounds[\s\S]*all log text[\s\S]*agent replay/,
  })
  const all = linesOf(file('own.film'))
  t.match(all[0], { film: 1, node: 'test-node' })
  t.match(all.at(-1), { end: 'time' })
  t.equal(statSync(file('own.film')).mode & 0o777, 0o600)
  t.match(agent('record', '--for', '2s', file('own.film')), { exit: 3, err: /exists; name a new file/ })
  const whole = untilAll('whole.film')
  t.strictSame(await whole.stop(), [0, null])
  t.equal(whole.rounds(), collectors.length, 'every collector')
  t.match(agent('replay', file('whole.film')), {
    exit: 0,
    out: /^Film of test-node, from [\s\S]* rounds, \d+ messages?\n$/,
  })
})

t.test('a disk that is full is said', async (t) => {
  const full = `
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const { writeSync } = fs
    fs.writeSync = (fd, it, ...more) => {
      if (!String(it).startsWith('{"round"')) return writeSync(fd, it, ...more)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
    }
    syncBuiltinESMExports()`
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...['--import', `data:text/javascript,${encodeURIComponent(full)}`, main, '--config', config],
      ...['record', '--for', '1m', file('full.film')],
    ],
    { encoding: 'utf8', timeout: 60_000 },
  )
  t.equal(status, 3)
  t.match(stderr, /cannot write \S+full\.film: ENOSPC:\s+no space left/)
  t.notMatch(stderr, /mistake/)
  t.equal(linesOf(file('full.film')).length, 1, 'nothing stands behind it')
})

t.test('a length that is none', async (t) => {
  for (const length of ['0s', '9d'])
    t.match(agent('record', '--for', length, file('no.film')), { exit: 3, err: /invalid duration; use 90s/ })
  t.match(agent('record', '--for', '2s', '/no/such/folder/film'), { exit: 3, err: /cannot be written/ })
  t.notOk(existsSync(file('no.film')))
})

t.test('a running daemon is filmed through its socket, also when that is ended early', async (t) => {
  const daemon = spawn(process.execPath, [main, '--config', config, 'run'], { stdio: 'ignore' })
  t.teardown(async () => {
    daemon.kill()
    await once(daemon, 'exit')
  })
  for (let count = 0; count < 600 && !existsSync(file('agent.sock')); count += 1) await sleep(50)
  const made = agent('record', '--for', '3s', file('its.film'))
  t.match(made, { exit: 0, out: /^Filming the agent on test-node for 3 s/ })
  const all = linesOf(file('its.film'))
  t.match(all.at(-1), { end: 'time' })
  t.match(agent('replay', file('its.film')), { exit: 0 })

  const long = untilAll('long.film')
  await long.said
  t.match(agent('record', '--for', '3s', file('second.film')), { exit: 3, err: /being made already/ })
  t.strictSame(await long.stop(), [0, null])
  t.ok(long.rounds() >= collectors.length, 'an opening look of every collector')
  t.match(linesOf(file('long.film')).at(-1), { end: 'stopped' })
})
