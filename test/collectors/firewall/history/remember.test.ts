import t from 'tap'
import type { Past } from '../../../../agent/model/index.ts'
import { remember } from '../../../../collectors/firewall/history/remember.ts'
import { look } from '../../../../collectors/firewall/look.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'
import { node } from '../look.ts'

const nobody: Past<FirewallSample> = { heard: [] }
const well = await look(node('healthy'), undefined)
const flushed = await look(node('flush-535'), undefined)
const { sample, snapshot } = remember(nobody, well)

t.test('plain JSON, the same whenever it is made of the same', async (t) => {
  t.strictSame(JSON.parse(JSON.stringify(sample)), sample)
  t.strictSame(remember(nobody, well).sample, sample)
  t.match(snapshot, { changed: false, broken: false, good: true })
})

t.test('a loss is remembered with who may have made it, and keeps nothing of the ruins', async (t) => {
  const heard = [
    ...Array.from({ length: 9 }, (_, at) => `delete rule ip nat OUTPUT handle ${at}`),
    '# new generation 9 by process 77 (iptables)',
  ].map((text) => ({ at: flushed.now - 500, text }))
  const after = remember({ sample, at: well.now, heard }, flushed)
  const [flush] = after.sample.memory.flushes ?? []
  t.same(
    flush?.steps.map((it) => [Object.keys(it.tables), it.by?.pid, it.seen]),
    [
      [['ipv4 nat'], 77, undefined],
      [['ipv4 filter'], undefined, well.now],
    ],
    'of the other table nobody was heard',
  )
  t.ok(after.snapshot.broken)
})

t.test('a change goes into the journal, and is worth keeping', async (t) => {
  const changed = await look(node('ufw-default-deny'), undefined)
  const heard = [{ at: changed.now - 500, text: '# new generation 9 by process 77 (ufw)' }]
  const after = remember({ sample, at: well.now, heard }, changed)
  t.match(after.sample.journal, [{ by: [{ name: 'ufw', pid: 77 }], after: { ufw: 168 } }])
  t.match(after.snapshot, { changed: true, broken: false, good: false, by: [{ name: 'ufw' }] })
})

t.test('what could not be read is as it was, and no change', async (t) => {
  const blind = {
    ...well,
    read: well.read.filter((it) => it.set.family === 'ipv6'),
    stale: ['ipv4'] as const,
  }
  const after = remember({ sample, at: well.now, heard: [] }, blind)
  const old = sample.sets.find((it) => it.family === 'ipv4')
  t.strictSame(
    after.sample.sets.find((it) => it.family === 'ipv4'),
    { ...old, stale: true },
  )
  t.strictSame(after.sample.memory, sample.memory)
  t.strictSame(after.sample.input, sample.input)
  t.equal(after.sample.journal, undefined)
  t.ok(after.snapshot.broken)
})

t.test('a boot is no loss', async (t) => {
  const before = { ...sample, memory: { ...sample.memory, boot: 'one' } }
  const after = remember({ sample: before, at: well.now, heard: [] }, { ...flushed, boot: 'two' })
  t.equal(after.sample.memory.flushes, undefined)
  t.equal(after.sample.journal, undefined)
})

t.test('k3s that was started since the rules were seen may have lost them itself', async (t) => {
  const running = (since: number) => ({
    ...flushed,
    ...(flushed.k3s && { k3s: { ...flushed.k3s, running: { pid: 7, since } } }),
  })
  const flushes = (since: number, less?: number) =>
    remember(
      {
        sample: { ...sample, memory: { ...sample.memory, ...(less && { less }) } },
        at: flushed.now - 1000,
        heard: [],
      },
      running(since),
    ).sample.memory.flushes?.length
  const young = flushed.now - 60_000
  t.equal(flushes(flushed.now - 500), undefined)
  t.equal(flushes(young), 1, 'it ran when they were seen, so it did not')
  t.equal(flushes(young, flushed.now - 2000), undefined, 'but they were not complete then')
  t.equal(flushes(flushed.now - 200_000, flushed.now - 2000), 1, 'by now it has had its time')
})
