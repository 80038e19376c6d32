import type { Host, Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { date, hour, minute, moment } from '../../agent/text/times.ts'
import { orNothing } from '../node/ask.ts'
import type { CertsSample, Clock } from './sample.ts'

/**
 * A correction that time servers make now and then, ms; k3s's certificates are valid from an hour before they are
 * created.
 */
const harmless = 5 * minute
/** How long a jump is reported, ms. */
const held = hour
/** `timedatectl` starts a service, so it is not asked in every run. */
const askEvery = hour

/** `timedatectl set-ntp true` says "NTP not supported" there. */
const withoutService = [
  'Install a time service, such as systemd-timesyncd or chrony. On Debian or Ubuntu: `apt-get install systemd-timesyncd`',
  'After some minutes check "System clock synchronized: yes": `timedatectl`',
]

/** This file was written then, so an earlier clock is wrong. */
const earliest = Date.parse('2026-11-01T00:00:00Z')

/**
 * Compares the clock with the time since boot, which nobody can set (CLOCK_BOOTTIME, from /proc/uptime), and asks
 * whether a time server corrects it.
 */
export async function lookAtClock(host: Host, before: Clock | undefined): Promise<Clock | undefined> {
  const uptime = Number.parseFloat((await orNothing(host.text('/proc/uptime'))) ?? '')
  const boot = (await orNothing(host.text('/proc/sys/kernel/random/boot_id')))?.trim().slice(0, 40)
  if (!boot || !Number.isFinite(uptime)) return before
  const now = host.now()
  const booted = Math.round(now - uptime * 1000)
  const same = before?.boot === boot ? before : undefined
  const by = same ? booted - same.booted : 0
  const jump = jumpAfter(same?.jump, by, now)
  const fresh = same?.asked !== undefined && Math.abs(now - same.asked) < askEvery
  const synchronised = fresh ? same.synchronised : await askTimedatectl(host, 'NTPSynchronized')
  const serviceable =
    synchronised !== false ? undefined : fresh ? same.serviceable : await askTimedatectl(host, 'CanNTP')
  return {
    boot,
    // A slewed clock moves all the time; less than a second counts as unchanged, so that the sample stays the same.
    booted: same && Math.abs(by) < 1_000 ? same.booted : booted,
    ...(jump && Math.abs(now - jump.at) < held && { jump }),
    ...(synchronised !== undefined && { synchronised }),
    ...(serviceable !== undefined && { serviceable }),
    asked: fresh ? (same.asked as number) : now,
  }
}

/** What the clock was moved by in all; undefined once it is back where it was. */
function jumpAfter(before: Clock['jump'], by: number, now: number): Clock['jump'] {
  if (Math.abs(by) <= harmless) return before
  const whole = (before && Math.abs(now - before.at) < held ? before.by : 0) + by
  return Math.abs(whole) > harmless ? { at: now, by: whole } : undefined
}

/**
 * A property of org.freedesktop.timedate1(5). `NTPSynchronized` is the kernel's own flag, STA_UNSYNC of adjtimex(2),
 * whichever program keeps the time; `CanNTP` is whether such a program is installed.
 */
async function askTimedatectl(
  host: Host,
  property: 'NTPSynchronized' | 'CanNTP',
): Promise<boolean | undefined> {
  const argv = ['timedatectl', 'show', `--property=${property}`, '--value']
  const said = (await orNothing(host.run(argv, { timeout: 5_000, limit: 4096 })))?.stdout.trim()
  return said === 'yes' ? true : said === 'no' ? false : undefined
}

/**
 * A wrong clock and a clock that no time server corrects are two findings, since the second alone is no cause of
 * anything yet. On a node without certificates the clock is not judged here.
 */
export function judgeClock(
  { clock, k3s, files }: CertsSample,
  now: number,
): Observation<'certs.clock-wrong' | 'certs.clock-unsynchronised'>[] {
  if (!k3s && files.length === 0) return []
  const found: Observation<'certs.clock-wrong' | 'certs.clock-unsynchronised'>[] = []
  const early = now < earliest
  const jump =
    clock?.jump && Math.abs(clock.jump.by) > harmless && now - clock.jump.at < held ? clock.jump : undefined
  if (early || jump) {
    const reasons = [
      ...(early ? ['before Murphy was written'] : []),
      ...(jump
        ? [
            `it jumped ${jump.by > 0 ? 'forward' : 'back'} by ${duration(Math.abs(jump.by))} at ${moment(jump.at)}`,
          ]
        : []),
    ]
    found.push({
      code: 'certs.clock-wrong',
      subject: 'clock',
      text: `The clock says ${moment(now)}: ${reasons.join('; ')}.`,
      evidence: { says: date(now), ...(jump && { moved_by_ms: jump.by }) },
    })
  }
  if (clock?.synchronised === false)
    found.push({
      code: 'certs.clock-unsynchronised',
      subject: 'clock',
      ...(clock.serviceable === false
        ? {
            text: 'No time server corrects this clock: no time service is installed (timedatectl says "NTP service: n/a").',
            fix: withoutService,
          }
        : { text: 'No time server corrects this clock: timedatectl says "System clock synchronized: no".' }),
      evidence: { synchronised: false },
    })
  return found
}
