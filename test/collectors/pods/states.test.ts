import t from 'tap'
import { HostError } from '../../../agent/model/index.ts'
import { present, statsOf } from '../../../collectors/pods/states.ts'
import { podNode } from './node.ts'

t.test('the states of files, each in the place of its path', async (t) => {
  const { host, put } = podNode(t)
  put('/var/log/a', 'text')
  const all = await statsOf(host, [undefined, '/var/log/a', '/var/log/none', undefined])
  t.match(all, [undefined, { size: 4 }, { code: 'missing' }, undefined])
  t.match(all.map(present), [undefined, { size: 4 }, undefined, undefined])
  t.throws(() => present(new HostError('denied', 'no')), { code: 'denied' })
  const silent = { ...host, stats: () => t.fail('nothing is asked') as never }
  t.strictSame(await statsOf(silent, [undefined]), [undefined])
})
