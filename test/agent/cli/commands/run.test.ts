import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { main, typed } from './typed.ts'

const { agent, config, folder } = typed(t)

/** A daemon that has looked once. */
async function running() {
  const daemon = spawn(process.execPath, [main, '--config', config, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  daemon.stdout.on('data', (part) => (said += part))
  daemon.stderr.on('data', (part) => (said += part))
  for (let count = 0; count < 3000 && !said.includes('Ctrl-C'); count += 1) await sleep(10)
  return { daemon, said: () => said, closed: once(daemon, 'close') }
}

t.test('it watches, is asked, lets no second one in, and ends when it is told to', async (t) => {
  t.match(agent('status'), {
    exit: 3,
    out: /^Murphy is not running on this machine; it has left no state\. Start it: /,
  })
  const { daemon, said, closed } = await running()
  t.match(said(), /test-node {2}[\s\S]*checked \d+ s ago/, 'it shows what it watches and finds')
  const asked = agent('status')
  t.ok([0, 1, 2].includes(asked.exit as number), `exit ${asked.exit}`)
  t.match(
    asked.out,
    /\nCHECK +STATE +AGE +SUMMARY\n(?=[\s\S]*certs )(?=[\s\S]*firewall )(?=[\s\S]*cni )[\s\S]*memory /,
  )
  t.notMatch(asked.out, /\u001b/, 'no colour but on a terminal')
  t.match(JSON.parse(agent('status', '--json').out), {
    version: 2,
    node: 'test-node',
    agent: { pid: daemon.pid },
  })
  t.match(agent('run'), { exit: 3, err: /another agent is running/ })
  t.match(agent('silence', 'all', '--for', '2h', '--why', 'a test').out, /^all: silenced until/)
  t.match(agent('status').out, /\nSILENCED +UNTIL +WHY\nall .* a test\n/)
  t.equal(agent('history').exit, 0)
  daemon.kill('SIGTERM')
  t.strictSame(await closed, [0, null])
  t.match(said(), /SIGTERM: stopping/)
  t.notOk(existsSync(join(folder, 'agent.sock')), 'nothing is left in the way')
})

t.test('killed, it leaves what it saw, and the next one takes its place', async (t) => {
  const first = await running()
  first.daemon.kill('SIGKILL')
  await first.closed
  const left = agent('status')
  t.match(left, { exit: 3, out: /^\S test-node {2}UNKNOWN[\s\S]*what follows is \d+ s old[\s\S]*certs / })
  t.equal(agent('history', '--since', '1d', '--json').exit, 0, 'the history is on the disk')
  const second = await running()
  t.match(agent('silence').out, /^all: silenced/, 'what was asked for before a restart still holds')
  second.daemon.kill('SIGINT')
  t.strictSame(await second.closed, [0, null])
})

t.test('with settings that are wrong nothing is started', async (t) => {
  const wrong = join(folder, 'wrong.yaml')
  writeFileSync(wrong, 'nodes: x\n')
  t.match(agent('--config', wrong, 'run'), {
    exit: 78,
    err: /invalid config: 1 error\n.*nodes: unknown key; did you mean node\?/,
  })
})
