import t from 'tap'
import { slack } from '../../../../agent/delivery/sinks/slack.ts'
import type { Notice, Reply } from '../../../../agent/model/index.ts'
import { book, really, until } from '../../../receivers/book.ts'
import { hostile, hostileNotices, incident, notice, over, since } from '../../../receivers/notices.ts'
import { readable, slackProblems, slackReceiver } from '../../../receivers/slack.ts'

const url = 'https://hooks.slack.com/services/T1/B1/x-Y_1'
const letters = (of: Notice) => slack.compose(of, { url })
const bodyOf = (of: Notice) => JSON.parse(letters(of)[0]?.body ?? '{}')

t.test('what people see', async (t) => {
  const { text, blocks } = bodyOf({ ...notice('opened'), runbookUrl: 'https://wiki.example/{code}' })
  t.equal(
    text,
    '🔴 node1: the firewall was flushed\niptables (pid 25978) removed 91 of 91 rules at 03:12:07.',
  )
  t.strictSame(blocks[0].elements.map(readable), [
    '🔴 node1: the firewall was flushed',
    'iptables (pid 25978) removed 91 of 91 rules at 03:12:07.',
    'Impact: Services and network policies do not work.',
    'Fix',
    '1.',
    'systemctl restart k3s',
    '2. delete the ingress pod so that its port is mapped again',
    "⛔ Don't run iptables -F again: ufw would then lock out SSH.",
    'Also affected: ingress is unreachable (kube-system/ingress)',
    'critical since 03:12 UTC (4 min) · ',
    'Runbook · Murphy · node1 · firewall.flushed',
  ])
  t.match(blocks[0].elements[5], { type: 'rich_text_preformatted' }, 'a command by itself')
  t.match(blocks[0].elements[9].elements[2], {
    type: 'date',
    timestamp: since / 1000,
    fallback: '2026-03-05T03:12:07.000Z',
  })
})

t.test('a message that cannot be edited is not sent again for what makes no sound', async (t) => {
  for (const kind of ['opened', 'worse', 'reminder', 'resolved'] as const)
    t.equal(letters(notice(kind, kind === 'resolved' ? over() : incident())).length, 1, kind)
  for (const kind of ['grew', 'merged'] as const) t.equal(letters(notice(kind)).length, 0, kind)
})

t.test('settings that cannot be', async (t) => {
  for (const good of [url, 'https://hooks.slack-gov.com/services/T1/B1/x'])
    t.strictSame(slack.check?.({ url: good }), [], good)
  for (const bad of [
    'x',
    'https://hooks.slack.com/',
    'https://hooks.slack.com/workflows/T1/A1/1/x',
    'https://hooks.slack.com/triggers/T1/1/x',
    'https://u:p@hooks.slack.com/services/T1/B1/x',
    'ftp://hooks.slack.com/services/T1/B1/x',
  ]) {
    t.match(slack.check?.({ url: bad })[0], /^url: /, bad)
    t.throws(() => slack.compose(notice('opened'), { url: bad }))
  }
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text))
      for (const it of letters(of)) {
        t.strictSame(slackProblems(JSON.parse(it.body)), [], of.kind)
        t.ok(Buffer.byteLength(it.body) < 14_000, `${of.kind}: ${Buffer.byteLength(it.body)}`)
      }
  })

t.test('what replies mean', async (t) => {
  const read = (status: number, body: string, headers = {}) =>
    slack.read?.({ status, body, headers } as Reply, letters(notice('opened'))[0] as never)
  t.strictSame(read(200, 'ok'), { outcome: 'accepted' })
  for (const body of ['', '<html>ok', '{"ok":false}', 'OK, signed in'])
    t.match(read(200, body), { outcome: 'again', why: /perhaps a proxy/ }, body)
  t.match(read(404, 'no_service'), { outcome: 'gone', why: /make a new one/ })
  t.match(read(403, 'invalid_token'), { outcome: 'gone' })
  t.match(read(410, 'channel_is_archived'), { outcome: 'gone', why: /take it out of the archive/ })
  t.match(read(400, 'invalid_payload'), { outcome: 'refused', why: 'Slack answered 400 (invalid_payload)' })
  t.match(read(403, '<html>blocked'), { outcome: 'again', why: /perhaps a proxy/ })
  t.equal(read(429, 'rate_limited', { 'retry-after': '30' }), undefined, 'by the rules of HTTP')
  t.equal(read(500, 'rollup_error'), undefined)
})

t.test('twelve at once: at its pace, in order, each once', async (t) => {
  const receiver = await slackReceiver({ rate: { burst: 4, every: 300 } })
  t.teardown(() => receiver.close())
  const it = book(
    t,
    slack,
    { url: receiver.url },
    { sleep: (ms, signal) => really(Math.min(ms, 300), signal) },
  )
  const all = Array.from({ length: 12 }, (_, at) => notice('opened', incident({ id: `i${at}` }), `n${at}`))
  it.tell(...all)
  await until(() => it.noted.length === 12)
  t.equal(receiver.messages.length, 12)
  t.ok(receiver.arrived.length > 12, 'some were told to wait')
  t.strictSame(
    it.noted.map(([id]) => id),
    all.map(({ id }) => id),
  )
})

t.test('5xx, an archived channel and a wrong address: nothing lost, and it says what to do', async (t) => {
  const receiver = await slackReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = (_, count) => (count <= 2 ? { status: 503, body: 'upstream' } : undefined)
  const it = book(t, slack, { url: receiver.url })
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  t.equal(receiver.messages.length, 1)
  receiver.trouble = [410, 'channel_is_archived']
  it.tell(notice('resolved', over()))
  await until(() => it.delivery.state().gone !== undefined)
  t.match(
    it.delivery.state().gone,
    /127\.0\.0\.1: Slack answered 410 \(channel_is_archived\): the channel is/,
  )
  t.equal(it.due.length, 1, 'it is still due')
  const wrong = book(t, slack, { url: receiver.url.replace(/.$/, '') })
  wrong.tell(notice('opened'))
  await until(() => wrong.delivery.state().gone !== undefined)
  t.match(wrong.delivery.state().gone, /invalid_token/)
  t.notMatch(JSON.stringify([it.logged, it.states, wrong.logged, wrong.states]), /s3cr3t|T00000000/)
})
