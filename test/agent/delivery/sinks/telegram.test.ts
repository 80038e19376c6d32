import t from 'tap'
import { telegram } from '../../../../agent/delivery/sinks/telegram.ts'
import type { Letter, Notice, Reply } from '../../../../agent/model/index.ts'
import { book, really, until } from '../../../receivers/book.ts'
import { finding, hostile, hostileNotices, incident, notice, over } from '../../../receivers/notices.ts'
import { foundByTelegram, shownByTelegram, telegramReceiver } from '../../../receivers/telegram.ts'

const settings = { token: '123456789:AAabcdefghijk', chat: '-1001234567890', url: 'https://api.telegram.org' }
const receipt = '77'
const letters = (of: Notice, about?: string, more: object = {}) =>
  telegram.compose(of, { ...settings, ...more }, about)
const bodyOf = (it: Letter | undefined) => JSON.parse(it?.body ?? '{}')

t.test('what people see', async (t) => {
  const [it] = letters({
    ...notice('opened'),
    cluster: 'home',
    runbookUrl: 'https://wiki.example/{code}?a&b',
  })
  t.equal(it?.url, 'https://api.telegram.org/bot123456789:AAabcdefghijk/sendMessage')
  const { text, ...rest } = bodyOf(it)
  t.equal(
    text,
    [
      '🔴 <b>node1: the firewall was flushed</b>',
      '<code>iptables</code> (pid 25978) removed 91 of 91 rules at 03:12:07.',
      '<b>Impact:</b> Services and network policies do not work.',
      '<b>Fix</b>',
      '1.',
      '<pre>systemctl restart k3s</pre>',
      '2. delete the ingress pod so that its port is mapped again',
      "⛔ Don't run <code>iptables -F</code> again: ufw would then lock out SSH.",
      '<b>Also affected:</b> ingress is unreachable (kube-system/ingress)',
      '<i>critical since 03:12 UTC (4 min)</i>',
      '<a href="https://wiki.example/firewall.flushed?a&amp;b">Runbook</a> · Murphy · node1 · cluster home · firewall.flushed',
    ].join('\n'),
  )
  t.strictSame(rest, {
    chat_id: -1_001_234_567_890,
    reply_markup: {
      inline_keyboard: [[{ text: 'Copy step 1', copy_text: { text: 'systemctl restart k3s' } }]],
    },
    disable_notification: false,
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
  })
})

t.test('when a message is new, when it is edited, and when it makes a sound', async (t) => {
  const shape = (of: Notice, about?: string) =>
    letters(of, about).map((it) => {
      const { message_id: of, disable_notification: silent, reply_parameters: answers } = bodyOf(it)
      return [it.url.split('/').at(-1), it.edit === true, of, silent, answers?.message_id]
    })
  const edit = ['editMessageText', true, 77, undefined, undefined]
  t.strictSame(shape(notice('opened')), [['sendMessage', false, undefined, false, undefined]])
  t.strictSame(shape(notice('grew'), receipt), [edit])
  t.strictSame(shape(notice('worse'), receipt), [['sendMessage', false, undefined, false, 77], edit])
  t.strictSame(shape(notice('reminder'), receipt), [['sendMessage', false, undefined, false, 77]])
  t.strictSame(shape(notice('merged'), receipt), [edit])
  t.strictSame(shape(notice('merged')), [])
  t.strictSame(shape(notice('resolved', over()), receipt), [
    edit,
    ['sendMessage', false, undefined, false, 77],
  ])
  const mild = { ...over(), severity: 'warning' as const }
  t.equal(shape(notice('resolved', mild), receipt)[1]?.[3], true, 'the end of a warning makes no sound')
  t.strictSame(shape(notice('grew'), 'no/id')[0]?.[0], 'sendMessage')
  t.equal(bodyOf(letters(notice('opened'), undefined, { topic: 5 })[0]).message_thread_id, 5)
  t.equal(bodyOf(letters(notice('opened'), undefined, { chat: '@alerts' })[0]).chat_id, '@alerts')
})

