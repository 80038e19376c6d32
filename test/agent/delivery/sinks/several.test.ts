import t from 'tap'
import { sinks } from '../../../../agent/delivery/sinks/index.ts'
import { words } from '../../../../agent/delivery/sinks/message.ts'
import { severalTitle, severalWords } from '../../../../agent/delivery/sinks/several.ts'
import type { Group, Incident, Notice } from '../../../../agent/model/index.ts'
import { finding, incident, since } from '../../../receivers/notices.ts'

type Several = Extract<Notice, { kind: 'several' }>
const pod = (name: string, more: Partial<Incident> = {}): Incident =>
  incident({
    id: `memory.oom-killed|shop/${name}|${since}`,
    affected: [],
    severity: 'warning',
    cause: finding({
      code: 'memory.oom-killed',
      subject: `shop/${name}/app`,
      title: 'OOMKilled',
      text: `php (pid 7) of ${name} was killed at 64 MiB.`,
      impact: 'Whoever it served got no answer.',
      pod: { namespace: 'shop', name },
    }),
    ...more,
  })
const several = (incidents: readonly Incident[], of: Group['of'], more: Partial<Several> = {}): Several => ({
  kind: 'several',
  change: 'opened',
  id: 'murphy_1',
  node: 'node1',
  at: since + 120_000,
  group: { id: 'kind x', of },
  incidents,
  ...more,
})
const many = Array.from({ length: 14 }, (_, at) => pod(`web-${at}`))

t.test('what, how many, when', async (t) => {
  t.equal(severalTitle(several(many, 'away')), '14 pods: OOMKilled while Murphy was away')
  t.equal(severalTitle(several(many, 'kind')), '14 pods: OOMKilled')
  t.equal(severalTitle(several([pod('a'), pod('a')], 'kind')), '1 pod, 2 times: OOMKilled')
  t.equal(severalTitle(several([incident(), incident()], 'kind')), '2 findings: the firewall was flushed')
  t.equal(
    severalTitle(several([incident({ affected: [] }), ...many], 'start')),
    "15 problems at Murphy's first check: the firewall was flushed and 14 more",
  )
  t.equal(
    severalTitle(several([pod('a'), incident()], 'rest')),
    '2 more problems in 10 min: OOMKilled (shop/a) and 1 more',
  )
  t.equal(severalTitle(several([pod('a')], 'rest')), 'OOMKilled (shop/a)')
  const own = (name: string) => pod(name, { cause: { ...pod(name).cause, title: `OOMKilled: shop/${name}` } })
  t.equal(
    severalTitle(several([own('a'), own('b')], 'kind')),
    '2 pods: OOMKilled',
    'what differs is left out',
  )
})

t.test('which, what follows, and what to do', async (t) => {
  const said = severalWords(several(many, 'kind'), 'node1')
  t.equal(said.headline, 'node1: 14 pods: OOMKilled')
  t.equal(said.standing, 'warning, since 03:12 UTC (2 min)')
  t.equal(said.lines.length, 14)
  t.equal(said.lines[3], 'shop/web-3/app: php (pid 7) of web-3 was killed at 64 MiB.')
  t.equal(said.impact, 'Whoever it served got no answer.')
  t.equal(said.code, 'memory.oom-killed')
  const mixed = severalWords(several([incident(), ...many], 'rest'), 'node1')
  t.equal(mixed.tone, 'critical')
  t.match(mixed.lines[1], /^OOMKilled \(shop\/web-0\): warning since/)
  t.equal(mixed.fix.at(-1), 'For the others: `agent status`')
})

t.test('how many are left, and the end', async (t) => {
  const resolved = since + 60_000
  const over = many.map((it) => ({ ...it, resolved }))
  const some = severalWords(several([...many.slice(0, 4), ...over.slice(4)], 'kind'), 'node1')
  t.match(some.standing, 'warning, 4 of 14 open, since 03:12 UTC')
  t.match(some.lines[13], /^shop\/web-13\/app \(resolved\): /)
  const end = severalWords(several(over, 'kind', { change: 'resolved' }), 'node1')
  t.equal(end.headline, 'node1: resolved after 60 s: 14 pods: OOMKilled')
  t.match(end, {
    tone: 'resolved',
    fix: [],
    impact: '',
    standing: 'was warning, 03:12 UTC to 03:13 UTC',
  })
  const into = incident()
  t.equal(
    words(several(over, 'kind', { change: 'merged', into })).headline,
    'node1: the firewall was flushed',
  )
})

t.test('every sink edits the one message as it grows, and sounds when it got worse', async (t) => {
  const urls = {
    discord: 'https://discord.com/api/webhooks/1/abcdef',
    ntfy: 'https://ntfy.example/topic',
    webhook: 'https://hooks.example/x',
  } as const
  const letters = (name: keyof typeof urls, change: Several['change'], receipt?: string) =>
    sinks
      .find((it) => it.name === name)
      ?.compose(several(many, 'kind', { change }), { url: urls[name] }, receipt)
      .map(({ method, edit = false, body }) => ({ method, edit, body: JSON.parse(body) })) ?? []
  t.match(letters('discord', 'opened'), [{ method: 'POST', edit: false }])
  t.match(letters('discord', 'grew', '123'), [{ method: 'PATCH', edit: true }])
  t.match(letters('discord', 'worse', '123'), [{ method: 'POST' }, { method: 'PATCH' }])
  t.match(letters('ntfy', 'grew', 'abc'), [{ body: { sequence_id: 'abc', priority: 2 } }])
  t.match(letters('ntfy', 'worse', 'abc'), [{ body: { sequence_id: 'abc', priority: 4 } }])
  t.match(letters('ntfy', 'merged'), [])
  t.match(letters('webhook', 'grew'), [
    {
      body: {
        type: 'incidents.grew',
        data: { group: { title: '14 pods: OOMKilled', total: 14, open: 14, of: 'kind' }, more: 4 },
      },
    },
  ])
})
