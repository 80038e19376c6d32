import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import t from 'tap'
import { now } from '../../small.ts'
import { served } from './served.ts'
import { main } from './typed.ts'

t.test('what the daemon answers, on a page, as JSON and in brief, with its exit code', async (t) => {
  const { agent, show } = await served(t)
  t.match(await agent('status'), {
    exit: 2,
    err: '',
    out: /^\S node1 {2}CRITICAL[\s\S]*Debian[\s\S]*\ndiscord +ok/,
  })
  const json = await agent('status', '--json')
  t.match(JSON.parse(json.out), {
    version: 2,
    node: 'node1',
    at: new Date(now).toISOString(),
    state: 'critical',
    problem: undefined,
  })
  t.equal(json.exit, 2)
  t.match(await agent('status', '--brief'), {
    exit: 2,
    out: /^\S node1 {2}CRITICAL[\s\S]*More: agent status\n$/,
  })
  t.strictSame(await agent('status', '-o', 'name', '--severity', 'warning'), {
    ...{ exit: 2, err: '' },
    out: 'firewall.flushed/nft\nfirewall.kube-chains-missing/node\n',
  })
  t.match(await agent('status', '-o', 'xml'), { exit: 3, err: /^agent: -o xml: use one of wide, json/ })
  show({ state: 'ok', incidents: [] })
  t.strictSame(await agent('status', '--brief'), { exit: 0, out: '', err: '' }, 'a login is not disturbed')
})

t.test('what another program answers is no status', async (t) => {
  const { agent, show } = await served(t)
  show({ version: 1 as never })
  t.match(await agent('status'), { exit: 3, out: /Murphy does not answer: .*no status of this version/s })
})

t.test('without a daemon: what it left on the disk, or that it left nothing', async (t) => {
  const { agent, stop, store } = await served(t)
  store.saveSample('certs', { unseen: [] }, Date.now(), true)
  stop()
  const left = await agent('status')
  t.equal(left.exit, 3)
  t.match(
    left.out,
    /^\S test-node {2}UNKNOWN[\s\S]*Murphy is not running on this machine; what follows is \d+ s old/,
  )
  t.match(left.out, /journalctl -u murphy/)
  t.match(JSON.parse((await agent('status', '--json')).out), {
    state: 'unknown',
    node: 'test-node',
    problem: /^Murphy is not running/,
  })
  t.match(await agent('status', '--brief'), { exit: 3, out: /not running/ })
  const other = await agent('--config', '/dev/null/none', 'status')
  t.match(
    other,
    { exit: 3, err: '', out: /Murphy/ },
    'settings that cannot be read keep nobody from an answer',
  )
})

t.test(
  'whoever may not ask is told how, and not at each login',
  { skip: process.getuid?.() !== 0 && 'needs root, to be somebody else' },
  async (t) => {
    const { folder, config } = await served(t)
    chmodSync(folder, 0o755)
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main]
    const ask = async (...args: string[]) => {
      const child = spawn('setpriv', [...nobody, '--config', config, 'status', ...args])
      let out = ''
      child.stdout.on('data', (part) => (out += part))
      const [exit] = await once(child, 'close')
      return { exit, out }
    }
    t.match(await ask(), {
      exit: 3,
      out: /^No permission to ask Murphy: .* `sudo usermod -aG murphy \$USER`/,
    })
    t.strictSame(await ask('--brief'), { exit: 3, out: '' })
  },
)

t.test('--watch shows it again and again, until it is told to stop', async (t) => {
  const { config } = await served(t)
  const child = spawn(process.execPath, [main, '--config', config, 'status', '--watch'])
  let out = ''
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (part) => {
      out += part
      if (out.includes('Ctrl-C ends it.')) resolve()
    }),
  )
  child.kill('SIGINT')
  const [exit] = await once(child, 'close')
  t.equal(exit, 2, 'with the exit code of what was seen last')
  t.match(out, /^\u001b\[H\u001b\[2J\S node1 {2}CRITICAL/)
})
