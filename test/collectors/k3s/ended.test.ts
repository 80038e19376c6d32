import t from 'tap'
import { endOf, readEnded, reasonOf } from '../../../collectors/k3s/ended.ts'
import { machine } from '../node/machine.ts'

const start = 1_795_969_029_108
const invocation = '0397ded535694125bf7547d6c2901899'
const at = (ms: number) => String(ms * 1000)

/** As systemd 252 wrote them after a main process with exit code 2, less what is not asked for. */
const exited = {
  __REALTIME_TIMESTAMP: at(start - 2_219),
  MESSAGE_ID: '98e322203f7a4ed290d09fe03c09fe15',
  EXIT_CODE: 'exited',
  EXIT_STATUS: '2',
  INVOCATION_ID: invocation,
}
const failed = {
  __REALTIME_TIMESTAMP: at(start - 2_218),
  MESSAGE_ID: 'd9b373ed55a64feb8242e02dbe79a49c',
  UNIT_RESULT: 'exit-code',
  INVOCATION_ID: invocation,
}

/** What flannel 0.28.4 panics with when its link vanishes. */
const panic = [
  'time="2026-11-29T01:58:01Z" level=info msg="something else"',
  'panic: runtime error: index out of range [0] with length 0',
  '',
  'goroutine 6381 [running]:',
  'github.com/flannel-io/flannel/pkg/backend/vxlan.(*network).handleSubnetEvents(0xc00158e120)',
  '\t/go/pkg/mod/github.com/flannel-io/flannel@v0.28.4/pkg/backend/vxlan/vxlan_network.go:217 +0x1b45',
  '\t/go/pkg/mod/github.com/k3s-io/k3s/pkg/agent/flannel/flannel.go:90 +0x1',
]

t.test('the end of the process before, and only that', async (t) => {
  t.strictSame(endOf([exited, failed], start), {
    at: start - 2_219,
    exit: 2,
    result: 'exit-code',
    invocation,
  })
  const killed = { ...exited, EXIT_CODE: 'killed', EXIT_STATUS: '9' }
  t.strictSame(endOf([killed], start), { at: start - 2_219, signal: 9, invocation })
  t.strictSame(
    endOf([{ ...exited, EXIT_CODE: 'dumped', EXIT_STATUS: '6' }], start)?.signal,
    6,
    'with a core dump',
  )
  t.equal(endOf([exited, failed], start - 60_000), undefined, 'it ended after this start')
  t.equal(endOf([exited, failed], start + 3600_000), undefined, 'an hour before it')
  t.equal(endOf([failed], start), undefined)
  const asked = {
    ...failed,
    __REALTIME_TIMESTAMP: at(start - 9),
    MESSAGE_ID: '7ad2d189f7e94e70a38c781354912448',
  }
  t.equal(endOf([exited, failed, asked], start), undefined, 'it was asked to end, after an earlier failure')
  t.equal(endOf([], start), undefined)
  const other = { ...failed, UNIT_RESULT: 'oom-kill', INVOCATION_ID: 'f'.repeat(32) }
  t.equal(endOf([exited, other], start)?.result, undefined, 'the result of another run')
  for (const status of ['', 'x', '-1', '999', undefined])
    t.equal(endOf([{ ...exited, EXIT_STATUS: status }], start), undefined, String(status))
})

t.test('why, by its last lines', async (t) => {
  t.equal(
    reasonOf(panic),
    'panic: runtime error: index out of range [0] with length 0 (vxlan_network.go:217)',
  )
  t.equal(
    reasonOf([
      'panic: boom',
      'goroutine 1 [running]:',
      '\t/usr/local/go/src/runtime/panic.go:770 +0x1',
      '\t/src/k3s/main.go:12 +0x1',
    ]),
    'panic: boom (main.go:12)',
    "Go's own files say nothing",
  )
  t.equal(
    reasonOf([
      'time="2026-11-29T01:48:44Z" level=fatal msg="Error: preparing server: listen tcp 192.0.2.1:6443: bind: cannot assign requested address"',
    ]),
    'Error: preparing server: listen tcp 192.0.2.1:6443: bind: cannot assign requested address',
  )
  t.equal(
    reasonOf(['F1129 01:48:44.237227   14279 kubelet.go:75] "Failed" err="no cgroup"']),
    'kubelet.go:75] "Failed" err="no cgroup"',
  )
  t.equal(reasonOf(['level=info msg="x"']), undefined)
  t.equal(reasonOf([]), undefined)
})

t.test('no secret, and nothing that could be taken for a command', async (t) => {
  const said = reasonOf([
    `time="x" level=fatal msg="Error: https://u:pw1@192.0.2.1 token=abcdef K10${'a'.repeat(64)}::server:pw2 \`reboot\`"`,
  ])
  for (const secret of ['pw1', 'abcdef', 'pw2', 'aaaa', '`']) t.notMatch(said, secret)
})

t.test('both are asked of the journal, and silence is no error', async (t) => {
  const lines = (...all: readonly object[]) => all.map((it) => `${JSON.stringify(it)}\n`).join('')
  const own =
    'journalctl --boot --lines=20 --output=json --no-pager --output-fields=MESSAGE_ID,EXIT_CODE,EXIT_STATUS,UNIT_RESULT,INVOCATION_ID _PID=1 UNIT=k3s.service MESSAGE_ID=98e322203f7a4ed290d09fe03c09fe15 MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c MESSAGE_ID=7ad2d189f7e94e70a38c781354912448'
  const its = `journalctl --boot --lines=400 --output=json --no-pager --output-fields=MESSAGE _SYSTEMD_INVOCATION_ID=${invocation} _SYSTEMD_UNIT=k3s.service`
  const commands = {
    [own]: lines(exited, failed),
    [its]: lines(...panic.map((MESSAGE) => ({ MESSAGE }))),
  }
  t.strictSame(await readEnded(machine(t, {}, { commands }), 'k3s', start), {
    at: start - 2_219,
    exit: 2,
    result: 'exit-code',
    reason: 'panic: runtime error: index out of range [0] with length 0 (vxlan_network.go:217)',
  })
  const alone = await readEnded(machine(t, {}, { commands: { [own]: lines(exited) } }), 'k3s', start)
  t.match(alone, { exit: 2 })
  t.notOk(alone?.reason)
  const unknown = [{ commands: { [own]: '-- No entries --\n' } }, {}]
  for (const more of unknown)
    t.strictSame(
      await readEnded(machine(t, {}, more), 'k3s', start),
      { at: start },
      'it ended by itself; how is not known',
    )
})
