import t from 'tap'
import { words } from '../../../../agent/delivery/sinks/message.ts'
import type { Notice } from '../../../../agent/model/index.ts'
import {
  finding,
  hostile,
  hostileNotices,
  incident,
  notice,
  over,
  since,
} from '../../../receivers/notices.ts'

t.test('an open incident', async (t) => {
  const said = words(notice('opened'))
  t.equal(said.headline, 'node1: the firewall was flushed')
  t.equal(said.standing, 'critical since 03:12 UTC (4 min)')
  t.equal(said.tone, 'critical')
  t.equal(said.text, '`iptables` (pid 25978) removed 91 of 91 rules at 03:12:07.')
  t.equal(said.impact, 'Services and network policies do not work.')
  t.equal(said.also, 'ingress is unreachable (kube-system/ingress)')
  t.same(said.fix, ['`systemctl restart k3s`', 'delete the ingress pod so that its port is mapped again'])
  t.same(said.avoid, ["Don't run `iptables -F` again: ufw would then lock out SSH."])
})

t.test('what is over asks for nothing', async (t) => {
  const said = words({ ...notice('resolved', over()), at: since + 9 * 60_000 })
  t.equal(said.headline, 'node1: resolved after 8 min: the firewall was flushed')
  t.equal(said.standing, 'was critical, 03:12 UTC to 03:20 UTC')
  t.match(said.text, /^Reported: `iptables`/)
  t.equal(said.tone, 'resolved')
  t.same([said.impact, said.also, said.cause, said.fix, said.avoid], ['', '', '', [], []])
})

t.test('a pod is named in the headline', async (t) => {
  const cause = finding({ title: 'a container was killed', pod: { namespace: 'default', name: 'db-0' } })
  t.equal(
    words(notice('opened', incident({ cause }))).headline,
    'node1: a container was killed (default/db-0)',
  )
})

t.test('consequences that are over are not told, equal ones are told once', async (t) => {
  const of = (subject: string, more = {}) =>
    finding({ id: subject, title: 'route missing', subject, ...more })
  const affected = [
    of('node2'),
    of('node3'),
    of('node4'),
    of('node5'),
    of('node6'),
    of('gone', { resolved: since }),
  ]
  t.equal(
    words(notice('opened', incident({ affected }))).also,
    'route missing (node2, node3, node4, and 2 more)',
  )
})

t.test('a digest has a line for each incident', async (t) => {
  const digest: Notice = { kind: 'digest', id: 'x', node: 'node1', at: since + 3600_000, incidents: [over()] }
  t.equal(words(digest).headline, 'node1: 1 missed incident (resolved)')
  t.same(words(digest).lines, ['the firewall was flushed: was critical, 03:12 UTC to 03:20 UTC'])
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const it of hostileNotices(text)) {
      const { headline, standing, text, impact, also, cause, fix, avoid, lines, code = '' } = words(it)
      const parts = [headline, standing, text, impact, also, cause, code, ...lines]
      const bad = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/
      t.same(
        [
          ...parts.filter((part) => part.length > 2200),
          ...[...parts, ...fix, ...avoid].filter((part) => bad.test(part) || !part.isWellFormed()),
        ],
        [],
        it.kind,
      )
    }
  })

t.test('it says that it stands in for others', async (t) => {
  const insteadOf = { names: ['discord'], since: since - 6 * 60_000 }
  t.match(
    words({ ...notice('opened'), insteadOf }).text,
    /\. Sent here because discord has failed since 03:06 UTC\.$/,
  )
  t.match(
    words({ ...notice('opened'), insteadOf: { ...insteadOf, refused: true } }).text,
    /\. Sent here because discord has not taken this since 03:06 UTC\.$/,
  )
  const both = { names: ['discord', 'ntfy'], since: since - 6 * 60_000 }
  const digest = { kind: 'digest', id: 'd', node: 'n', at: since, incidents: [] } as const
  t.match(words({ ...digest, insteadOf: both }).text, /Sent here because discord and ntfy have failed since/)
})
