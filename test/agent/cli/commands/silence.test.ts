import t from 'tap'
import { silence, silenceText } from '../../../../agent/cli/commands/silence.ts'
import { finding } from '../../findings.ts'
import { served } from './served.ts'

const at = Date.parse('2026-11-23T03:00:00Z')
const hour = 3_600_000

t.test('a silence in words', async (t) => {
  const it = { id: 'all', what: 'all', since: at, until: at + 2 * hour }
  t.equal(silenceText({ ...it, why: 'disk swap' }, at), 'all: silenced until 05:00 UTC (2 h): disk swap')
  t.equal(silenceText(it, at + hour), 'all: silenced until 05:00 UTC (1 h)')
  t.equal(silenceText({ ...it, until: at + 24 * hour }, at), 'all: silenced until 2026-11-24 03:00 UTC (1 d)')
  const hostile = { ...it, what: 'a\u001b[2J', why: 'b\u202ec' }
  t.notMatch(silenceText(hostile, at), /[\u001b\u202e]/, 'anyone of the group may have written it')
})

t.test('it is asked for, listed and ended', async (t) => {
  const { agent, silences, store } = await served(t)
  t.match(await agent('silence'), { exit: 0, out: 'Nothing is silenced.\n' })
  t.match(await agent('silence', 'all', '--for', '2h', '--why', 'a test'), {
    exit: 0,
    out: /^all: silenced until .* UTC \(2 h\): a test\n$/,
  })
  t.match(silences, [{ what: 'all', why: 'a test' }])
  t.equal((silences[0]?.until ?? 0) - (silences[0]?.since ?? 0), 2 * hour)
  t.match(await agent('silence', 'nft', '--why', 'is open'), { exit: 0 })
  await agent('silence', 'nft', '--end')
  store.saveLedger([finding({ code: 'memory.oom-killed', subject: 'default/db-0', since: at })])
  await agent('silence', 'default/db-0')
  t.equal((silences[1]?.until ?? 0) - (silences[1]?.since ?? 0), hour, 'an hour where nothing is said')
  t.match((await agent('silence')).out, /^all: silenced until .*\ndefault\/db-0: silenced until .*\n$/)
  t.match(await agent('silence', 'all', '--end'), { exit: 0, out: 'Notifications of all are sent again.\n' })
  t.match(silences, [{ what: 'default/db-0' }])
  t.match(await agent('silence', 'firewall.flushed', '--for', '30d'), { exit: 0 }, 'the longest')
})

t.test('what somebody types who has just read a message', async (t) => {
  const { agent, silences, store } = await served(t)
  const pod = { namespace: 'shop', name: 'db-0', container: 'postgres' }
  const killed = finding({ code: 'memory.oom-killed', subject: 'shop/db-0/postgres', pod, since: at })
  const mine = finding({ code: 'pods.log-says', subject: 'agent-x/app-0/app', since: at })
  const sink = finding({ code: 'agent.sink-failing', subject: 'ops', since: at })
  store.saveLedger([killed, mine, sink])
  for (const what of [
    ...['memory', 'memory.oom-killed', 'shop/db-0', 'memory.oom-killed/shop/db-0', killed.id],
    ...['pods.crash-looping/shop/db-0', 'agent-x/app-0/app'],
  ]) {
    t.match(await agent('silence', what), { exit: 0, err: '' }, what)
    t.equal(silences.at(-1)?.what, what)
  }
  store.saveLedger([
    finding({ code: 'memory.oom-killed', subject: 'pod 38b85a3d-c687-4320-836e-9a2b647445f5', since: at }),
  ])
  for (const what of [
    'memory.oom-killed/pod 38b85a3d',
    'pod 38b85a3d',
    'pod 38b85a3d-c687-4320-836e-9a2b647445f5',
  ]) {
    t.match(await agent('silence', ...what.split(' ')), { exit: 0, err: '' }, `${what}, without quotes`)
    t.equal(silences.at(-1)?.what, what)
  }
  for (const [what, said] of [
    ['memory.oom-killed/shop/db-1', /did you mean memory\.oom-killed\/shop\/db-0/],
    ['oom-killed', /did you mean memory\.oom-killed/],
    ['memory.oom-killed/nobody', /there is no finding/],
    ['ops', /there is no finding/],
    ['memory.blind/memory', /never hidden/],
    ['agent.sink-failing/ops', /never hidden/],
  ] as const)
    t.match(await agent('silence', what), { exit: 3, err: said }, what)
  t.match(await agent('silence', 'shop/db-7', '--end'), {
    exit: 3,
    err: /shop\/db-7 is not silenced; silenced: memory, /,
  })
})

t.test('what follows from something else is still heard of with that, and said so', async (t) => {
  const { agent } = await served(t)
  t.match(await agent('silence', 'firewall.kube-chains-missing'), {
    exit: 0,
    out: /silenced until .*\nIt is also part of firewall\.flushed\/nft, which is not silenced: `agent silence firewall\.flushed\/nft`\n$/,
  })
  t.notMatch((await agent('silence', 'firewall.flushed/nft')).out, 'also part of')
})

t.test('what is not silenced', async (t) => {
  const { config, silences, stop } = await served(t)
  for (const [what, wish, message] of [
    ['memory.blind', {}, /^memory\.blind cannot be silenced: .* is never hidden$/],
    ['agent.sink-failing', {}, /never hidden/],
    ['agent', {}, /never hidden/],
    [
      'firewall.flushd',
      {},
      /^there is no finding, area or subject called firewall\.flushd; did you mean firewall\.flushed\?$/,
    ],
    [
      'nonsense',
      {},
      /^there is no .* called nonsense; use all, an area \(k3s, certs, .*\), a code, a subject, or both/,
    ],
    ['firewall', { end: true }, /^firewall is not silenced; nothing is$/],
    [undefined, { for: '2h' }, /^--for 2h: say what to mute: `agent silence all --for 2h`$/],
    [undefined, { why: 'a swap' }, /^--why 'a swap': say what to mute: `agent silence all --why 'a swap'`$/],
    [undefined, { end: true }, /^--end: say what is to be heard again: `agent silence all --end`$/],
    ['all', { for: 'ever' }, /^--for ever: right is for example 90m, 2h or 1d, at most 30d$/],
    ['all', { for: '31d' }, /^--for 31d: right is/],
  ] as const)
    await t.rejects(silence(what, { config, ...wish }), { name: 'Refusal', exit: 3, message })
  t.strictSame(silences, [])
  stop()
  for (const what of [undefined, 'all'])
    await t.rejects(silence(what, { config }), {
      exit: 3,
      message:
        /^Murphy is not running on this machine; only a running agent mutes\. Start it: `systemctl start murphy`/,
    })
})
