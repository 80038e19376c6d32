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
