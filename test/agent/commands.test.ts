import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { main, typed } from './cli/commands/typed.ts'

const { agent, config } = typed(t)

t.test('run watches; status asks it; without it status says so, with what is left', async (t) => {
  const before = agent('status')
  t.equal(before.exit, 3)
  t.match(before.out, /Murphy is not running on this machine; and has left no state\.|Murphy is not running/)

  const daemon = spawn(process.execPath, [main, '--config', config, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  daemon.stdout.on('data', (part) => (said += part))
  daemon.stderr.on('data', (part) => (said += part))
  for (let count = 0; count < 3000 && !said.includes('Ctrl-C'); count += 1) await sleep(10)
  t.match(said, /test-node.*\(looked/, 'it shows what it watches and finds')

  const asked = agent('status')
  t.ok([0, 1, 2].includes(asked.exit as number), `exit ${asked.exit}`)
  t.match(asked.out, /certs .*\n[\s\S]*firewall .*\n[\s\S]*cni .*\n[\s\S]*memory /)
  t.notMatch(asked.out, /\u001b/, 'no colour but on a terminal')
  const json = JSON.parse(agent('status', '--json').out)
  t.match(json, { version: 1, node: 'test-node', agent: { pid: daemon.pid } })
  t.match(agent('run').err, /another agent is running/)

  t.match(agent('silence', 'all', '--for', '2h', '--why', 'a test'), {
    exit: 0,
    out: /all: silenced until .* UTC \(2 h\): a test/,
  })
  t.match(agent('status').out, /Silenced until .*: all \(a test\)/)
  t.match(agent('silence').out, /^all: silenced/)
  t.match(agent('silence', 'all', '--end').out, /is told again/)
  t.match(agent('silence').out, /Nothing is silenced/)
  t.match(agent('silence', 'memory.blind'), { exit: 3, err: /is never hidden/ })
  t.match(agent('silence', 'firewall.flushd'), { exit: 3, err: /there is no finding called/ })
  t.match(agent('silence', 'all', '--for', 'ever'), { exit: 3, err: /right is for example/ })
  t.equal(agent('history').exit, 0)
  t.equal(agent('history', '--since', 'long').exit, 3)

  daemon.kill('SIGKILL')
  await new Promise((resolve) => daemon.once('close', resolve))
  const left = agent('status')
  t.equal(left.exit, 3)
  t.match(left.out, /^UNKNOWN[\s\S]*Murphy is not running on this machine; what follows is \d+ s old/)
  t.match(left.out, /certs /)
  t.match(JSON.parse(agent('status', '--json').out), { state: 'unknown', problem: /not running/ })
  t.match(agent('status', '--brief').out, /not running/)
  t.equal(agent('history', '--since', '1d', '--json').exit, 0, 'the history is on the disk')
  t.match(agent('silence'), { exit: 3, err: /only a running agent/ })
})