t.test('commands are ready to be copied, and what is no command mentions nobody', async (t) => {
  const fix = ['Ask there: `curl https://user@example.org/`']
  const of = incident({ fix, cause: finding({ text: 'By @alice, see tg://resolve?domain=alice or `a@b`.' }) })
  const { text, reply_markup: buttons } = bodyOf(letters({ ...notice('opened', of), node: '@bob' })[0])
  t.match(text, '<pre>curl https://user@example.org/</pre>')
  t.match(text, 'By @\u2060alice, see tg:\u2060//resolve?domain=alice or <code>a@b</code>.')
  t.match(text, 'Murphy · @\u2060bob · firewall.flushed')
  t.match(buttons.inline_keyboard[0][0].copy_text.text, 'curl https://user@example.org/')
  for (const it of [...letters(notice('worse', of), receipt), ...letters(notice('merged', of), receipt)])
    t.strictSame(foundByTelegram(bodyOf(it).text), [])
})

t.test('a command that no button can hold is only shown', async (t) => {
  const fix = [`\`kubectl delete pod ${'x'.repeat(260)}\``]
  t.equal(bodyOf(letters(notice('opened', incident({ fix })))[0]).reply_markup, undefined)
})

t.test('settings that cannot be', async (t) => {
  const wrong = (more: object) => telegram.check?.({ ...settings, ...more }).map((it) => it.split(':')[0])
  t.strictSame(wrong({}), [])
  t.strictSame(wrong({ chat: '@murphy_home' }), [])
  t.strictSame(wrong({ url: 'http://127.0.0.1:8081/' }), [])
  for (const token of ['x', '123', 'bot123456789:AAabcdefghijk', '123456789:AA/../x'])
    t.strictSame(wrong({ token }), ['token'], token)
  for (const chat of ['murphy', '@a', '-100 1', 'https://t.me/x'])
    t.strictSame(wrong({ chat }), ['chat'], chat)
  t.strictSame(wrong({ url: 'x' }), ['url'])
  t.throws(() => letters(notice('opened'), undefined, { token: 'x' }))
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text))
      for (const it of [...letters(of), ...letters(of, receipt)]) {
        const shown = shownByTelegram(bodyOf(it).text)
        t.ok(shown !== undefined && shown.length > 0 && shown.length <= 4096, `${of.kind}: ${shown?.length}`)
        t.ok(Buffer.byteLength(it.body) < 16_000)
        t.strictSame(foundByTelegram(bodyOf(it).text), [], `${of.kind}: mentions nobody, leads nowhere`)
      }
  })

t.test('what replies mean', async (t) => {
  const [post] = letters(notice('opened')) as [Letter]
  const [edit] = letters(notice('grew'), receipt) as [Letter]
  const read = (status: number, body: unknown, letter = post) =>
    telegram.read?.(
      { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) } as Reply,
      letter,
    )
  const not = (status: number, description: string, parameters?: object) => [
    status,
    { ok: false, error_code: status, description, parameters },
  ]
  t.strictSame(read(200, { ok: true, result: { message_id: 5 } }), { outcome: 'accepted', receipt: '5' })
  t.strictSame(read(200, '{"ok":true,"result":{"message_id":5,"te'), { outcome: 'accepted' })
  for (const body of ['', '<html>', {}, { ok: 'yes' }])
    t.match(read(200, body), { outcome: 'again', why: /perhaps a proxy/ }, JSON.stringify(body))
  const say = (status: number, description: string, parameters?: object, letter = post) =>
    read(...(not(status, description, parameters) as [number, object]), letter)
  t.match(say(429, 'Too Many Requests: retry after 35', { retry_after: 35 }), {
    outcome: 'again',
    wait: 35_000,
  })
  const same = 'Bad Request: message is not modified: x'
  t.strictSame(say(400, same, undefined, edit), { outcome: 'accepted' })
  t.equal(say(400, same)?.outcome, 'refused', 'only an edit can be without a change')
  t.equal(say(400, 'Bad Request: message to edit not found', undefined, edit)?.outcome, 'refused')
  t.match(say(400, 'Bad Request: x', { migrate_to_chat_id: -1005 }), {
    outcome: 'gone',
    why: /set chat: "-1005"/,
  })
  t.match(say(401, 'Unauthorized'), { outcome: 'gone', why: /the token is wrong/ })
  t.match(say(400, 'Bad Request: chat not found'), { outcome: 'gone', why: /chat is wrong/ })
  t.match(say(403, 'Forbidden: bot was blocked by the user'), { outcome: 'gone' })
  t.match(say(400, 'Bad Request: TOPIC_CLOSED'), { outcome: 'gone', why: /open the topic again/ })
  t.match(say(400, 'Bad Request: message thread not found'), { outcome: 'gone' })
  t.equal(say(400, "Bad Request: can't parse entities")?.outcome, 'refused')
  t.equal(say(500, 'Internal Server Error'), undefined)
  t.equal(read(502, '<html>Bad Gateway'), undefined)
})

