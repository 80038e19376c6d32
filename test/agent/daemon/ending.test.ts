import t from 'tap'
import { endingIn, endingOf } from '../../../agent/daemon/ending.ts'
import { HostError } from '../../../agent/model/index.ts'

/** As systemd 252 prints it while a machine reboots. */
const jobs = `  1189 systemd-reboot.service        start waiting
  1188 reboot.target                 start waiting
  1201 murphy.service                stop  running
  1190 umount.target                 start waiting
`

t.test('the target that systemd goes to says why', async (t) => {
  t.equal(endingIn(jobs), 'reboot')
  t.equal(endingIn(jobs.replaceAll('reboot', 'poweroff')), 'poweroff')
  t.equal(endingIn(jobs.replaceAll('reboot', 'soft-reboot')), 'soft-reboot')
  t.equal(endingIn('1201 murphy.service stop running\n'), 'stopped')
  t.equal(endingIn('1201 reboot.target stop waiting\n'), 'stopped')
  t.equal(endingIn('1201 my-reboot.target start waiting\n'), 'stopped')
  t.equal(endingIn(''), 'stopped')
})

t.test('who gets no answer from systemd says only that the agent was stopped', async (t) => {
  const run = async (argv: readonly string[]) => {
    t.equal(argv.join(' '), 'systemctl list-jobs --no-legend --no-pager --plain')
    return { stdout: jobs, stderr: '', exit: 0 }
  }
  t.equal(await endingOf({ run }), 'reboot')
  const fails = async () => {
    throw new HostError('timeout', 'running `systemctl`: no answer within 400 ms')
  }
  t.equal(await endingOf({ run: fails }), 'stopped')
})
