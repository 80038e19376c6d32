import t from 'tap'
import { endsOf, ownRequest, readEnded, reasonOf } from '../../../collectors/k3s/ended.ts'
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

const endOf = (...given: Parameters<typeof endsOf>) => endsOf(...given)[0]

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
  t.strictSame(
    endOf([exited, failed, asked], start),
    { at: start - 9, invocation, well: true },
    'it was asked to end, after an earlier failure',
  )
  const stop = {
    __REALTIME_TIMESTAMP: at(start - 3_000),
    MESSAGE_ID: 'de5b426a63be47a7b6ac3eaac82e2f6f',
    INVOCATION_ID: invocation,
  }
  t.match(endOf([stop, exited, failed], start), { exit: 2, asked: true }, 'somebody stopped it')
  t.match(
    endsOf(
      [
        exited,
        failed,
        { ...stop, INVOCATION_ID: 'e'.repeat(32) },
        { ...asked, INVOCATION_ID: 'e'.repeat(32) },
      ],
      start,
    ),
    [
      { well: true, asked: true },
      { exit: 2, asked: undefined, result: 'exit-code' },
    ],
    'the newest first',
  )
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

t.test('what made it end itself', async (t) => {
  t.equal(
    ownRequest([
      'time="x" level=error msg="Shutdown request received: "flannel exited: link not found""',
      'time="x" level=fatal msg="Error: context canceled"',
    ]),
    'flannel exited: link not found',
  )
  t.equal(ownRequest(['time="x" level=info msg="Shutdown request received"']), undefined, 'after a signal')
  t.equal(ownRequest(['level=info msg="a level=error msg="Shutdown request received: "']), undefined)
  t.equal(ownRequest([]), undefined)
})

const own =
  'journalctl --lines=30 --output=json --no-pager --output-fields=MESSAGE_ID,EXIT_CODE,EXIT_STATUS,UNIT_RESULT,INVOCATION_ID _PID=1 UNIT=k3s.service MESSAGE_ID=98e322203f7a4ed290d09fe03c09fe15 MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c MESSAGE_ID=7ad2d189f7e94e70a38c781354912448 MESSAGE_ID=de5b426a63be47a7b6ac3eaac82e2f6f'
const its = `journalctl --lines=400 --output=json --no-pager --output-fields=MESSAGE _SYSTEMD_INVOCATION_ID=${invocation} _SYSTEMD_UNIT=k3s.service`
const printed = (all: readonly object[]) => all.map((it) => `${JSON.stringify(it)}\n`).join('')
/** What is known after these entries of systemd's, and these lines of its own. */
const known = (t: Parameters<typeof machine>[0], entries: readonly object[], lines?: readonly string[]) =>
  readEnded(
    machine(
      t,
      {},
      {
        commands: {
          [own]: printed(entries),
          ...(lines && { [its]: printed(lines.map((MESSAGE) => ({ MESSAGE }))) }),
        },
      },
    ),
    'k3s',
    start,
  )

t.test('both are asked of the journal', async (t) => {
  t.strictSame(await known(t, [exited, failed], panic), {
    ended: {
      at: start - 2_219,
      exit: 2,
      result: 'exit-code',
      reason: 'panic: runtime error: index out of range [0] with length 0 (vxlan_network.go:217)',
    },
  })
  t.strictSame(await known(t, [exited], []), { ended: { at: start - 2_219, exit: 2 } }, 'it said nothing')
})

t.test('a journal that does not answer makes no crash', async (t) => {
  t.strictSame(await readEnded(machine(t, {}), 'k3s', start), { unsure: true })
  t.strictSame(await known(t, []), { unsure: true }, 'nor one that does not know of it')
  const failing = { ...machine(t, {}), run: async () => ({ stdout: '', stderr: 'no such file', exit: 1 }) }
  t.strictSame(await readEnded(failing, 'k3s', start), { unsure: true }, 'nor one that fails')
  const half = { ended: { at: start - 2_219, exit: 2 }, unsure: true }
  t.match(await known(t, [exited]), half, 'how, but not why')
})

const ended = { ...exited, EXIT_STATUS: '1' }
const well = { ...exited, MESSAGE_ID: '7ad2d189f7e94e70a38c781354912448' }
const fatal = (text: string) => `time="2026-11-29T01:48:44Z" level=fatal msg="${text}"`
const request = (text: string) =>
  `time="2026-11-29T01:48:44Z" level=error msg="Shutdown request received: \\"${text}\\""`

t.test('asked to end, it may leave with 1; and by itself with 0', async (t) => {
  t.strictSame(await known(t, [well], ['time="x" level=info msg="Shutting down"']), {}, 'SIGTERM')
  for (const last of ['server stopped: http: Server closed', 'flannel exited: context canceled'])
    t.strictSame(await known(t, [ended, failed], [fatal(last)]), {}, last)
  t.match(await known(t, [ended, failed], [fatal('Error: context deadline exceeded')]), {
    ended: { exit: 1, reason: 'Error: context deadline exceeded' },
  })
  t.match(await known(t, [exited, failed], [...panic, fatal('context canceled')]), { ended: { exit: 2 } })
  const kubelet = 'kubelet exited: no cgroup'
  t.strictSame(
    await known(t, [well], [request(kubelet)]),
    { ended: { at: start - 2_219, exit: 0, reason: kubelet } },
    'systemd calls it a success',
  )
  t.match(
    await known(t, [ended, failed], [request(kubelet), fatal('Error: context canceled')]),
    { ended: { exit: 1, reason: kubelet } },
    'what followed from it is not the reason',
  )
})
