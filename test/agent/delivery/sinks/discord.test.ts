import t from 'tap'
import { discord, escaped } from '../../../../agent/delivery/sinks/discord.ts'
import type { Letter, Notice, Reply } from '../../../../agent/model/index.ts'
import type { Embed } from '../../../receivers/discord.ts'
import { problems } from '../../../receivers/discord.ts'
import {
  finding,
  hostile,
  hostileNotices,
  incident,
  notice,
  over,
  since,
} from '../../../receivers/notices.ts'

const url = 'https://discord.com/api/webhooks/123/to-ken_1'
const receipt = '1100000000000000001'
const letters = (of: Notice, about?: string, to = url) => discord.compose(of, { url: to }, about)
const bodyOf = (letter: Letter | undefined) =>
  JSON.parse(letter?.body ?? '{}') as { content: string; embeds: Embed[]; allowed_mentions: unknown }
const reply = (status: number, body: unknown = '', headers = {}): Reply => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const [post] = letters(notice('opened'))
const [edit] = letters(notice('grew'), receipt)

t.test('what people see', async (t) => {
  const { content, embeds } = bodyOf(post)
  t.equal(
    content,
    [
      '🔴 **node1: the firewall was flushed**',
      '`iptables` (pid 25978) removed 91 of 91 rules at 03:12:07.',
      `-# critical since 03:12 UTC (4 min) · <t:${since / 1000}:R>`,
    ].join('\n'),
  )
  t.same(embeds[0]?.fields, [
    { name: 'Impact', value: 'Services and network policies do not work.' },
    {
      name: 'Fix',
      value: [
        '1.',
        '```',
        'systemctl restart k3s',
        '```',
        '2. delete the ingress pod so that its port is mapped again',
      ].join('\n'),
    },
    { name: "Don't", value: "⛔ Don't run `iptables -F` again: ufw would then lock out SSH." },
    { name: 'Also affected', value: 'ingress is unreachable (kube-system/ingress)' },
  ])
  t.equal(embeds[0]?.footer?.text, 'Murphy · node1 · firewall.flushed')
  t.equal(embeds[0]?.color, 0xd92d20)
})

