import t from 'tap'
import { bootOf, ownRestarts } from '../../../collectors/pods/boot.ts'
import { machine } from '../node/machine.ts'

const minute = 60_000
const now = 1_000 * minute

t.test('which boot it is, and since when', async (t) => {
  const of = (id: string) => machine(t, { '/proc/sys/kernel/random/boot_id': `${id}\n` })
  const first = await bootOf(of('one'), undefined, now)
  t.strictSame(first, { boot: 'one' }, 'nothing is known of before')
  t.strictSame(await bootOf(of('one'), first, now), first)
  const second = await bootOf(of('two'), first, now)
  t.strictSame(second, { boot: 'two', booted: now })
  t.strictSame(await bootOf(of('two'), second, now + minute), second)
  t.strictSame(await bootOf(of('three'), second, now + minute), { boot: 'three', booted: now + minute })
  t.strictSame(await bootOf(machine(t, {}), second, now + minute), second, 'it cannot be read')
  t.strictSame(await bootOf(of(''), second, now + minute), second, 'nor is an empty one another')
})

t.test('the restarts that a container made itself', async (t) => {
  const times = [now - 20 * minute, now + minute, now + 2 * minute]
  t.strictSame(ownRestarts(times, undefined), times)
  t.strictSame(ownRestarts(times, now), times.slice(2), 'neither those before the boot nor its own')
  t.strictSame(ownRestarts(times, now - 30 * minute), times, 'none of them so soon after the boot')
  t.strictSame(ownRestarts([], now), [])
})