t.test('opened, grew, worse, resolved: edited in place, what rings answers it', async (t) => {
  const receiver = await telegramReceiver({ rate: { burst: 100, every: 1 } })
  t.teardown(() => receiver.close())
  const it = book(t, telegram, receiver.settings)
  const { id } = incident()
  const all = [notice('opened'), notice('grew'), notice('worse'), notice('resolved', { ...over(), id })]
  for (const [index, one] of all.entries()) {
    it.tell(one)
    await until(() => it.noted.length === index + 1)
  }
  t.strictSame(
    receiver.messages().map((one) => [one.text.split('\n')[0], one.answers, one.edits, one.topic]),
    [
      // That it grew changes nothing of its text, which Telegram calls an error, and Murphy does not.
      ['🔴 node1: worse: the firewall was flushed', undefined, 1, 42],
      ['🟢 node1: resolved after 8 min: the firewall was flushed', 1000, 1, 42],
      ['🟢 node1: resolved after 8 min: the firewall was flushed', 1001, 0, 42],
    ],
  )
  t.match(receiver.messages()[0]?.text, /see the answer below/)
})

t.test('a message that somebody deleted is told anew', async (t) => {
  const receiver = await telegramReceiver()
  t.teardown(() => receiver.close())
  const it = book(t, telegram, receiver.settings)
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  receiver.remove(1000)
  it.tell(notice('grew'))
  await until(() => it.noted.length === 2)
  t.equal(receiver.messages().length, 1)
})

t.test('ten at once: at the pace that Telegram asks for, each once', async (t) => {
  const receiver = await telegramReceiver({ rate: { burst: 4, every: 300 } })
  t.teardown(() => receiver.close())
  const it = book(t, telegram, receiver.settings, {
    sleep: (ms, signal) => really(Math.min(ms, 300), signal),
  })
  it.tell(...Array.from({ length: 10 }, (_, at) => notice('opened', incident({ id: `i${at}` }), `n${at}`)))
  await until(() => it.noted.length === 10)
  t.equal(receiver.messages().length, 10)
  t.ok(it.states.some(({ failing }) => failing?.why.includes('retry after')))
})

t.test('a closed topic, a kick, a wrong token, 5xx: nothing lost, and it says what to do', async (t) => {
  const receiver = await telegramReceiver({ rate: { burst: 100, every: 1 } })
  t.teardown(() => receiver.close())
  const tries = async (trouble: typeof receiver.trouble, more: object, why: RegExp) => {
    receiver.trouble = trouble
    const it = book(t, telegram, { ...receiver.settings, ...more })
    it.tell(notice('opened'))
    await until(() => it.delivery.state().gone !== undefined)
    t.match(it.delivery.state().gone, why)
    t.equal(it.due.length, 1, 'it is still due')
    t.notMatch(JSON.stringify([it.logged, it.states]), /s3cr3t/)
  }
  await tries('topic closed', {}, /TOPIC_CLOSED: open the topic again/)
  await tries('blocked', {}, /let the bot write there again/)
  await tries('moved', {}, /set chat: "-1009999999999"/)
  await tries(undefined, { token: '123456789:wrong-s3cr3t' }, /the token is wrong/)
  await tries(undefined, { chat: '-5' }, /chat is wrong/)
  receiver.fault = (_, count) => (count % 3 === 0 ? undefined : { status: 502, body: 'Bad Gateway' })
  const it = book(t, telegram, receiver.settings)
  it.tell(notice('opened'), notice('reminder', incident({ id: 'b' })))
  await until(() => it.noted.length === 2)
  t.equal(receiver.messages().length, 2)
})
