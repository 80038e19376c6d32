import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ask } from '../../../agent/api/ask.ts'
import { serve } from '../../../agent/api/serve.ts'
import type { Silence } from '../../../agent/core/silence.ts'
import { openStore } from '../../../agent/state/store.ts'
import { finding } from '../findings.ts'
import { picture } from '../small.ts'

/** A socket's path may have 107 bytes; the test folder's is longer. */
const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const store = openStore(folder, 0)
store.saveLedger([finding({ code: 'a.b', since: 5 })])
store.addPoints(10, { 'certs.days': 41 })
store.saveSample('certs', { unseen: [] }, 7)
store.keep('firewall', { about: { rules: 3 }, body: Buffer.from('abc') }, 8)
const socket = join(folder, 'sub/agent.sock')
const silences: Silence[] = []

t.test('it answers what it is asked, and nothing else', async (t) => {
  const server = await serve({
    socket,
    snapshot: () => picture,
    store,
    silence: (it) => silences.push(it),
    now: () => 1000,
  })
  t.strictSame(JSON.parse(await ask(socket, '/v1/status')), picture)
  await t.rejects(ask(socket, '//'), /answered 400/, 'no path at all')
  await t.rejects(ask(socket, '/constructor'), /answered 404/)
  t.match(JSON.parse(await ask(socket, '/v1/history?since=0')), [{ code: 'a.b' }])
  t.strictSame(JSON.parse(await ask(socket, '/v1/series?name=certs.days&since=0')), [{ at: 10, value: 41 }])
  t.strictSame(JSON.parse(await ask(socket, '/v1/sample?collector=certs')), { at: 7, sample: { unseen: [] } })
  t.equal(await ask(socket, '/v1/sample?collector=none'), 'null')
  t.match(JSON.parse(await ask(socket, '/v1/view?collector=certs&series=count')), {
    ...{ at: 7, sample: { unseen: [] }, artifacts: [] },
  })
  t.equal(await ask(socket, '/v1/view'), 'null')
  t.strictSame(JSON.parse(await ask(socket, '/v1/artifacts?collector=firewall')), [
    { id: 1, at: 8, about: { rules: 3 }, size: 3 },
  ])
  t.equal(JSON.parse(await ask(socket, '/v1/artifacts?collector=firewall&id=1')), 'YWJj')
  t.equal(JSON.parse(await ask(socket, '/v1/artifacts?collector=firewall&id=9')), null)
  t.match(await ask(socket, '/metrics'), /murphy_incidents/)
  await t.rejects(ask(socket, '/etc/passwd'), /404/)
  await ask(socket, '/v1/silence?what=firewall&for=5000&why=disk%20swap', 5000, 'PUT')
  t.strictSame(silences, [{ id: 'firewall', what: 'firewall', since: 1000, until: 6000, why: 'disk swap' }])
  for (const bad of ['', '?what=x', '?what=x&for=-1', `?what=x&for=${1e15}`, '?what=%0a&for=1'])
    await t.rejects(ask(socket, `/v1/silence${bad}`, 5000, 'PUT'), /400/, bad)
  await t.rejects(ask(socket, '/v1/silence?what=x&for=1'), /404/, 'asking changes nothing')
  t.equal(statSync(socket).mode & 0o777, 0o660, 'for root and its group')
  await t.rejects(
    serve({ socket, snapshot: () => picture, store, silence: (it) => silences.push(it), now: () => 1000 }),
    /another agent is running/,
  )
  server.close()
})

t.test('a socket that was left behind is taken over; anything else in the way is not touched', async (t) => {
  const { spawnSync } = await import('node:child_process')
  const left = join(folder, 'left.sock')
  spawnSync(process.execPath, [
    '-e',
    `require('node:net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ])
  t.ok(statSync(left).isSocket(), 'a crash leaves it')
  const server = await serve({
    socket: left,
    snapshot: () => picture,
    store,
    silence: (it) => silences.push(it),
    now: () => 1000,
  })
  t.match(await ask(left, '/v1/status'), /"version":2/)
  server.close()
  const file = join(folder, 'file')
  writeFileSync(file, 'mine')
  await t.rejects(
    serve({
      socket: file,
      snapshot: () => picture,
      store,
      silence: (it) => silences.push(it),
      now: () => 1000,
    }),
    /is in the way and is no socket/,
  )
})

t.test('nobody there, or nobody answering, is said soon', async (t) => {
  await t.rejects(ask(join(folder, 'none'), '/v1/status'), { code: 'ENOENT' })
  const { createServer } = await import('node:net')
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(join(folder, 'silent'), resolve))
  await t.rejects(ask(join(folder, 'silent'), '/v1/status', 100), /does not answer within 0.1 s/)
  silent.close()
  t.teardown(() => store.close())
})
