import { createHmac } from 'node:crypto'
import t from 'tap'
import { webhook } from '../../../../agent/delivery/sinks/webhook.ts'
import type { Notice } from '../../../../agent/model/index.ts'
import { fingerprintOf } from '../../../../agent/text/fingerprint.ts'
import {
  finding,
  hostile,
  hostileNotices,
  incident,
  notice,
  over,
  since,
} from '../../../receivers/notices.ts'
import { webhookSecret } from '../../../receivers/webhook.ts'

const url = 'https://example.org/hook?key=1'
const letter = (of: Notice, secret?: string) => {
  const [it] = webhook.compose(of, { url, ...(secret !== undefined && { secret }) })
  if (!it) throw new Error('no letter')
  return it
}

t.test('the body', async (t) => {
  t.match(JSON.parse(letter(notice('opened')).body), {
    type: 'incident.opened',
    timestamp: '2026-03-05T03:12:07.000Z',
    title: 'node1: the firewall was flushed',
    text: /^🔴 node1: the firewall was flushed\n`iptables` \(pid 25978\) removed .*\nImpact: .*\nFix\n1\. /,
    data: {
      version: 2,
      node: 'node1',
      incident: {
        id: 'firewall.flushed|node|1772680327000',
        fingerprint: fingerprintOf({ code: 'firewall.flushed', subject: 'node' }, 'node1'),
        severity: 'critical',
        since: '2026-03-05T03:12:07.000Z',
        title: 'the firewall was flushed',
        fix: ['`systemctl restart k3s`', 'delete the ingress pod so that its port is mapped again'],
        cause: { code: 'firewall.flushed', subject: 'node' },
        affected: [{ code: 'firewall.hostport-rules-missing', subject: 'kube-system/ingress' }],
        more: 0,
      },
    },
  })
  t.equal(JSON.parse(letter(notice('resolved', over())).body).timestamp, '2026-03-05T03:20:07.000Z')
  t.equal(
    JSON.parse(letter({ kind: 'digest', id: 'd', node: 'n', at: 0, incidents: [over()] }).body).data.incidents
      .length,
    1,
  )
})

t.test('every event has a flat title and text, whatever it is of', async (t) => {
  for (const of of hostileNotices('x y')) {
    const { title, text } = JSON.parse(letter(of).body)
    t.match(title, /^x y: \S/, of.kind)
    t.ok(/^\S+ /.exec(text) && text.includes(` ${title}\n`), `${of.kind}: its text begins with the title`)
  }
})

t.test('what leads the title and what is open is in the body, however much is over', async (t) => {
  const old = Array.from({ length: 20 }, (_, at) =>
    finding({ id: `old ${at}`, code: 'cni.veth-orphaned', since: since + at, resolved: since + 60 }),
  )
  const mild = finding({ id: 'mild', code: 'memory.near-limit', severity: 'warning', since: since + 90 })
  const lead = finding({
    id: 'lead',
    code: 'cni.bridge-missing',
    title: 'the bridge is gone',
    since: since + 99,
  })
  const cause = finding({ code: 'k3s.restarted', title: 'k3s was restarted', severity: 'info' })
  const { data } = JSON.parse(
    letter(notice('grew', incident({ cause, affected: [...old, mild, lead] }))).body,
  )
  t.equal(data.incident.title, 'the bridge is gone')
  t.strictSame(
    data.incident.affected.slice(0, 2).map(({ id }: { id: string }) => id),
    ['lead', 'mild'],
  )
  t.equal(data.incident.affected.length + data.incident.more, 22)
})

t.test('the signature of Standard Webhooks', async (t) => {
  // Its known answer: the example in its reference libraries.
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const known = createHmac('sha256', key)
    .update('msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}')
    .digest('base64')
  t.equal(known, 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  const { headers, body } = letter(notice('opened'), webhookSecret)
  const expected = createHmac('sha256', key)
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
    .digest('base64')
  t.equal(headers['webhook-signature'], `v1,${expected}`)
  t.ok(letter(notice('opened'), 'any text').headers['webhook-signature']?.startsWith('v1,'))
  t.equal(letter(notice('opened')).headers['webhook-signature'], undefined)
})

t.test('the same id at every attempt, the time of the attempt', async (t) => {
  const first = notice('opened')
  const second = { ...first, at: first.at + 3600_000 }
  t.equal(letter(first).headers['webhook-id'], 'murphy_opened')
  t.equal(letter(second).headers['webhook-id'], 'murphy_opened')
  t.equal(
    Number(letter(second).headers['webhook-timestamp']) - Number(letter(first).headers['webhook-timestamp']),
    3600,
  )
  const odd = letter(notice('opened', incident(), 'a.b\r\nx: y')).headers['webhook-id']
  t.match(odd, /^murphy_[0-9a-f]{32}$/)
})

t.test('settings that cannot be', async (t) => {
  const wrong = (settings: object) => webhook.check?.({ url, ...settings }).map((it) => it.split(':')[0])
  t.same(wrong({}), [])
  t.same(wrong({ secret: webhookSecret }), [])
  t.same(wrong({ secret: 'whsec_short' }), ['secret'])
  t.same(wrong({ secret: '' }), ['secret'])
  t.same(wrong({ url: 'nothing' }), ['url'])
  t.same(wrong({ url: 'ftp://x/' }), ['url'])
  t.same(wrong({ url: 'https://user:pass@x/' }), ['url'])
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text)) {
      const { headers, body } = letter(of, 'secret')
      t.ok(Buffer.byteLength(body) < 20_000, `${of.kind}: ${Buffer.byteLength(body)}`)
      t.doesNotThrow(() => new Headers(headers))
      t.notMatch(body, /\\u00[01]|\u202e/)
    }
  })

t.test('what replies mean', async (t) => {
  const read = (status: number, body = '', headers = {}) =>
    webhook.read?.({ status, headers, body }, letter(notice('opened')))
  t.equal(read(410)?.outcome, 'gone')
  t.equal(read(410, ' <html>'), undefined, "a proxy's page")
  t.equal(read(410, 'gone', { 'content-type': 'text/html' }), undefined)
  t.equal(read(404), undefined)
  t.equal(read(204), undefined)
})
