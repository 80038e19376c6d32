import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openMachine } from '../../agent/host.ts'
import type { HostError } from '../../agent/model.ts'
import { recording } from '../../agent/record.ts'
import { recordedNode } from '../../agent/recorded.ts'
import { nameserver } from './host/nameserver.ts'

t.test('what is recorded answers as the machine did', async (t) => {
  const folder = t.testdir({ node: { etc: { conf: 'token: s3cr3t\nport: 1\n', sub: {} } } })
  const etc = join(folder, 'node/etc')
  symlinkSync('conf', join(etc, 'link'))
  const machine = openMachine()
  const server = await nameserver()
  t.teardown(() => server.close())
  const dns = { server: '127.0.0.1', port: server.port }
  const target = join(folder, 'recorded')
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
