import t from 'tap'
import { HostError } from '../../../agent/model/index.ts'
import { exists, orMissing, orNothing } from '../../../collectors/node/ask.ts'
import { machine } from './machine.ts'

t.test('missing is an answer, being refused is not', async (t) => {
  const host = machine(
    t,
    { '/a': 'x' },
    { errors: { 'stat /secret': ['denied', 'no'], 'read /secret': ['denied', 'no'] } },
  )
  t.equal(await orMissing(host.text('/a')), 'x')
  t.equal(await orMissing(host.text('/b')), undefined)
  await t.rejects(orMissing(host.text('/secret')), new HostError('denied', 'no'))
  t.equal(await orNothing(host.text('/secret')), undefined)
  t.ok(await exists(host, '/a'))
  t.notOk(await exists(host, '/b'))
  t.ok(await exists(host, '/secret'), 'what may not be looked at is there')
})
