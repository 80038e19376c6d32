import t from 'tap'
import { words } from '../../../../agent/delivery/sinks/message.ts'
import { plainText } from '../../../../agent/delivery/sinks/plain-text.ts'
import type { Notice } from '../../../../agent/model/index.ts'
import { finding, incident, over, since } from '../../../receivers/notices.ts'

const day = 86_400_000
const week: Extract<Notice, { kind: 'weekly' }> = {
  ...{ kind: 'weekly', id: 'w', node: 'node1', at: since + day, from: since - 6 * day, incidents: [] },
  ...{ deadlines: [], unseen: [], versions: 'Murphy 0.1.0, k3s server v1.36.3+k3s1' },
}
const certs = { what: 'certificates', at: since + 46 * day }

t.test('all well, and what runs out', async (t) => {
  const said = words({ ...week, deadlines: [certs], cluster: 'home' })
  t.equal(said.headline, 'node1: week: all well')
  t.equal(said.tone, 'resolved')
  t.equal(
    plainText(said),
    'In 45 d: certificates\nMurphy 0.1.0, k3s server v1.36.3+k3s1\nsince 27 Feb 03:12 UTC · cluster home',
  )
})

t.test('what came and went, and what is not seen', async (t) => {
  const said = words({ ...week, incidents: [over(), incident({ id: 'open' })], unseen: ['memory: denied'] })
  t.equal(said.headline, 'node1: week: 2 incidents, 1 open')
  t.equal(said.text, '2 critical.')
  t.equal(said.tone, 'critical')
  t.match(said.lines, [
    /^the firewall was flushed: critical since 5 Mar 03:12 UTC/,
    /^the firewall was flushed: was critical/,
    'Not seen: memory: denied',
    /^Murphy/,
  ])
  t.equal(words({ ...week, incidents: [over()] }).headline, 'node1: week: 1 incident, all resolved')
  t.equal(words({ ...week, incidents: [over()] }).tone, 'resolved')
  t.equal(words({ ...week, unseen: ['x'] }).headline, 'node1: week: no incident, but not everything is seen')
  t.equal(words({ ...week, unseen: ['x'] }).tone, 'warning')
})

t.test('short enough for a phone, however much there was', async (t) => {
  const incidents = Array.from({ length: 200 }, (_, at) =>
    incident({ id: `${at}`, cause: finding({ title: `finding ${at} ${'x'.repeat(30)}` }), affected: [] }),
  )
  const forecast = { what: 'disk of /', at: since + 9 * day, confidence: 'rough' as const }
  const deadlines = [{ ...certs, at: since }, ...Array.from({ length: 20 }, () => forecast)]
  const said = words({ ...week, incidents, deadlines, unseen: Array.from({ length: 9 }, () => 'x') })
  t.ok(said.lines.length <= 17, `${said.lines.length} lines`)
  t.ok(said.lines.includes('and 195 more incidents: `agent history`'))
  t.ok(said.lines.includes('Expired: certificates'))
  t.ok(said.lines.includes('In about 8 d: disk of /'))
  t.ok(said.lines.includes('and 16 more deadlines: `agent status`'))
  t.ok(said.lines.includes('and 6 more not seen: `agent doctor`'))
  t.ok(plainText(said).length < 1_600, `${plainText(said).length} characters`)
})
