import t from 'tap'
import { judgeClock, lookAtClock } from '../../../collectors/certs/clock.ts'
import type { CertsSample, Clock } from '../../../collectors/certs/sample.ts'
import { machine } from '../node/machine.ts'

const noon = Date.parse('2026-11-23T12:00:00Z')
const minute = 60_000
const day = 86_400_000

/** A machine up for `seconds` at `now`; `ntp` is what timedatectl says. */
const up = (now: number, seconds: number, { boot = 'boot-1', ntp = 'yes', can = '' } = {}) =>
  machine(
    t,
    { '/proc/uptime': `${seconds.toFixed(2)} 1.00\n`, '/proc/sys/kernel/random/boot_id': `${boot}\n` },
    {
      now,
      commands: {
        ...(ntp && { 'timedatectl show --property=NTPSynchronized --value': `${ntp}\n` }),
        ...(can && { 'timedatectl show --property=CanNTP --value': `${can}\n` }),
      },
    },
  )
const sampleOf = (clock: Clock | undefined): CertsSample => ({
  k3s: { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir: '/d' },
  files: [],
  served: [],
  ...(clock && { clock }),
})

t.test('time that passes is no jump, and changes nothing', async (t) => {
  const first = await lookAtClock(up(noon, 1000), undefined)
  t.same(first, { boot: 'boot-1', booted: noon - 1_000_000, synchronised: true, asked: noon })
  t.same(
    await lookAtClock(up(noon + 10 * minute, 1600.4, { ntp: '' }), first),
    first,
    'slewing is not saved either',
  )
  t.same(judgeClock(sampleOf(first), noon), [])
})

t.test('a jump either way is told of for an hour', async (t) => {
  const first = await lookAtClock(up(noon, 1000), undefined)
  for (const [by, words] of [
    [3 * day, /jumped forward by 3 d at 2026-11-26 12:10 UTC/],
    [-2 * day, /jumped back by 2 d at 2026-11-21 12:10 UTC/],
  ] as const) {
    const now = noon + 10 * minute + by
    const jumped = await lookAtClock(up(now, 1600), first)
    t.equal(jumped?.jump?.by, by)
    const [it, ...more] = judgeClock(sampleOf(jumped), now)
    t.same(more, [])
    t.match(it, { code: 'certs.clock-wrong', subject: 'clock', severity: undefined, text: words })
    const still = await lookAtClock(up(now + 30 * minute, 3400), jumped)
    t.same(still?.jump, jumped?.jump)
    const later = await lookAtClock(up(now + 61 * minute, 5260), still)
    t.equal(later?.jump, undefined)
    t.same(judgeClock(sampleOf(later), now + 61 * minute), [])
  }
  t.equal((await lookAtClock(up(noon + 4 * minute, 1000), first))?.jump, undefined, 'what certificates bear')
  t.equal((await lookAtClock(up(noon + day, 10, { boot: 'boot-2' }), first))?.jump, undefined, 'another boot')
})

t.test('before Murphy was written, and nobody keeps it', async (t) => {
  const then = Date.parse('2020-01-01T00:00:00Z')
  const it = await lookAtClock(up(then, 5, { ntp: 'no' }), undefined)
  t.match(judgeClock(sampleOf(it), then), [
    {
      code: 'certs.clock-wrong',
      text: 'The clock says 2020-01-01 00:00 UTC: before Murphy was written.',
    },
    { code: 'certs.clock-unsynchronised' },
  ])
  t.same(
    judgeClock(sampleOf({ boot: 'b', booted: 0, synchronised: false }), noon).map((it) => it.code),
    ['certs.clock-unsynchronised'],
    'which does not make it wrong',
  )
  const unknown = await lookAtClock(up(noon, 5, { ntp: '' }), undefined)
  t.equal(unknown?.synchronised, undefined, 'no timedatectl: nobody can say')
  t.same(judgeClock(sampleOf(unknown), noon), [])
})

t.test('no certificates, no /proc: nobody is told', async (t) => {
  t.same(judgeClock({ files: [], served: [] }, 0), [])
  t.equal(await lookAtClock(machine(t, {}), undefined), undefined)
  t.same(judgeClock(sampleOf(undefined), noon), [])
})

t.test('no service that could be turned on: one has to be installed', async (t) => {
  const said = async (can: string) => {
    const it = await lookAtClock(up(noon, 5, { ntp: 'no', can }), undefined)
    return judgeClock(sampleOf(it), noon)[0]
  }
  const [none, one, older] = [await said('no'), await said('yes'), await said('')]
  t.match(none, {
    text: /no time service is installed/,
    fix: [/apt-get install systemd-timesyncd/, /`timedatectl`/],
  })
  for (const it of [one, older]) t.strictSame(it?.fix, undefined, 'the steps of the rule')
  const again = await lookAtClock(
    up(noon + minute, 65, { ntp: '' }),
    await lookAtClock(up(noon, 5, { ntp: 'no', can: 'no' }), undefined),
  )
  t.equal(again?.serviceable, false, 'known for the hour')
})
