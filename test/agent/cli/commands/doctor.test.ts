import t from 'tap'
import { kumaReceiver } from '../../../receivers/kuma.ts'
import { served } from './served.ts'

t.test('beside a running agent: what it can and cannot, with the exit code of the gravest', async (t) => {
  const { agent, show } = await served(t)
  show({ state: 'ok', incidents: [], machine: 'Raspberry Pi 4', sinks: [] })
  const { exit, out } = await agent('doctor')
  t.equal(exit, 1)
  t.match(
    out,
    /^\S node1 {2}WARNING[\s\S]*Raspberry Pi 4[\s\S]*\nsinks +WARNING {2}none: nobody is notified\n/,
  )
  t.match(out, /\nmemory +WARNING {2}blind: reading \/dev\/kmsg: permission denied\n {2}Fix: /)
  t.match(out, /\nstate +/)
  t.match(out, /\nnode +ok +no incident\n/)
  const json = JSON.parse((await agent('doctor', '-o', 'json')).out)
  t.match(json, { version: 2, node: 'node1', state: 'warning', machine: 'Raspberry Pi 4' })
})

t.test('metrics that cannot be shown are told', async (t) => {
  const { agent, show } = await served(t)
  show({
    state: 'ok',
    incidents: [],
    exposed: [{ place: '127.0.0.1:9797', failing: { since: 1, why: 'another program listens there' } }],
  })
  t.match(
    (await agent('doctor')).out,
    /\nmetrics +WARNING +127\.0\.0\.1:9797: another program listens there\n/,
  )
})

t.test('a test message that is not taken is critical', async (t) => {
  const { config, agent, show } = await served(t)
  const { appendFileSync } = await import('node:fs')
  // Port 9 is discard's; nothing listens there (RFC 863).
  appendFileSync(config, 'sinks:\n  - { type: webhook, name: hook, url: "http://127.0.0.1:9/" }\n')
  show({ state: 'ok', incidents: [], sinks: [{ name: 'hook', type: 'webhook', waiting: 0 }] })
  const { exit, out } = await agent('doctor', '--send')
  t.equal(exit, 2)
  t.match(out, /\nsink hook +CRITICAL {2}test message failed: /)
})

t.test('what is written to Kubernetes is neither a sink nor hidden by one', async (t) => {
  const { config, agent, show } = await served(t)
  const { appendFileSync } = await import('node:fs')
  appendFileSync(config, 'kubernetes: { conditions: true }\n')
  const failing = { since: 0, why: 'the API answered 403: nodes "node1" is forbidden' }
  show({
    state: 'ok',
    incidents: [],
    sinks: [{ name: 'kubernetes', type: 'kubernetes', waiting: 0, failing }],
  })
  const { out } = await agent('doctor')
  t.match(out, /\nsinks +WARNING {2}none: nobody is notified\n/)
  t.match(out, /\nkubernetes +WARNING {2}conditions: the API answered 403: nodes "node1" is\s+forbidden/)
  t.match(out, /Fix: `agent doctor --send`/)
  const tried = await agent('doctor', '--send')
  t.notMatch(tried.out, /test message/)
  t.match(tried.out, /\nkubernetes +(?:WARNING|ok)/, 'without a sink it can be tried all the same')
})

t.test('without an agent nothing is watched: unknown, whatever else', async (t) => {
  const { agent, stop } = await served(t)
  stop()
  const { exit, out } = await agent('doctor', '-o', 'name')
  t.equal(exit, 3)
  t.match(out, /^agent\n/)
})

t.test('a ping is tried beside the messages', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  const { config, agent, show } = await served(t)
  const { appendFileSync } = await import('node:fs')
  appendFileSync(
    config,
    `heartbeats:\n  - url: ${receiver.url}\n  - { name: other, url: "${receiver.url}x" }\n`,
  )
  const row = { type: 'kuma' as const, every: 60_000 }
  show({
    state: 'ok',
    incidents: [],
    heartbeats: [
      { ...row, name: 'heartbeat' },
      { ...row, name: 'other' },
    ],
  })
  const { exit, out } = await agent('doctor', '--send')
  t.equal(exit, 2)
  t.match(out, /\nheartbeat heartbeat +ok +ping accepted\n/)
  t.match(out, /\nheartbeat other +CRITICAL +ping failed: [^\n]*404/)
  t.match(receiver.beats, [{ status: 'UP', msg: 'test-node: test by agent doctor' }])
  t.notMatch(out, /wKcFl3/)
})
