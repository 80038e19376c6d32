import type { Rules } from '../../agent/model.ts'

const minute = 60_000

/** The rules; what an observation adds for what it is about stands in `advice.ts`. */
export const rules = {
  'certs.expired': {
    severity: 'critical',
    title: 'certificates have expired',
    meaning:
      'The last moment of at least one certificate has passed. What k3s uses is one finding for the node, because one restart renews all of it; each file, kubeconfig and address of the settings is one of its own. Copies of a certificate count once, and files that only an older k3s used do not count. Authorities (CAs) are told of apart: no restart renews them.',
    so: 'Connections that rely on it are refused.',
    next: [
      '`timedatectl`: is the clock right? A wrong one looks the same',
      'Of k3s: `systemctl restart k3s` on the servers, one after the other, then `systemctl restart k3s-agent` on the agents',
      'Others: renew it where it is issued, then make what uses it read it again',
    ],
    because: [{ code: 'certs.expiring', within: 60 * minute, same: 'subject' }],
  },
  'certs.expiring': {
    severity: 'warning',
    title: 'certificates run out',
    meaning:
      'A certificate is so near its end that it should have been renewed. For those of k3s that is its own renewal window: 90 days, 120 from v1.30.13, v1.31.9, v1.32.5 and v1.33.1 on, and 90 if the version is not known, so that a restart now renews them in every case; of a life made shorter than twice that, the second half. For files and addresses of the settings it is `warn_days`, but no more than 30 % of the life, so that what an ACME client renews in time stays quiet. Critical in the last 7 days, or the last 10 % of a short life.',
    so: 'When it runs out, connections that rely on it are refused.',
    next: [
      'Of k3s: `systemctl restart k3s` on the servers, one after the other, then `systemctl restart k3s-agent` on the agents',
      'Others: renew it where it is issued, then make what uses it read it again',
    ],
  },
  'certs.not-yet-valid': {
    severity: 'critical',
    title: 'certificates are not valid yet',
    meaning:
      'A certificate begins later than now, by the clock of this node. Mostly it is the clock that is wrong: a board without a battery, or no time server.',
    so: 'Connections that rely on it are refused.',
    next: [
      '`timedatectl`: is the time right, and "System clock synchronized: yes"?',
      '`systemctl restart systemd-timesyncd` (or chrony, ntp), and wait until it is',
    ],
    never:
      'Do not make new certificates while the clock is wrong: they are not valid when it is right again.',
    after: minute,
  },
  'certs.unreadable': {
    severity: 'warning',
    title: 'certificates cannot be read',
    meaning:
      'A file that should hold a certificate is empty, cut off, damaged or, if the settings name it, not there; or an address of the settings shows none. It may be fine, but nobody can tell when it runs out. A file that may not be opened is not this but a blind spot.',
    so: 'Whatever uses it does not start again, and its end would come unseen.',
    next: ['`df -h` and `dmesg | tail`: files are cut off when the disk is full or failing'],
    after: 5 * minute,
  },
} as const satisfies Rules
