import t from 'tap'
import type { Host } from '../../agent/model/index.ts'
import { readEnded } from '../../collectors/k3s/ended.ts'
import { down } from '../../collectors/k3s/service.ts'
import { askSystemd } from '../../collectors/k3s/unit.ts'
import { findUnit } from '../../collectors/node/unit.ts'
import { machine } from '../collectors/node/machine.ts'
import { shownBooted } from '../shown.ts'
import { bootContainer, withoutContainer } from './container.ts'
import { until } from './waiting.ts'

const skip = process.env.CI === 'true' ? false : (withoutContainer() ?? false)
t.setTimeout(900_000)

/** A k3s that says what it is given and ends as it is told to; its unit is k3s's own in all that matters here. */
const makeIt = `
cat > /usr/local/bin/k3s <<'X'
#!/bin/sh
echo 'time="2026-11-29T01:48:40Z" level=info msg="Starting k3s"'
echo 'time="2026-11-29T01:48:41Z" level=info msg="Starting flannel with backend vxlan"'
echo 'I1129 01:48:42.237227   14279 kubelet.go:2537] "Starting"'
# As some versions do.
test ! -e /run/leaves-with-1 || trap 'echo "time=\\"2026-11-29T01:48:44Z\\" level=fatal msg=\\"server stopped: http: Server closed\\""; exit 1' TERM
while [ ! -s /run/end ]; do sleep 0.05; done
code=$(cat /run/end); rm /run/end
if [ "$code" = 2 ]; then
  echo 'panic: runtime error: index out of range [0] with length 0' >&2
  printf 'goroutine 6381 [running]:\\n\\t/go/pkg/mod/github.com/flannel-io/flannel@v0.28.4/pkg/backend/vxlan/vxlan_network.go:217 +0x1b45\\n' >&2
fi
exit $code
X
chmod +x /usr/local/bin/k3s
cat > /etc/systemd/system/k3s.service <<'X'
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/usr/local/bin/k3s server
KillMode=process
Restart=always
RestartSec=300ms
[Install]
WantedBy=multi-user.target
X
systemctl daemon-reload; systemctl enable --quiet --now k3s`

t.test('what a real systemd leaves of the end of a process', { skip }, async (t) => {
  const container = await bootContainer()
  t.teardown(() => container.stop())
  const host: Host = {
    ...machine(t, {}),
    run: async (argv, { line } = {}) => {
      const it = await container.exec(argv)
      if (line) for (const one of it.stdout.split('\n').filter(Boolean)) line(one)
      return it
    },
  }
  const pid = async () => (await container.sh('systemctl show -P MainPID k3s')).trim()
  /** Ends it as `script` says, and gives what is known once another process runs. */
  const after = async (script: string) => {
    const [was, since] = [await pid(), Date.now()]
    await container.sh(script.replace(/\bPID\b/g, was))
    await until('another runs', async () => {
      const now = await pid()
      return now !== was && now !== '0' && now
    })
    const unit = await askSystemd(host, 'k3s', 0)
    const { ended } = await until('the journal says all', async () => {
      const said = await readEnded(host, 'k3s', Date.now(), since)
      return !said.unsure && said
    })
    return { restarts: unit?.restarts, result: unit?.result, ended }
  }
  await container.sh(makeIt)

  const asked = await after('systemctl restart k3s')
  t.equal(asked.restarts, 0, 'a restart by hand is no crash')
  t.equal(asked.ended, undefined)

  const exit = await after('echo 2 > /run/end')
  t.match(exit, {
    restarts: 1,
    result: 'success',
    ended: {
      exit: 2,
      result: 'exit-code',
      reason: 'panic: runtime error: index out of range [0] with length 0 (vxlan_network.go:217)',
    },
  })
  t.ok(Math.abs((exit.ended?.at ?? 0) - Date.now()) < 5_000, 'with its time')

  // Two pods ask a third, one more often.
  await container.sh(`iptables -A INPUT -m conntrack --ctstate NEW -j ACCEPT
    for it in 5:1 5:2 5:3 6:1 6:2; do
      conntrack -I -p udp -s 10.42.0.\${it%:*} -d 10.42.0.9 --sport 100\${it#*:} --dport 53 -t 300
    done`)
  for (const [step, shows] of shownBooted) {
    const { stdout, stderr } = await container.exec(['bash', '-c', step])
    t.match(stdout + stderr, shows, `${step} shows what it is for`)
    if (step.includes(' -g ')) t.notMatch(stdout, /level=info/)
  }
  t.match(
    await container.sh('journalctl -u k3s -b --no-pager -p err || true'),
    /^-- No entries --/,
    'and the one by priority would not',
  )

  t.match(await after('kill -9 PID'), { restarts: 2, ended: { signal: 9, result: 'signal' } })
  const term = await after('kill PID')
  t.equal(term.restarts, 3)
  t.equal(term.ended, undefined, 'a k3s that was asked to end did not crash, though the one before it did')
  t.equal((await after('echo 0 > /run/end')).ended, undefined, 'nor one that ended with 0')

  await after('touch /run/leaves-with-1; systemctl restart k3s')
  const left = await after('kill PID')
  t.match(left, { restarts: 1, ended: undefined }, 'asked to end it leaves with 1, and did not crash')
  t.match(
    await container.sh('journalctl -u k3s -b --no-pager'),
    /Main process exited, code=exited, status=1/,
    'as systemd has it',
  )
  const crash = { restarts: 0, ended: { exit: 2, result: 'exit-code', reason: /index out of range/ } }
  const restartOnce = (condition: string) =>
    `echo 2 > /run/end; for it in $(seq 600); do ${condition} && break; sleep 0.1; done; systemctl restart k3s`
  const runsAgain = 'case $(systemctl show -P MainPID k3s) in 0 | PID) false ;; esac'
  t.match(await after(restartOnce(runsAgain)), crash, 'restarted by hand after systemd had started it again')
  await container.sh('sed -i s/300ms/20s/ /etc/systemd/system/k3s.service; systemctl daemon-reload')
  const waits = 'test "$(systemctl show -P SubState k3s)" = auto-restart'
  t.match(await after(restartOnce(waits)), crash, 'and before')
  const byHand = await after('touch /run/leaves-with-1; systemctl restart k3s')
  t.match(byHand, { restarts: 0, ended: undefined })
  t.match(
    await after('systemctl restart k3s'),
    { restarts: 0, ended: undefined },
    'told to end, it left with 1',
  )

  await container.sh('systemctl stop k3s; systemctl start k3s')
  t.equal(await container.sh('systemctl is-active k3s'), 'active\n')
  await container.sh('systemctl stop k3s')
  const unit = await askSystemd(host, 'k3s', 0)
  t.match(unit, { active: 'failed', result: 'exit-code', status: 1 }, 'a stop has it failed')
  const list: Host['list'] = async (path) => {
    const names = await container.sh(`ls ${path} 2>/dev/null || true`)
    return names.split('\n').map((name) => ({ name, kind: 'file' }))
  }
  const its = await findUnit({ ...host, list, text: (path) => container.sh(`cat ${path}`) })
  t.match(its, { name: 'k3s', always: true })
  const k3s = { distribution: 'k3s', role: 'server', dataDir: '/', unit: 'k3s', binary: '/k3s' } as const
  t.match(
    down({ k3s: { ...k3s, always: true }, unit, seen: true, gone: 1 }, 15, 2),
    [{ severity: 'info', text: /was stopped at .* \(exit code 1\)/ }],
    'which is said as what it was',
  )
})
