import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { recordedNode } from '../../../agent/host/replay.ts'
import { memory, ofTheKiller } from '../../../collectors/memory/index.ts'
import { killed, recorded } from './records.ts'

const settings = defaults(memory.settings)
const node = (name: string) => recordedNode(new URL(`../../nodes/${name}`, import.meta.url).pathname)
const past = { heard: [] }

t.test('seventeen kills on a real node', async (t) => {
  const host = node('oom-kills')
  const sample = await memory.collect(host, settings, past)
  t.equal(sample.unseen, undefined)
  const found = memory.assess(sample, past, settings, host.now())
  t.match(found, [
    {
      // The pod before: its folder was deleted with it.
      code: 'memory.oom-killed',
      subject: 'pod 590e112b-f426-43df-a156-a82643a83dd3',
      text: '13 kills since 00:18, last 00:28 UTC, limit 24 MiB (of the pod); last: tail (pid 13979) with 23.4 MiB.',
    },
    {
      code: 'memory.oom-killed',
      subject: 'default/oomer/eater',
      text: '4 kills at 00:29 UTC, limit 24 MiB (of the pod); last: tail (pid 16343) with 23.3 MiB.',
      pod: { namespace: 'default', name: 'oomer', container: 'eater' },
    },
  ])
  t.match(found.slice(2), [
    {
      code: 'memory.oom-repeating',
      subject: 'pod 590e112b-f426-43df-a156-a82643a83dd3',
      text: 'OOMKilled 13 times since 00:18, last 00:28 UTC, about every 1 min. Limit 24 MiB (of the pod); last: tail (pid 13979) with 23.4 MiB.',
    },
    { code: 'memory.oom-repeating', subject: 'default/oomer/eater', pod: { name: 'oomer' } },
  ])
  t.equal(found.length, 4)
  t.equal(memory.summary(sample, settings, host.now()), 'OOM: 17 kills since 00:18, last 00:29 UTC')
  t.ok(JSON.stringify(sample).length < 8 * 1024)
})

t.test('two hours later they are over', async (t) => {
  const first = await memory.collect(node('oom-kills'), settings, past)
  const host = { ...node('oom-kills'), now: () => node('oom-kills').now() + 2 * 3600_000 }
  t.same(memory.assess(first, past, settings, host.now()), [])
  const sample = await memory.collect(host, settings, { heard: [], sample: first })
  t.same(sample.victims, [])
  t.match(memory.summary(sample, settings, host.now()), /^no OOM kill in the last hour/)
})

t.test('calm nodes', async (t) => {
  for (const name of ['healthy', 'no-k3s', 'two-nodes-healthy-node2']) {
    const host = node(name)
    const sample = await memory.collect(host, settings, past)
    t.same(memory.assess(sample, past, settings, host.now()), [], name)
    t.match(memory.summary(sample, settings, host.now()), /^no OOM kill in the last hour/)
    t.equal(sample.unseen, undefined)
  }
})

t.test('numbers worth keeping', async (t) => {
  t.same(
    memory.series?.({ cursor: 1, victims: [], recent: [], pods: [], available: 5, counted: 0, total: 9 }),
    {
      available: 5,
      kills: 0,
    },
  )
  t.same(memory.series?.({ cursor: 1, victims: [], recent: [], pods: [] }), {})
})

t.test('what wakes it', async (t) => {
  t.equal(recorded.filter(ofTheKiller).length, 17, 'each kill once')
  t.notOk(ofTheKiller(`11,5,1,-;${killed('x', 1)[1]}`), 'a process said it')
  t.notOk(ofTheKiller(` 3,5,1,-;${killed('x', 1)[1]}`))
  const [watch] = memory.watch?.(settings, undefined) ?? []
  t.match(watch, { kind: 'command', argv: ['cat', '/dev/kmsg'], isRelevant: ofTheKiller })
})
