import t from 'tap'
import { beatOf } from '../../../agent/daemon/beat.ts'
import { hostile } from '../../receivers/notices.ts'
import { picture } from '../small.ts'

const well = { ...picture, state: 'ok' as const, incidents: [] }

t.test('what it says of the node, as far as that is wanted', async (t) => {
  t.match(beatOf(picture, 'alive', 'alive'), {
    kind: 'alive',
    node: 'node1',
    exit: 0,
    fails: false,
    took: 30,
  })
  t.match(beatOf(picture, 'alive', 'critical'), { exit: 2, fails: true })
  const mild = picture.incidents.map((it) => ({ ...it, severity: 'warning' as const }))
  t.match(beatOf({ ...picture, incidents: mild }, 'alive', 'critical'), { exit: 1, fails: false })
  t.match(beatOf(picture, 'alive', 'exit-status'), { exit: 2, fails: true })
  t.match(beatOf(well, 'alive', 'exit-status'), { exit: 3, fails: false }, 'one of the checks sees nothing')
})

t.test('what nobody would be told of makes nothing fail', async (t) => {
  const [one] = picture.incidents
  if (!one) throw new Error('the picture has one')
  const exits = (it: Partial<typeof picture>) => {
    const { exit, fails, text } = beatOf({ ...picture, collectors: [], ...it }, 'alive', 'exit-status')
    t.match(text, /the firewall was flushed/, 'it is said all the same')
    return [exit, fails]
  }
  t.strictSame(
    exits({ incidents: [{ ...one, notifyAt: picture.at + 1 }] }),
    [0, false],
    'it may pass by itself',
  )
  t.strictSame(exits({ incidents: [{ ...one, notifyAt: picture.at }] }), [2, true])
  const silence = { id: 's', what: 'firewall', since: 0, until: picture.at + 1 }
  t.strictSame(exits({ silences: [silence] }), [0, false], 'somebody knows')
  t.strictSame(exits({ silences: [{ ...silence, what: 'memory' }] }), [2, true])
  const mild = {
    ...one,
    id: 'mild',
    severity: 'warning' as const,
    cause: { ...one.cause, code: 'pods.stuck' },
  }
  t.strictSame(exits({ silences: [silence], incidents: [one, mild] }), [1, false], 'of the rest the gravest')
  t.strictSame(exits({ silences: [silence], incidents: [{ ...one, resolved: 5 }, one] }), [0, false])
})

t.test('in one short line', async (t) => {
  const text = (...it: Parameters<typeof beatOf>) => beatOf(...it).text
  t.equal(text(picture, 'alive', 'alive'), 'node1: critical: the firewall was flushed')
  t.equal(text({ ...well, cluster: 'home' }, 'alive', 'alive'), 'node1 (home): all well, 3 checks')
  t.equal(text({ ...well, state: 'unknown' }, 'alive', 'alive'), 'node1: unknown, 3 checks')
  t.equal(text(picture, 'stop', 'alive'), 'node1: Murphy 0.1.0 stops')
  const [one] = picture.incidents
  if (!one) throw new Error('the picture has one')
  const three = { ...picture, incidents: [one, one, one] }
  t.equal(text(three, 'alive', 'alive'), 'node1: critical: the firewall was flushed; 2 more open')
  const over = { ...well, incidents: [{ ...one, resolved: 5 }] }
  t.equal(text(over, 'alive', 'alive'), 'node1: all well, 3 checks')
})

for (const [name, title] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    const [one] = picture.incidents
    if (!one) throw new Error('the picture has one')
    const it = { ...picture, node: title, incidents: [{ ...one, cause: { ...one.cause, title } }] }
    const { text } = beatOf(it, 'alive', 'alive')
    t.ok(text.length <= 200 && text.isWellFormed())
    t.notMatch(text, /[\u0000-\u001f\u007f-\u009f\u202e]/)
  })
