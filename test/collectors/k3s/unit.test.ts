import t from 'tap'
import {
  askSystemd,
  countRestarts,
  parseUnit,
  restartWindow,
  startsAtBoot,
} from '../../../collectors/k3s/unit.ts'
import { machine } from '../node/machine.ts'
import { minute, noon } from './samples.ts'

/** As systemd 252 prints it for a k3s that fails at its start. */
const failing = `Result=exit-code
NRestarts=7
ExecMainStatus=1
LoadState=loaded
ActiveState=activating
SubState=auto-restart
UnitFileState=enabled
InactiveEnterTimestampMonotonic=61000000
`

t.test('what systemd says', async (t) => {
  t.strictSame(parseUnit(failing, noon), {
    active: 'activating',
    sub: 'auto-restart',
    restarts: 7,
    result: 'exit-code',
    status: 1,
    enabled: true,
    stopped: noon + 61_000,
  })
  t.match(parseUnit('ActiveState=inactive\nLoadState=loaded\nUnitFileState=disabled\n', noon), {
    enabled: false,
  })
  const none = parseUnit('LoadState=not-found\nActiveState=inactive\nSubState=dead\n', noon)
  t.notOk(none && 'enabled' in none, 'there is no such unit')
  const never = parseUnit('ActiveState=active\nInactiveEnterTimestampMonotonic=1e309\n', noon)
  t.notOk(never && 'stopped' in never, 'that is no time')
  t.equal(parseUnit('', noon), undefined)
  t.equal(parseUnit('ActiveState=`rm -rf /`\n', noon), undefined)
})

t.test('it is asked once, and null where it does not say', async (t) => {
  const argv =
    'systemctl show k3s.service -p ActiveState,SubState,NRestarts,Result,ExecMainStatus,LoadState,UnitFileState,InactiveEnterTimestampMonotonic'
  t.match(await askSystemd(machine(t, {}, { commands: { [argv]: failing } }), 'k3s', noon), { restarts: 7 })
  t.equal(await askSystemd(machine(t, {}), 'k3s', noon), null)
  const link = '/etc/systemd/system/multi-user.target.wants/k3s.service'
  t.equal(await startsAtBoot(machine(t, { [link]: '' }), 'k3s'), true)
  t.equal(await startsAtBoot(machine(t, {}), 'k3s'), false)
})

t.test('restarts are counted over a quarter of an hour', async (t) => {
  const unit = (restarts: number) => ({
    ...(parseUnit(failing, noon) as NonNullable<ReturnType<typeof parseUnit>>),
    restarts,
  })
  const first = countRestarts(undefined, unit(500), false, noon)
  t.strictSame(first, [{ at: noon, count: 500 }], 'what was before Murphy does not count')
  const then = countRestarts({ unit: unit(500), restarts: first }, unit(506), true, noon + minute)
  t.strictSame(then.at(-1), { at: noon + minute, count: 506 })
  t.strictSame(
    countRestarts({ unit: unit(506), restarts: then }, unit(506), false, noon + 2 * minute),
    then,
    'nothing new is nothing to save',
  )
  const old = countRestarts(
    { unit: unit(506), restarts: then },
    unit(507),
    true,
    noon + 2 * minute + restartWindow,
  )
  t.strictSame(
    old.map((it) => it.count),
    [506, 507],
    'the last count before the window is where it starts',
  )
  t.strictSame(
    countRestarts({ unit: unit(506), restarts: then }, unit(0), true, noon + 2 * minute),
    [{ at: noon + 2 * minute, count: 0 }],
    'a start by hand begins anew',
  )
})

t.test('without systemd starts are counted', async (t) => {
  const first = countRestarts(undefined, null, true, noon)
  t.strictSame(first, [{ at: noon, count: 0 }])
  const second = countRestarts({ unit: null, restarts: first }, null, true, noon + minute)
  t.strictSame(
    second.map((it) => it.count),
    [0, 1],
  )
  const real = { active: 'active', sub: 'running', restarts: 9, result: '', status: 0 }
  t.strictSame(
    countRestarts({ unit: null, restarts: second }, real, false, noon + minute).map((it) => it.count),
    [9],
  )
})