t.test('the runbook, the cluster, and steps that have no room', async (t) => {
  const [it] = letters({ ...notice('opened'), cluster: 'home', runbookUrl: 'https://wiki.example/{code}' })
  const [embed] = bodyOf(it).embeds
  t.match(embed, { title: 'Runbook', url: 'https://wiki.example/firewall.flushed' })
  t.equal(embed?.footer?.text, 'Murphy · node1 · cluster home · firewall.flushed')
  const [, short] = letters({ ...notice('resolved', over()), cluster: 'home' }, receipt)
  t.match(bodyOf(short).content, /\n-# cluster home$/, 'also where there is no embed')
  const fix = Array.from({ length: 6 }, (_, at) => `\`kubectl delete pod ${at}${'x'.repeat(200)}\``)
  const [long] = letters(notice('opened', incident({ fix })))
  const value = bodyOf(long).embeds[0]?.fields?.find(({ name }) => name === 'Fix')?.value ?? ''
  t.match(value, /\n2 more: `agent status`$/)
  t.notMatch(value, '…', 'no step is cut')
})

t.test('nothing but backticks is no field', async (t) => {
  const it = incident({ cause: finding({ impact: '````' }), affected: [] })
  const names = bodyOf(letters(notice('opened', it))[0]).embeds[0]?.fields?.map(({ name }) => name)
  t.same(names, ['Fix', "Don't"])
})

t.test('API v10, whatever was pasted', async (t) => {
  const execute = 'https://discord.com/api/v10/webhooks/123/to-ken_1?wait=true'
  for (const [pasted, expected] of [
    ['https://discord.com/api/webhooks/123/to-ken_1', execute],
    ['https://discord.com/api/v6/webhooks/123/to-ken_1/', execute],
    ['https://discordapp.com/api/webhooks/123/to-ken_1', execute],
    ['https://discord.com/api/webhooks/123/to-ken_1/slack?wait=false', execute],
    ['https://discord.com/api/webhooks/123/to-ken_1?thread_id=77', execute.replace('?', '?thread_id=77&')],
    ['https://discord.com/api/webhooks/123/to-ken_1?thread_id=7/../x', execute],
    ['https://ptb.discord.com/api/webhooks/123/to-ken_1', execute.replace('//', '//ptb.')],
    ['http://proxy:8080/chat/api/webhooks/1/a', 'http://proxy:8080/chat/api/v10/webhooks/1/a?wait=true'],
  ]) {
    t.equal(letters(notice('opened'), undefined, pasted)[0]?.url, expected)
    t.same(discord.check?.({ url: pasted ?? '' }), [])
  }
  t.equal(
    letters(notice('grew'), receipt, `${url}?thread_id=77`)[0]?.url,
    `https://discord.com/api/v10/webhooks/123/to-ken_1/messages/${receipt}?thread_id=77`,
  )
})

t.test('what is no webhook is refused without being quoted', async (t) => {
  for (const wrong of [
    '',
    'x',
    'https://discord.com/channels/1/2',
    'ftp://x/api/webhooks/1/a',
    'https://u:p@x/api/webhooks/1/a',
  ]) {
    t.equal(discord.check?.({ url: wrong })[0]?.startsWith('url: is not that of a Discord webhook'), true)
    t.throws(() => letters(notice('opened'), undefined, wrong), /not that of a Discord webhook/)
  }
})

t.test('when a message is new and when it is edited', async (t) => {
  const shape = (of: Notice, about?: string) =>
    letters(of, about).map((it) => `${it.method}${it.edit ? ' edit' : ''}`)
  t.same(shape(notice('opened')), ['POST'])
  t.same(shape(notice('opened'), receipt), ['POST'], 'it was open before, and is again')
  t.same(shape(notice('grew'), receipt), ['PATCH edit'])
  t.same(shape(notice('grew')), ['POST'])
  t.same(shape(notice('worse'), receipt), ['POST', 'PATCH edit'], 'what rings goes first')
  t.same(shape(notice('reminder'), receipt), ['POST'])
  t.same(shape(notice('merged'), receipt), ['PATCH edit'])
  t.same(shape(notice('merged')), [])
  t.same(shape(notice('resolved', over()), receipt), ['PATCH edit', 'POST'])
  t.same(shape(notice('resolved', over())), ['POST'])
  t.same(shape(notice('grew'), 'not/an/id'), ['POST'])
})

t.test('resolved: edited in place, and a short line', async (t) => {
  const [edit, line] = letters({ ...notice('resolved', over()), at: since + 500_000 }, receipt).map(bodyOf)
  t.equal(
    edit?.content,
    [
      '🟢 **node1: resolved after 8 min: the firewall was flushed**',
      'Reported: `iptables` (pid 25978) removed 91 of 91 rules at 03:12:07.',
      `-# was critical, 03:12 UTC to 03:20 UTC · <t:${since / 1000}:R>`,
    ].join('\n'),
  )
  t.equal(edit?.embeds[0]?.color, 0x12b76a)
  t.same(edit?.embeds[0]?.fields, [])
  t.equal(line?.content, edit?.content.split('\n')[0])
  t.same(line?.embeds, [])
})

t.test('nobody is ever mentioned, and Discord knows who writes', async (t) => {
  for (const kind of ['opened', 'worse', 'grew', 'merged', 'resolved', 'reminder'] as const)
    for (const it of letters(notice(kind), receipt)) {
      t.same(bodyOf(it).allowed_mentions, { parse: [] })
      t.match(it.headers['user-agent'], /^DiscordBot \(https:\/\/\S+, \S+\)$/)
    }
})

t.test('escaping', async (t) => {
  t.equal(escaped('run `ls *` *now*'), 'run `ls *` \\*now\\*')
  t.equal(escaped('@everyone <@1> [a](https://b)'), '\\@everyone \\<\\@1\\> \\[a\\](https\\://b)')
  t.equal(escaped('one ` alone'), 'one \\` alone')
  t.equal(escaped('```x```'), ' `x` ')
  t.equal(escaped('`a``b`'), '`a` `b`')
  t.equal(escaped('# head'), '\\# head')
  t.equal(escaped('at 03:12:07'), 'at 03:12:07')
})

/** What Discord would take for markup once escapes and code are out: an independent, simpler reading. */
const markup = (text: string) =>
  text
    .replace(/ · <t:\d+:R>$/, '')
    .replace(/^```\n[^`\n]+\n```$/gm, '')
    .replace(/\\[^0-9A-Za-z\s]/g, '')
    .replace(/(?<!`)`[^`\n]+`(?!`)/g, '')
    .match(/[*_~|`[\]<>@]|:\/\//g) ?? []

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text))
      for (const it of [...letters(of), ...letters(of, receipt)]) {
        t.same(problems(JSON.parse(it.body)), [], of.kind)
        const { content, embeds } = bodyOf(it)
        t.same(markup(content).join(''), '****', 'only its own bold')
        for (const { description = '', fields = [] } of embeds)
          t.same([description, ...fields.map(({ value }) => value)].flatMap(markup), [], of.kind)
      }
  })

t.test('what replies mean', async (t) => {
  const read = (it: Reply, letter = post) => letter && discord.read?.(it, letter)
  t.same(read(reply(200, { id: '42' })), { outcome: 'accepted', receipt: '42' })
  t.same(read(reply(200, '{"id":"42","content":"cut off')), { outcome: 'accepted' })
  t.same(read(reply(200, '{"type":0,"webhook_id": "7","content":"cut')), { outcome: 'accepted' })
  const strange = [
    '<html>Sign in to the hotel',
    '{"error":"blo',
    [],
    {},
    { id: '../x' },
    { code: 10015 },
    { error: 'blocked' },
  ]
  for (const body of strange)
    for (const letter of [post, edit])
      t.match(
        read(reply(200, body), letter),
        { outcome: 'again', why: /perhaps a proxy/ },
        JSON.stringify(body),
      )
  t.equal(read(reply(204))?.outcome, 'again', 'it was asked to show the message')
  t.match(read(reply(429, { retry_after: 0.376 }, { 'retry-after': '1' })), { outcome: 'again', wait: 1000 })
  t.match(read(reply(429, { retry_after: 2285.5 })), { outcome: 'again', wait: 2_285_500 })
  t.match(read(reply(429, 'error 1015', { 'retry-after': '3600' })), { outcome: 'again', wait: 3_600_000 })
  t.equal(read(reply(404, { code: 10015, message: 'Unknown Webhook' }))?.outcome, 'gone')
  t.equal(read(reply(401, { code: 50027 }))?.outcome, 'gone')
  t.match(read({ ...reply(404, {}), body: '<html>' }), { outcome: 'again', why: /perhaps a proxy/ })
  t.match(read({ ...reply(404, {}), body: '<html>' }, edit), { outcome: 'again' }, 'nor is the message gone')
  t.equal(read(reply(404, { code: 0, message: '404: Not Found' }))?.outcome, 'refused')
  t.equal(read(reply(404, { code: 10008 }), edit)?.outcome, 'refused', 'only that message is gone')
  t.equal(read(reply(404, { code: 10015 }), edit)?.outcome, 'gone')
  t.equal(read(reply(429, { code: 30046, retry_after: 600 }), edit)?.outcome, 'refused')
  t.match(read(reply(400, { code: 50035, message: 'Invalid Form Body' })), {
    outcome: 'refused',
    why: 'Discord answered 400 (50035: Invalid Form Body)',
  })
  t.match(read(reply(400, { code: 220001 }))?.outcome, 'refused')
  t.equal(read(reply(503)), undefined, 'by the rules of HTTP')
})
