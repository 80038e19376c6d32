import t from 'tap'
import { endingIn, endingOf } from '../../../agent/daemon/ending.ts'
import { HostError } from '../../../agent/model/index.ts'

/** As systemd 252 writes it when `systemctl poweroff` is called. */
const lines = `The system will power off now!
System is powering down.
Removed slice kubepods.slice - libcontainer container kubepods.slice.
Stopped target multi-user.target - Multi-User System.
Stopping k3s-agent.service - Lightweight Kubernetes...
Stopping murphy.service - Murphy, the diagnostic agent of this k3s node...
`
const now = Date.parse('2026-11-23T03:30:00.900Z')

t.test('the order that logind was given says why', async (t) => {
  t.equal(endingIn(lines), 'poweroff')
  const ordered = (order: string) => endingIn(lines.replace('System is powering down.', order))
  t.equal(ordered('System is rebooting.'), 'reboot')
  t.equal(ordered('System is rebooting (unattended upgrade).'), 'reboot')
  t.equal(ordered('System is rebooting with kexec.'), 'kexec')
  t.equal(ordered('System userspace is rebooting.'), 'soft-reboot')
  t.equal(ordered('System is halting.'), 'halt')
  t.equal(ordered(''), 'shutdown', 'ordered of systemd itself')
  t.equal(endingIn('Stopping murphy.service - Murphy...\n'), 'stopped')
  t.equal(endingIn('New session 7 of user eve. System is rebooting.\n'), 'stopped', 'only as a line begins')
  t.equal(endingIn(''), 'stopped')
})

t.test('only what logind and systemd wrote in the last seconds counts', async (t) => {
  const asked: string[] = []
  const run = async (argv: readonly string[]) => {
    asked.push(argv.join(' '))
    return { stdout: lines, stderr: '', exit: 0 }
  }
  t.equal(await endingOf({ run }, now), 'poweroff')
  t.same(asked, [
    `journalctl --quiet --no-pager --output=cat --since=@${Math.floor(now / 1000 - 15)} _SYSTEMD_UNIT=systemd-logind.service + _PID=1`,
  ])
})

t.test('where the journal gives no answer it is only known that the agent was stopped', async (t) => {
  const run = async () => {
    throw new HostError('timeout', 'running `journalctl`: no answer within 2000 ms')
  }
  t.equal(await endingOf({ run }, now), 'stopped')
})
