import t from 'tap'
import { bootOf, ownRestarts } from '../../../collectors/pods/boot.ts'
import { machine } from '../node/machine.ts'

const minute = 60_000
const now = 1_000 * minute

t.test('which boot it is, since when, and what it has to start anew', async (t) => {
  const of = (id: string) => machine(t, { '/proc/sys/kernel/random/boot_id': `${id}\n` })
  const known = () => ['a/x']
  const first = await bootOf(of('one'), undefined, known, now)
  t.strictSame(first, { boot: 'one' }, 'nothing is known of before')
  t.strictSame(await bootOf(of('one'), first, known, now), first)
  const second = await bootOf(of('two'), first, known, now)
  t.strictSame(second, { boot: 'two', booted: now, anew: known() })
  t.strictSame(
    await bootOf(of('two'), second, () => ['a/x', 'b/y'], now + minute),
    second,
    'not what came after it',
  )
  t.strictSame(
    await bootOf(of('two'), second, known, now + 10 * minute),
    { boot: 'two', booted: now },
    'for a while',
  )
  const third = { boot: 'three', booted: now + minute, anew: known() }
  t.strictSame(await bootOf(of('three'), second, known, now + minute), third)
  t.strictSame(await bootOf(machine(t, {}), second, known, now + minute), second, 'it cannot be read')
  t.strictSame(await bootOf(of(''), second, known, now + minute), second, 'nor is an empty one another')
  const ahead = await bootOf(of('two'), { boot: 'two', booted: now + 120 * minute }, known, now)
  t.strictSame(ahead, { boot: 'two', booted: now }, 'the clock ran ahead of the boot, and was set back')
})

t.test('the restarts that a container made itself', async (t) => {
  const times = [now - 20 * minute, now + minute, now + 2 * minute]
  t.strictSame(ownRestarts(times, undefined, undefined), times)
  t.strictSame(
    ownRestarts(times, now, now + minute),
    times.slice(2),
    'neither those before the boot nor its own',
  )
  t.strictSame(ownRestarts(times, now, undefined), times.slice(1), 'all of a container that came after it')
  t.strictSame(ownRestarts(times, now - 30 * minute, undefined), times, 'none of them before the boot')
  t.strictSame(ownRestarts([], now, undefined), [])
})
