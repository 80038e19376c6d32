import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { openMachine } from '../../agent/host.ts'
import { HostError } from '../../agent/model.ts'
import { recording } from '../../agent/record.ts'
import { recordedNode } from '../../agent/recorded.ts'
import { nameserver } from './host/nameserver.ts'

t.test('what is recorded answers as the machine did', async (t) => {
  const folder = t.testdir({ node: { etc: { conf: 'token: s3cr3t\nport: 1\n', sub: {} } } })
  const etc = join(folder, 'node/etc')
  symlinkSync('conf', join(etc, 'link'))
  const machine = openMachine()
  const names = await nameserver()
  t.teardown(() => names.close())
  const dns = { server: '127.0.0.1', port: names.port }
  const target = join(folder, 'recorded')
  const server = createServer((_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const it = recording(machine.during(new AbortController().signal), target, 'node1')
  const asked = async (host: typeof it | ReturnType<typeof recordedNode>) => {
    const lines: string[] = []
    return {
      conf: (await host.text(join(etc, 'conf'))).replace(/token: .*/, 'token'),
      list: await host.list(etc),
      stat: await host.stat(join(etc, 'link')),
      link: await host.target(join(etc, 'link')),
      missing: await host.text(join(etc, 'none')).catch((error: HostError) => error.code),
      ran: await host.run(['sh', '-c', 'echo out; echo err >&2; exit 3']),
      lined: await host.run(['printf', 'a\nb\n'], { line: (line) => lines.push(line) }),
      lines,
      none: await host.run(['no-such-command']).catch((error: HostError) => error.code),
      asked: await host
        .get({ host: '127.0.0.1', port: 1, path: '/healthz', plain: true })
        .catch((error: HostError) => error.code),
      said: await host.get({ host: '127.0.0.1', port, path: '/', plain: true }),
      room: { ...(await host.space(etc)), available: 0, inodesFree: 0 },
      nowhere: await host.space(join(etc, 'none')).catch((error: HostError) => error.code),
      served: await host.handshake({ host: '127.0.0.1', port: 1 }).catch((error: HostError) => error.code),
      names: await host.resolve({ ...dns, name: 'a.example' }),
      silent: await host
        .resolve({ ...dns, name: 'silent', timeout: 50, tries: 1 })
        .catch((error: HostError) => error.code),
    }
  }
  const then = await asked(it)
  it.finish()
  t.strictSame(await asked(recordedNode(target)), then)
  t.match(
    readFileSync(join(target, 'files', etc, 'conf'), 'utf8'),
    /^token: "<removed>"\nport: 1\n$/,
    'without the secret',
  )
  machine.close()
})

t.test('what programs, errors and the kernel say is recorded without secrets', async (t) => {
  const target = join(t.testdir(), 'recorded')
  const machine = openMachine().during(new AbortController().signal)
  const fail = async () => {
    throw new HostError('failed', 'asked with --token s3cr3t: no')
  }
  const it = recording(
    {
      ...machine,
      read: fail,
      get: fail,
      handshake: fail,
      stats: async () => [new HostError('failed', 'K3S_TOKEN=s3cr3t')],
      kmsg: async (_, record) => record('6,1,2,-;Command line: K3S_TOKEN=s3cr3t quiet'),
    },
    target,
    'node1',
  )
  await it.run(['sh', '-c', 'cat >&2 "$0"', join(t.testdir({ said: 'no: password=s3cr3t\n' }), 'said')])
  await it.run(['no-such-command']).catch(() => {})
  await it.read('/x').catch(() => {})
  await it.stats(['/y'], [])
  await it.get({ host: 'x', port: 1, path: '/' }).catch(() => {})
  await it.handshake({ host: 'x', port: 1 }).catch(() => {})
  await it.kmsg(-1, () => {})
  it.finish()
  let files = 0
  for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    files += 1
    t.notMatch(readFileSync(join(entry.parentPath, entry.name), 'utf8'), /s3cr3t/, entry.name)
  }
  t.ok(files >= 4)
  const kept: string[] = []
  await recordedNode(target).kmsg(-1, (record) => kept.push(record))
  t.same(kept, ['6,1,2,-;Command line: K3S_TOKEN=<removed> quiet'])
})

t.test('parts of a log are recorded in their place, without secrets', async (t) => {
  const lines = ['first line\n', 'password: swordfish-and-more\n', 'token: a\n', 'last line\n']
  const folder = t.testdir({ log: lines.join('') })
  const path = join(folder, 'log')
  const machine = openMachine()
  t.teardown(() => machine.close())
  const target = join(folder, 'recorded')
  const it = recording(machine.during(new AbortController().signal), target, 'node1')
  const at = (line: number) => lines.slice(0, line).join('').length
  const read = async (line: number) =>
    Buffer.from(await it.range(path, at(line), lines[line]?.length ?? 0)).toString()
  for (const line of [1, 2, 3]) t.equal(await read(line), lines[line], 'the collector sees it as it is')
  it.finish()
  const node = recordedNode(target)
  const recorded = Buffer.from(await node.range(path, at(1), 100)).toString()
  t.notMatch(recorded, /swordfish/)
  t.match(recorded, /^password: "<removed>" *\n/)
  t.equal(recorded.length, at(4) - at(1))
  t.ok(recorded.endsWith(lines[3] ?? ''))
  await t.rejects(node.range('/var/log/none', 0, 1), { code: 'missing' })
})

t.test(
  'the kernel log too, where it may be read',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const machine = openMachine()
    const target = join(t.testdir(), 'recorded')
    const it = recording(machine.during(new AbortController().signal), target, 'node1')
    const live: string[] = []
    await it.kmsg(-1, (record) => live.push(record))
    it.finish()
    const kept: string[] = []
    if (live.length > 0) await recordedNode(target).kmsg(-1, (record) => kept.push(record))
    t.strictSame(kept, live)
    machine.close()
  },
)
