import t from 'tap'
import { ownerOf, weightOf } from '../../../collectors/memory/owners.ts'

t.test('whose a subject is', async (t) => {
  t.equal(ownerOf('prod/postgres-0/postgres'), 'prod/postgres-0')
  t.equal(ownerOf('prod/postgres-0'), 'prod/postgres-0')
  t.equal(ownerOf('pod 590e112b'), 'pod 590e112b')
  const cron = ownerOf('process x in /system.slice/cron.service')
  t.equal(ownerOf('process y in /a in /system.slice/cron.service'), cron, 'a name is no cgroup')
  t.not(ownerOf('process x in /system.slice/ssh.service'), cron)
  for (const cgroup of ['/user.slice/user-1000.slice/a in /b', '/machine/user@1000.service/c'])
    t.equal(ownerOf(`process x in ${cgroup}`), 'users', cgroup)
  t.equal(ownerOf('process x'), 'unknown')
  t.equal(ownerOf('process x in /y'), 'unknown', 'fifteen bytes may be a name alone')
})

t.test('who goes first', async (t) => {
  const order = ['a/b/c', 'process x', 'process x in /user.slice/user-1000.slice/y'].map(weightOf)
  t.strictSame(order, [2, 1, 0])
})
