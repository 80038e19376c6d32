import t from 'tap'
import { weekOf } from '../../../agent/daemon/week.ts'
import { finding, rule } from '../findings.ts'
import { now, picture } from '../small.ts'

t.test('the history, the deadlines, what is blind, and the versions; asked seldom', async (t) => {
  let asked = 0
  let at = now
  const history = () => {
    asked += 1
    return [finding({ code: 'a.b', since: now - 5, resolved: now - 1 })]
  }
  const week = weekOf({ history }, { 'a.b': rule() }, () => ({ ...picture, at, cluster: 'home' }))
  const it = week(now - 100)
  t.match(it, {
    incidents: [{ cause: { code: 'a.b' } }],
    deadlines: picture.deadlines,
    unseen: ['memory: reading /dev/kmsg: permission denied'],
    versions: 'Murphy 0.1.0, Debian GNU/Linux 12',
  })
  t.equal(week(now - 100), it)
  t.equal(asked, 1, 'a sink that is down asks for it at each try')
  at += 600_000
  week(now - 100)
  t.equal(asked, 2)
  week(now - 50)
  t.equal(asked, 3, 'another week')
})
