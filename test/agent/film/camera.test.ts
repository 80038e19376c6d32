import t from 'tap'
import { openCamera } from '../../../agent/film/camera.ts'
import type { Host } from '../../../agent/model/index.ts'
import { machine } from '../../collectors/node/machine.ts'
import { plain, planted } from '../planted.ts'
import { headOf } from './shooting.ts'

const head = headOf(1)
const node = (t: Parameters<typeof machine>[0], files: Readonly<Record<string, string>> = {}): Host =>
  machine(t, { '/x': 'a', ...files }, { commands: { say: 'it\n' } })

function filming(opened: readonly string[] = ['k3s'], more = {}) {
  const camera = openCamera(() => 1000)
  const lines: string[] = []
  const write = (line: string) => lines.push(line) > 0
  camera.start({ head, opened, write, resolve: async (path) => path, ...more })
  return { camera, lines, read: () => lines.map((it) => JSON.parse(it)) }
}

t.test('a round is a line, in the order in which rounds end', async (t) => {
  const { camera, read } = filming(['k3s', 'pods'])
  t.ok(camera.filming)
  const heard = [
    { at: 5, text: 'eth0 token=pl4nted' },
    { at: 6, text: '14,1,2,-;said by a program' },
  ]
  const first = camera.shoot('k3s', node(t), heard)
  const second = camera.shoot('pods', node(t), [])
  await second?.host.text('/x')
  second?.done()
  await first?.host.text('/x')
  first?.done()
  await camera.stop('time')
  t.match(read(), [
    head,
    { round: 'pods', heard: [], answers: [['read /x', 'a']], recorded: true },
    { round: 'k3s', heard: [{ at: 5 }, { text: '14,1,2,-;<removed>' }], answers: [] },
    { end: 'time', at: 1000 },
  ])
  t.notMatch(JSON.stringify(read()), /pl4nted|said by a program/)
  t.notOk(camera.filming)
  t.equal(camera.shoot('k3s', node(t), []), undefined)
})

t.test('a collector is filmed from its opening look on', async (t) => {
  const { camera, read } = filming([])
  t.equal(camera.shoot('k3s', node(t), []), undefined)
  camera.shoot('k3s', node(t), [], true)?.done()
  camera.shoot('k3s', node(t), [])?.done()
  await camera.stop('stopped')
  t.equal(read().length, 4)
})

t.test('one film at a time, and one that nobody takes ends', async (t) => {
  let ended = 0
  const { camera, lines } = filming(['k3s'], { write: () => false, ended: () => ended++ })
  t.throws(() => camera.start({ head, opened: [], write: () => true }), /being made already/)
  camera.shoot('k3s', node(t), [])?.done()
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.notOk(camera.filming)
  t.equal(ended, 1)
  t.strictSame(lines, [])
})

t.test('a film that cannot be written ends', async (t) => {
  let ended = 0
  const write = () => {
    throw new Error('no space left')
  }
  const { camera } = filming(['k3s'], { write, ended: () => ended++ })
  camera.shoot('k3s', node(t), [])?.done()
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.notOk(camera.filming)
  t.equal(ended, 1)
})

t.test('what a round was still waiting for had no answer in time', async (t) => {
  const { camera, read } = filming()
  const never = { ...node(t), run: () => new Promise<never>(() => {}) }
  const shot = camera.shoot('k3s', never, [])
  void shot?.host.run(['sleep'])
  shot?.done()
  await camera.stop('time')
  t.match(read()[1].answers, [['run ["sleep"]', { error: ['timeout', /its round was over/] }]])
})

t.test('thirty kinds of secrets, planted wherever something is read, are in no film', async (t) => {
  const lines = planted.map(([text]) => text)
  const text = lines.join('\n')
  const comments = `${plain}\n${text}`
    .split('\n')
    .map((it) => `# ${it}\n`)
    .join('')
  const files = {
    '/etc/rancher/k3s/config.yaml': `token: ${plain}\n${comments}`,
    '/etc/default/k3s': `FOO=${plain}\nK3S_TOKEN=${plain}\n`,
    '/var/lib/rancher/k3s/server/tls/a.key': plain,
    '/srv/notes': text,
    '/var/log/pods/x.log': `${plain}\n${text}`,
  }
  const { camera, lines: film } = filming()
  const host: Host = {
    ...node(t, files),
    run: async () => ({ stdout: text, stderr: text, exit: 1 }),
    get: async () => ({ status: 200, body: text }),
    list: async () => lines.map((name) => ({ name, kind: 'file' as const })),
    range: async () => Buffer.from(text),
    target: async () => text,
    kmsg: async (_, record) => record(`14,1,2,-;${text}`),
  }
  const shot = camera.shoot(
    'k3s',
    host,
    lines.map((it) => ({ at: 1, text: it })),
  )
  for (const path of Object.keys(files)) {
    await shot?.host.read(path)
    await shot?.host.owned(path)
  }
  for (const it of lines) await shot?.host.read(`/none/${it}`).catch(() => {})
  await shot?.host.run(['x', '--token', plain, text])
  await shot?.host.get({ host: 'h', port: 1, path: `/${text}` })
  await shot?.host.list('/x')
  await shot?.host.range('/var/log/pods/x.log', 0, 10)
  await shot?.host.target('/x')
  await shot?.host.kmsg(0, () => {})
  shot?.done()
  await camera.stop('time')
  const all = film.join('')
  t.ok(all.includes('"round":"k3s"') && all.includes('run [') && all.includes('kmsg'))
  for (const [from, secret] of planted) t.notOk(all.includes(secret), from)
  t.notOk(all.includes(plain), plain)
})

t.test('of a file whose path cannot be resolved nothing is kept', async (t) => {
  const { camera, read } = filming(['k3s'], { resolve: async () => undefined })
  const shot = camera.shoot('k3s', node(t), [])
  await shot?.host.text('/x')
  shot?.done()
  await camera.stop('time')
  t.strictSame(read()[1].answers, [['read /x', '<removed>\n']])
})
