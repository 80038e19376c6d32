import t from 'tap'
import { assess, grace } from '../../../collectors/k3s/assess.ts'
import { limits, minute, noon, server, startedAt, stopped } from './samples.ts'

const judge = (sample: Parameters<typeof assess>[0], now = noon) => assess(sample, {}, limits, now)
/** What opens a finding; what a start may still put right only keeps one open. */
const codes = (...it: Parameters<typeof judge>) =>
  judge(...it).flatMap((one) => (one.starting ? [] : [`${one.code} ${one.subject}`]))
const bad = (since: number) => ({
  api: { well: false, since, said: 'answers 500: not ready: etcd', status: 500 },
})

t.test('a machine without k3s, and one that is well', async (t) => {
  t.strictSame(judge({}), [])
  t.strictSame(
    judge(server({ answers: { api: { well: true, since: 0 }, kubelet: { well: true, since: 0 } } })),
    [],
  )
})

t.test('what does not answer, since when, and what to do', async (t) => {
  const answers = {
    ...bad(noon - minute),
    kubelet: { well: false, since: noon, said: 'answers 500', port: 10_248 },
  }
  t.match(judge(server({ answers })), [
    {
      code: 'k3s.api-unhealthy',
      subject: 'api',
      at: noon - minute,
      text: 'The API answers 500: not ready: etcd, since 2026-11-23 11:59:00 UTC.',
      evidence: { status: 500 },
    },
    {
      code: 'k3s.kubelet-unhealthy',
      subject: 'kubelet',
      text: 'The kubelet answers 500, since 2026-11-23 12:00:00 UTC.',
      evidence: { port: 10_248 },
    },
  ])
  const k3s = {
    ...(server().k3s as NonNullable<ReturnType<typeof server>['k3s']>),
    role: 'agent' as const,
    unit: 'k3s-agent',
  }
  const [it] = judge(server({ k3s, answers: bad(noon), servers: ['192.0.2.10:6443'] }))
  t.match(it, { text: /^The API \(192\.0\.2\.10:6443\), through this agent's load balancer, answers 500/ })
  t.match(it?.fix, [/curl -ksm5 https:\/\/192\.0\.2\.10:6443\/ping/, /journalctl -u k3s-agent/])
})

t.test('a start has its time, unless it was wrong before; a stop is told as one', async (t) => {
  const start = (since: number) => startedAt(noon, { answers: bad(since) })
  t.strictSame(codes(start(noon + 1), noon + grace - 1), [])
  t.match(judge(start(noon + 1), noon + grace - 1), [{ code: 'k3s.api-unhealthy', starting: true }])
  t.strictSame(codes(start(noon + 1), noon + grace), ['k3s.api-unhealthy api'])
  const api = (up: number) => startedAt(noon, { answers: { api: { ...bad(noon + minute).api, up } } })
  t.strictSame(
    codes(api(noon), noon + minute + 1),
    ['k3s.api-unhealthy api'],
    'it was well since its start: as when a cable is pulled soon after',
  )
  t.strictSame(codes(api(noon - minute), noon + minute + 1), [], 'that was another process')
  const late = { answers: { api: { ...bad(noon - minute).api, late: true as const } } }
  t.strictSame(
    codes(startedAt(noon, late), noon + 1),
    ['k3s.api-unhealthy api'],
    'a restart that did not help',
  )
  t.strictSame(codes(start(noon - minute), noon + 1), [], 'it was still starting when it was started again')
  t.strictSame(
    codes(start(noon - 20_000), noon + 2 * minute),
    [],
    'it was stopped in between: what is unwell since then is the restart itself',
  )
  t.strictSame(codes(stopped(noon, { answers: bad(noon - minute) })), ['k3s.api-unhealthy api'])
  t.strictSame(codes(stopped(noon, { answers: bad(noon) })), [])
})

t.test('events are information, and one restart after the other is not news each time', async (t) => {
  const happened = [
    { code: 'k3s.killed' as const, at: noon - 2, text: 'All went.' },
    { code: 'k3s.restarted' as const, at: noon - 1, text: 'It was started.' },
  ]
  t.match(judge(server({ happened })), [
    {
      code: 'k3s.killed',
      subject: 'k3s',
      at: noon - 2,
      impact: /^k3s runs again/,
      fix: [/`kubectl get pods/],
    },
    { code: 'k3s.restarted', subject: 'k3s', at: noon - 1, impact: 'k3s recreates network, rules and pods.' },
  ])
  const { k3s } = server()
  const agent = server({
    happened,
    k3s: { ...(k3s as NonNullable<typeof k3s>), role: 'agent', unit: 'k3s-agent' },
  })
  t.match(
    judge(agent)[0],
    { code: 'k3s.killed', fix: [/ \(on a server\): `kubectl get pods/] },
    'it has no kubeconfig',
  )
  const again = { ...happened[1], at: noon } as (typeof happened)[number]
  t.match(judge(server({ happened: [...happened, again] }))[2], { at: noon, impact: undefined })
  const [killed] = judge(stopped(noon - 2, { happened: happened.slice(0, 1) })).filter(
    (it) => it.code === 'k3s.killed',
  )
  t.match(killed, { impact: undefined, fix: [/systemctl start k3s/] }, 'as long as it does not run')
  const restarts = [0, 1, 2, 3].map((count) => ({ at: noon - minute, count }))
  t.strictSame(codes(startedAt(noon, { happened: happened.slice(1), restarts })), ['k3s.restarting k3s'])
})

t.test('each event is told, with what it must share with what follows from it', async (t) => {
  const happened = [
    { code: 'k3s.restarted', at: noon - 3 * minute, text: 'One.' },
    {
      code: 'k3s.crashed',
      at: noon - 2 * minute,
      text: 'Crash.',
      evidence: { exit: 2, reason: 'panic: x' },
    },
    { code: 'k3s.restarted', at: noon - minute, text: 'Two.' },
  ] as const
  t.match(judge(server({ happened })), [
    { code: 'k3s.restarted', subject: 'k3s', at: noon - 3 * minute, text: 'One.' },
    {
      code: 'k3s.crashed',
      at: noon - 2 * minute,
      evidence: { exit: 2, reason: 'panic: x' },
      fix: [/^See why k3s crashed: `journalctl -u k3s -b .*-g '.*panic.*' \| tail -n 10`$/],
    },
    { code: 'k3s.restarted', subject: 'k3s', at: noon - minute, text: 'Two.' },
  ])
})
