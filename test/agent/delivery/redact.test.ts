import t from 'tap'
import { redactor, redactorOfAll } from '../../../agent/delivery/redact.ts'
import { discord } from '../../../agent/delivery/sinks/discord.ts'
import { ntfy } from '../../../agent/delivery/sinks/ntfy.ts'
import { telegram } from '../../../agent/delivery/sinks/telegram.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'

t.test('nothing of a URL but its host comes through', async (t) => {
  const url = 'https://discord.com/api/webhooks/123456/tok-en'
  const redact = redactor(discord, { url })
  t.equal(redact(`POST ${url} failed`), 'POST <hidden> failed')
  t.equal(redact('/api/v10/webhooks/123456/tok-en?wait'), '/api/v10/webhooks/<hidden>/<hidden>?wait')
  t.equal(redact('discord.com: answered 404'), 'discord.com: answered 404')
})

t.test('tokens, passwords and the values of a query', async (t) => {
  const redact = redactor(ntfy, { url: 'https://h/topic', token: 'tk_abc', user: 'phil', password: 'pass(' })
  t.equal(redact('phil tk_abc pass( /topic'), 'phil <hidden> <hidden> /<hidden>')
  t.equal(redactor(webhook, { url: 'https://h/?key=sesame' })('key=sesame'), 'key=<hidden>')
})

t.test('the part of a token that proves who one is', async (t) => {
  const redact = redactor(telegram, { token: '123456789:AAbcdefghij', chat: '-100', url: 'https://h' })
  t.equal(redact('/bot123456789:AAbcdefghij/sendMessage, AAbcdefghij'), '/bot<hidden>/sendMessage, <hidden>')
})

t.test('a part that is written otherwise in a URL than elsewhere', async (t) => {
  t.equal(redactor(webhook, { url: 'https://h/p%C3%A4ss%20wort' })('/päss wort'), '/<hidden>')
})

t.test('a part beside a place of a template, which is filled when it is sent', async (t) => {
  const redact = redactor(webhook, { url: 'https://h/api/T0123456{/fail}?s={exit}&m=key-{node}' })
  t.equal(redact('POST /api/T0123456/fail?s=2&m=key-node1'), 'POST /api/<hidden>/fail?s=2&m=<hidden>node1')
  t.equal(redact('no heartbeat T0123456'), 'no heartbeat <hidden>')
})

t.test('all sinks at once, without taking words out of everything', async (t) => {
  const hide = redactorOfAll([
    { sink: ntfy, settings: { url: 'https://h/certs', password: 'pass(' } },
    { sink: webhook, settings: { url: 'https://h/hooks/T0123456789' } },
  ])
  t.equal(hide('certs: hooks T0123456789 pass( https://h/certs'), 'certs: hooks <hidden> <hidden> <hidden>')
})
