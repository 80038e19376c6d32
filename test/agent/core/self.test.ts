import t from 'tap'
import { incidents } from '../../../agent/core/cascade.ts'
import { step } from '../../../agent/core/ledger.ts'
import { assessSelf, certainFor, failingFor, selfRules } from '../../../agent/core/self.ts'
import { readError } from '../../../agent/delivery/retry.ts'
import { rule } from '../findings.ts'
import { now } from '../small.ts'

const codes = (it: Parameters<typeof assessSelf>[0]) =>
  assessSelf(it, now).observations.map((one) => `${one.code} ${one.subject}`)

t.test('a sink that fails for a while, or for good, is reported', async (t) => {
  const failing = (since: number) => ({ sinks: [{ name: 'ops', failing: { since, why: 'nobody listens' } }] })
  t.strictSame(codes(failing(now - failingFor + 1)), [], 'one failed try is nobody else’s business')
  t.strictSame(codes(failing(now - failingFor)), ['agent.sink-failing ops'])
  const waiting = (since: number) => ({
    sinks: [{ name: 'ops', failing: { since, why: 'wants an hour', next: since + 3600_000 } }],
  })
  t.strictSame(codes(waiting(now - certainFor + 1)), [])
  t.strictSame(
    codes(waiting(now - certainFor)),
    ['agent.sink-failing ops'],
    'an hour is known from the start',
  )
  t.strictSame(codes({ sinks: [{ name: 'ops', gone: 'the webhook is gone' }] }), ['agent.sink-failing ops'])
  t.strictSame(codes({ sinks: [{ name: 'ops' }] }), [])
})

t.test(
  'what Kubernetes refuses for a while is reported: k3s answers 403 for a moment of each start',
  async (t) => {
    const refused = (since: number) => ({
      sinks: [],
      kubernetesRefused: { since, why: 'the API answered 403: no' },
    })
    t.strictSame(codes(refused(now - failingFor + 1)), [])
    t.strictSame(codes(refused(now - failingFor)), ['agent.kubernetes-refused kubernetes'])
    t.match(assessSelf(refused(now - failingFor), now).observations, [
      { text: /^Refused since 03:25 UTC: the API answered 403: no$/, at: now - failingFor },
    ])
  },
)

t.test('metrics that are not where the settings want them for five minutes are reported', async (t) => {
  const failing = (since: number) => ({
    ...{
      sinks: [],
      exposed: [{ place: '0.0.0.0:9797', failing: { since, why: 'another program listens there' } }],
    },
  })
  t.strictSame(codes(failing(now - failingFor + 1)), [], 'an address may come a little later than Murphy')
  t.strictSame(codes(failing(now - failingFor)), ['agent.metrics-failing 0.0.0.0:9797'])
  t.strictSame(codes({ sinks: [], exposed: [{ place: '0.0.0.0:9797' }] }), [])
})

t.test('a heartbeat that fails for five minutes and two periods is reported', async (t) => {
  const failing = (since: number, every: number) => ({
    sinks: [],
    heartbeats: [{ name: 'switch', every, failing: { since, why: 'nobody listens' } }],
  })
  t.strictSame(codes(failing(now - failingFor + 1, 60_000)), [])
  t.strictSame(codes(failing(now - failingFor, 60_000)), ['agent.heartbeat-failing switch'])
  t.strictSame(codes(failing(now - failingFor, 3600_000)), [], 'one that comes each hour')
  t.strictSame(codes(failing(now - 7200_000, 3600_000)), ['agent.heartbeat-failing switch'])
  t.strictSame(codes({ sinks: [], heartbeats: [{ name: 'switch', every: 60_000 }] }), [])
})

t.test('a memory that is lost or not kept is reported, a loss for an hour', async (t) => {
  t.strictSame(codes({ sinks: [], stateProblem: 'disk full' }), ['agent.state-lost disk'])
  const stateProblem = 'it was written by a newer Murphy (state version 99)'
  const [newer] = assessSelf({ sinks: [], stateProblem }, now).observations
  t.match(newer?.fix, [/--rollback/], 'where the disk has nothing to do with it, nobody looks at the disk')
  t.strictSame(codes({ sinks: [], lost: { text: 'moved aside', at: now - 1000 } }), [
    'agent.state-lost memory',
  ])
  t.strictSame(codes({ sinks: [], lost: { text: 'moved aside', at: now - 3600_000 } }), [])
})

t.test(
  'what answers is not shut out by a firewall, and who is known is not shut out by a certificate',
  async (t) => {
    const rules = { ...selfRules, 'firewall.lockout': rule(), 'certs.api-unauthorized': rule() }
    const causeOfThat = (code: string, state: Parameters<typeof assessSelf>[0], of: string) => {
      const open = step(
        [],
        { rules, observations: [{ code: of, subject: 'ipv4', text: 'It is.' }] },
        now - failingFor,
      )
      const all = step(open, assessSelf(state, now), now)
      const effect = all.find((it) => it.code === code)
      return incidents(all, rules, now).find((it) => [it.cause, ...it.affected].includes(effect as never))
        ?.cause.code
    }
    const failing = (why: string) => ({ since: now - failingFor, why })
    const silent = readError(new DOMException('', 'TimeoutError')).why
    const beat = (why: string) => ({
      sinks: [],
      heartbeats: [{ name: 'h', every: 60_000, failing: failing(why) }],
    })
    const sink = (why: string) => ({ sinks: [{ name: 'discord', failing: failing(why) }] })
    const lockout = 'firewall.lockout'
    t.equal(causeOfThat('agent.heartbeat-failing', beat(`hc-ping.com: ${silent}`), lockout), lockout)
    t.equal(
      causeOfThat('agent.heartbeat-failing', beat('hc-ping.com: answered 404'), lockout),
      'agent.heartbeat-failing',
    )
    t.equal(causeOfThat('agent.sink-failing', sink(`discord.com: ${silent}`), lockout), lockout)
    t.equal(
      causeOfThat('agent.sink-failing', sink('discord.com: answered 401'), lockout),
      'agent.sink-failing',
    )
    const api = (status: number) => ({
      sinks: [],
      kubernetesRefused: failing(`the API answered ${status}: no`),
    })
    const certs = 'certs.api-unauthorized'
    t.equal(causeOfThat('agent.kubernetes-refused', api(401), certs), certs)
    t.equal(causeOfThat('agent.kubernetes-refused', api(403), certs), 'agent.kubernetes-refused')
  },
)
