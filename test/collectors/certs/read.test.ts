import t from 'tap'
import type { Host, HostErrorCode } from '../../../agent/model/index.ts'
import { lookAtAll } from '../../../collectors/certs/read.ts'
import type { SeenFile } from '../../../collectors/certs/sample.ts'
import type { Source } from '../../../collectors/certs/sources.ts'
import { machine } from '../node/machine.ts'
import { now, stat } from '../node/settled.ts'
import { certificates } from './openssl.ts'

const file = (path: string, more: Partial<Source> = {}): Source => ({ path, of: 'k3s', ...more })

const look = async (host: Host, source: Source, past: SeenFile | undefined) => {
  const [{ source: _, ...one } = {} as never] = await lookAtAll(host, [source], past ? [past] : [])
  return one
}

/** Counts what is really read. */
function counting(host: Host): { host: Host; reads: string[] } {
  const reads: string[] = []
  return {
    reads,
    host: {
      ...host,
      read: (path, options) => {
        reads.push(path)
        return host.read(path, options)
      },
    },
  }
}

t.test('an unchanged file is not read again; one that is replaced is', async (t) => {
  const { issue } = certificates(t)
  const files = { '/a.crt': issue({ subject: '/CN=a' }).pem }
  const { host, reads } = counting(machine(t, files, { stats: { '/a.crt': stat }, now }))
  const first = await look(host, file('/a.crt'), undefined)
  t.equal(first.seen?.certificates[0]?.name, 'a')
  t.equal(first.seen?.stamp, `1:2:5:${stat.mtime}:${stat.ctime}`)
  t.same(await look(host, file('/a.crt'), first.seen), first)
  t.equal(reads.length, 1)
  for (const change of [
    { ino: 3 },
    { size: 6 },
    { mtime: now - 59_000 },
    { ctime: now - 59_000 },
    { dev: 4 },
  ]) {
    const other = counting(machine(t, files, { stats: { '/a.crt': { ...stat, ...change } }, now }))
    await look(other.host, file('/a.crt'), first.seen)
    t.equal(other.reads.length, 1, JSON.stringify(change))
  }
})

t.test('one that changed a moment ago is read again, for it may change within the same tick', async (t) => {
  const { issue } = certificates(t)
  const stats = { '/a.crt': { ...stat, mtime: now - 10 } }
  const { host, reads } = counting(machine(t, { '/a.crt': issue().pem }, { stats, now }))
  const { seen } = await look(host, file('/a.crt'), undefined)
  await look(host, file('/a.crt'), seen)
  t.equal(reads.length, 2)
})

t.test('what cannot be had: an answer, a problem or a blind spot', async (t) => {
  const failing = (code: HostErrorCode) =>
    machine(t, { '/a.crt': 'x' }, { errors: { 'read /a.crt': [code, `it is ${code}`] } })
  const seen = { path: '/a.crt', of: 'k3s', stamp: 'old', certificates: [] } as const
  t.same(await look(failing('missing'), file('/a.crt'), seen), {})
  t.same(await look(failing('missing'), file('/gone.crt'), undefined), {})
  t.match(await look(failing('missing'), file('/gone.crt', { named: true }), undefined), {
    seen: { problem: 'is not there' },
  })
  t.match(await look(failing('failed'), file('/a.crt'), seen), {
    seen: { problem: 'cannot be read (it is failed)' },
  })
  t.match(await look(failing('too-large'), file('/a.crt'), seen), {
    seen: { problem: 'is larger than 1048576 bytes' },
  })
  for (const code of ['denied', 'timeout', 'unrecorded'] as const) {
    const blind = await look(failing(code), file('/a.crt'), seen)
    t.equal(blind.blind?.code, code)
    t.equal(blind.seen, seen, 'what was last seen is kept')
  }
})

t.test('garbage is a problem, but not in what nobody uses, and a key in a folder is none', async (t) => {
  const { issue } = certificates(t)
  const key = (await import('node:fs')).readFileSync(issue().key, 'utf8')
  const host = machine(t, { '/g.crt': 'garbage', '/k.pem': key, '/h.crt': Buffer.alloc(2 * 1024 * 1024) })
  t.match(await look(host, file('/g.crt'), undefined), { seen: { problem: 'holds no certificate' } })
  t.notOk((await look(host, file('/g.crt', { loose: true }), undefined)).seen?.problem)
  t.notOk((await look(host, file('/k.pem', { of: 'extra' }), undefined)).seen?.problem)
  t.ok((await look(host, file('/k.pem', { of: 'extra', named: true }), undefined)).seen?.problem)
  t.match(await look(host, file('/h.crt'), undefined), { seen: { problem: 'is larger than 1048576 bytes' } })
})

t.test('many, in their order', async (t) => {
  const names = Array.from({ length: 40 }, (_, at) => `/${String(at).padStart(2, '0')}.crt`)
  const host = machine(t, Object.fromEntries(names.map((name) => [name, 'x'])))
  const looks = await lookAtAll(
    host,
    names.map((name) => file(name)),
    [],
  )
  t.same(
    looks.map((it) => it.seen?.path),
    names,
  )
  t.same(await lookAtAll(host, [], []), [])
})
