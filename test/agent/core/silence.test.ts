import t from 'tap'
import { matches, type Silence, silencing, wasSilenced } from '../../../agent/core/silence.ts'
import { finding } from '../findings.ts'

const incident = (code: string, subject = 'nft') => {
  const cause = finding({ code, subject })
  return {
    id: cause.id,
    cause,
    affected: [],
    severity: cause.severity,
    since: 100,
    notifyAt: 100,
    fix: [],
    avoid: [],
  }
}
const silence = (what: string): Silence => ({ id: '1', what, since: 50, until: 500 })

t.test('by all, code, collector or subject', async (t) => {
  for (const what of ['all', 'firewall.flushed', 'firewall', 'nft'])
    t.ok(matches(silence(what), incident('firewall.flushed')), what)
  for (const what of ['firewall.lockout', 'certs', 'other', 'fire', ''])
    t.notOk(matches(silence(what), incident('firewall.flushed')), what)
})

t.test('by all that a message or page calls it', async (t) => {
  const pod = { namespace: 'shop', name: 'db-0', container: 'postgres' }
  const it = incident('memory.oom-killed', 'shop/db-0/postgres')
  const killed = { ...it, cause: { ...it.cause, pod } }
  for (const what of [
    ...['memory', 'memory.oom-killed', 'shop/db-0/postgres', 'shop/db-0', it.id],
    ...['memory.oom-killed/shop/db-0/postgres', 'memory.oom-killed/shop/db-0'],
  ])
    t.ok(matches(silence(what), killed), what)
  for (const what of [
    'memory.oom-killed/shop/db-1',
    'memory.oom-killed/',
    'shop',
    'db-0',
    'pods.log-says/shop/db-0',
  ])
    t.notOk(matches(silence(what), killed), what)
})

t.test('by as much of a uid as a page shows', async (t) => {
  const it = incident('memory.oom-killed', 'pod 38b85a3d-c687-4320-836e-9a2b647445f5')
  for (const what of ['pod 38b85a3d', 'memory.oom-killed/pod 38b85a3d', it.cause.subject])
    t.ok(matches(silence(what), it), what)
  t.notOk(matches(silence('pod 38b85a3'), it))
})

t.test('by what titles its messages, and not by the rest of it', async (t) => {
  const it = incident('k3s.restarted', 'k3s')
  const lead = finding({ code: 'cni.dns-dead', subject: 'dns', severity: 'critical' })
  const other = finding({ code: 'cni.flapping', subject: 'cni0' })
  const graver = { ...it, severity: 'critical' as const, affected: [other, lead] }
  for (const what of ['cni.dns-dead', 'cni.dns-dead/dns', 'cni', 'k3s.restarted'])
    t.ok(matches(silence(what), graver), what)
  for (const what of ['cni.flapping', 'cni0']) t.notOk(matches(silence(what), graver), what)
  const blind = {
    ...graver,
    affected: [finding({ code: 'cni.blind', subject: 'cni', severity: 'critical' })],
  }
  t.notOk(matches(silence('cni.blind'), blind))
})

t.test('blindness and failing sinks are never hidden', async (t) => {
  for (const what of ['all', 'memory', 'memory.blind'])
    t.notOk(matches(silence(what), incident('memory.blind')), what)
  t.notOk(matches(silence('all'), incident('agent.sink-failing', 'ops')))
})

t.test('it begins, and ends by itself', async (t) => {
  const it = [silence('all')]
  t.strictSame(
    [49, 50, 499, 500].map((now) => silencing(it, incident('a.b'), now) !== undefined),
    [false, true, true, false],
  )
})

t.test('what came and went under it was silenced; what outlived it was not', async (t) => {
  const it = [silence('all')]
  t.ok(wasSilenced(it, { ...incident('a.b'), resolved: 400 }))
  t.notOk(wasSilenced(it, { ...incident('a.b'), resolved: 501 }))
  t.notOk(wasSilenced(it, incident('a.b')))
  t.notOk(wasSilenced(it, { ...incident('a.b'), notifyAt: 10, resolved: 400 }), 'it was told before')
})

t.test('silences that meet are one, whatever their order', async (t) => {
  const part = (since: number, until: number, what = 'all') => ({ ...silence(what), since, until })
  const was = (...all: readonly Silence[]) =>
    wasSilenced(all, { ...incident('a.b'), notifyAt: 100, resolved: 400 })
  t.ok(was(part(200, 500), part(50, 200)), 'until midnight, and from midnight on')
  t.ok(was(part(50, 90), part(80, 250), part(240, 500)))
  t.notOk(was(part(50, 200), part(201, 500)), 'people could have been told between them')
  t.notOk(was(part(50, 200), part(200, 500, 'c')), 'the second is for something else')
  t.notOk(was(part(50, 90), part(101, 500)))
})
