import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { ofNode } from '../node/own-certificates.ts'

/** Certificates are looked at every ten minutes. */
const looked = 15 * minute

/** The rules; `advice.ts` adds what depends on the particular certificates. */
export const rules = declared({
  'certs.expired': {
    severity: 'critical',
    title: 'certificates have expired',
    meaning:
      'The last moment of at least one certificate has passed. What k3s uses is one finding for the node, because one restart renews all of it; each file, kubeconfig and address of the settings is one of its own. Copies of a certificate count once, and files that only an older k3s used do not count. Authorities (CAs) are told of apart: no restart renews them. Notified at once: a date that has passed does not pass by.',
    measured:
      "The dates of every certificate in k3s's tls folders, in kubeconfigs, in files of the settings and as presented by servers, against the clock of this node. Files are read again when they change.",
    settings: ['paths', 'endpoints', 'kubeconfigs', 'ingress'],
    impact: 'Connections that rely on it are refused.',
    fix: [
      '`timedatectl`: is the clock right? A wrong one looks the same',
      'Of k3s: `systemctl restart k3s` on the servers, one after the other, then `systemctl restart k3s-agent` on the agents',
      'Others: renew it where it is issued, then make what uses it read it again',
    ],
    because: [
      { code: 'certs.expiring', takes: whileOpen, same: 'subject' },
      { code: 'certs.clock-wrong', takes: looked },
    ],
  },
  'certs.expiring': {
    severity: 'warning',
    title: 'certificates run out',
    meaning:
      'A certificate is so near its end that it should have been renewed. For those of k3s that is its own renewal window: 90 days, 120 from v1.30.13, v1.31.9, v1.32.5 and v1.33.1 on, and 90 if the version is not known, so that a restart now renews them in every case, and only information while more than 90 are left; of a life made shorter than twice that, the second half. For files and addresses of the settings it is `warn_days`, but no more than 30 % of the life, so that what an ACME client renews in time stays quiet. Critical in the last 7 days, or the last 10 % of a short life. It is told again at 30, 14, 7, 3 and 1 days. Notified at once: a date does not pass by.',
    measured:
      'The same certificates as of `certs.expired`; the version that decides on the window is that of `k3s --version`.',
    settings: ['paths', 'endpoints', 'kubeconfigs', 'ingress', 'warn_days'],
    impact: 'When it runs out, connections that rely on it are refused.',
    fix: [
      'Of k3s: `systemctl restart k3s` on the servers, one after the other, then `systemctl restart k3s-agent` on the agents',
      'Others: renew it where it is issued, then make what uses it read it again',
    ],
  },
  'certs.not-yet-valid': {
    severity: 'critical',
    title: 'certificates are not valid yet',
    meaning:
      'A certificate begins later than now, by the clock of this node. Mostly it is the clock that is wrong: a board without a battery, or no time server.',
    measured: 'The same certificates as of `certs.expired`, by their first moment.',
    settings: ['paths', 'endpoints', 'kubeconfigs', 'ingress'],
    impact: 'Connections that rely on it are refused.',
    fix: [
      '`timedatectl`: is the time right, and "System clock synchronized: yes"?',
      '`systemctl restart systemd-timesyncd` (or chrony, ntp), and wait until it is',
    ],
    avoid: ['Make new certificates while the clock is wrong: they are not valid when it is right again.'],
    pendingFor: minute,
    because: [{ code: 'certs.clock-wrong', takes: looked }],
  },
  'certs.unreadable': {
    severity: 'warning',
    title: 'certificates cannot be read',
    meaning:
      'A file that should hold a certificate is empty, cut off, damaged or, if the settings name it, not there; or an address of the settings shows none. It may be fine, but nobody can tell when it runs out. A file that may not be opened is not this but a blind spot.',
    measured: 'The bytes of the same files, and TLS handshakes with the addresses of the settings.',
    settings: ['paths', 'endpoints', 'kubeconfigs', 'ingress'],
    impact: 'Whatever uses it does not start again, and its end would come unseen.',
    fix: ['`df -h` and `dmesg | tail`: files are cut off when the disk is full or failing'],
    pendingFor: 5 * minute,
  },
  'certs.served-differs': {
    severity: 'warning',
    title: 'another certificate is served than the file holds',
    meaning:
      'What 6443 presents is compared with `dynamic-cert.json`, 10250 with `serving-kubelet.crt`, etcd on 2379 and 2380 with its files, on RKE2 9345 with `dynamic-cert.json` and 6443 with `serving-kube-apiserver.crt`. A running k3s goes on serving what it read when it started. Critical when the served one has expired. `k3s certificate check` does not look at what is served.',
    measured:
      'A TLS handshake over loopback with each of these ports, and the file beside it, by serial number.',
    impact: 'The file looks fine, but what is served runs out by its own date, and clients see that one.',
    fix: ['`systemctl restart k3s`: it reads its files only when it starts; pods go on running meanwhile'],
    // k3s writes its file a moment after it begins to serve a new certificate, and all servers share that certificate.
    pendingFor: 11 * minute,
    because: [{ code: 'certs.rotated-not-restarted', takes: looked }],
  },
  'certs.kubeconfig-stale': {
    severity: 'warning',
    title: 'a kubeconfig was left behind',
    meaning:
      'A copy of `k3s.yaml` (in a home, in `KUBECONFIG` or named in the settings) holds an older client certificate than k3s has by now for the same user, or it is for the API of this node but of another authority. k3s renews only its own. Kubeconfigs of other clusters do not count.',
    measured:
      'Kubeconfigs in the home of each user of /etc/passwd, in `KUBECONFIG` of /etc/environment and in the settings, against `k3s.yaml` and its authority.',
    settings: ['kubeconfigs'],
    impact: '`kubectl` with it gets 401 Unauthorized once its certificate has run out.',
    fix: ['Copy `/etc/rancher/k3s/k3s.yaml` of a server over it'],
    pendingFor: 10 * minute,
    because: [{ code: 'k3s.certificates-rotated', takes: looked }],
  },
  'certs.chain-broken': {
    severity: 'critical',
    title: 'certificates do not fit their authority or key',
    meaning:
      'A certificate that k3s uses is not signed by the authority (CA) that stands beside it, or does not belong to its key; by the signature itself, not by names. Mostly a file was replaced or restored by hand, or an authority was rotated in part.',
    measured:
      'The signature of each certificate against the authority beside it, and its key against the certificate; only when one of the three has changed. Nothing of a key is kept.',
    impact: 'Whoever checks it refuses the connection, from the next start of k3s on if not already.',
    fix: ['Put back the authority or the key that belongs to it, from a backup or another server'],
    avoid: [
      'Delete the tls folder: the authorities in it are what every node and kubeconfig of the cluster trusts.',
    ],
    // A rotation writes certificate and key one after the other, for 1.1 s.
    pendingFor: 2 * minute,
  },
  'certs.rotated-not-restarted': {
    severity: 'warning',
    title: 'certificates were replaced, but k3s was not restarted',
    meaning:
      'Files that k3s uses were written later than ten minutes after it started (and after it wrote its kubeconfigs, which it does at each start), or they were there and are no more: `k3s certificate rotate` deletes them. k3s reads them only when it starts.',
    measured:
      "Change times of the files in k3s's tls folders against the start of its process (/proc/PID/stat) and the change times of its kubeconfigs.",
    impact: 'The new ones have no effect, and the old ones run out by their own date.',
    fix: ['`systemctl restart k3s`; pods go on running meanwhile'],
    avoid: ['Rotate again: that only moves more files away.'],
    // `k3s certificate rotate` to the start after it: 1 s.
    pendingFor: 5 * minute,
  },
  'certs.ca-expiring': {
    severity: 'warning',
    title: 'certificate authorities run out',
    meaning:
      'An authority (CA) of this server ends within 365 days, or the second half of a shorter life. k3s makes them for ten years and never renews them by itself. Critical in the last 30 days; told again at 30, 14, 7, 3 and 1 days. Told on servers only. Notified at once: a date does not pass by.',
    measured: "The dates of the `*-ca.crt` files in k3s's tls folders.",
    impact: 'When it has run out, everything that it signed is refused, on every node, and no restart helps.',
    fix: ['`k3s certificate rotate-ca --help`: make new authorities as its documentation describes'],
    avoid: [
      'Delete the tls folder: the authorities in it are what every node and kubeconfig of the cluster trusts.',
    ],
  },
  'certs.api-unauthorized': {
    severity: 'critical',
    title: "the API refuses this node's own credentials",
    meaning:
      'The API answered 401 to the client certificate of the kubelet or of the administrator (`client-kubelet.crt`, `client-admin.crt`), and it answers without one, so it lives. A 401 without a certificate is what a healthy API says to everybody, and is not this.',
    measured:
      '`/version` of the API over loopback, on an agent through its load balancer, with each of these certificates, and once without.',
    impact: '`kubectl` gets 401, or this node becomes NotReady.',
    fix: [
      '`timedatectl`: is the clock right? A wrong one looks the same',
      '`systemctl restart k3s`, servers first; pods go on running meanwhile',
    ],
    avoid: [
      'Reboot while the API refuses the node: what its pods use of network and firewall lives in the kernel until then, and is not made again without the API.',
    ],
    pendingFor: minute,
    because: [
      { code: 'certs.expired', takes: looked, proof: ofNode },
      { code: 'certs.not-yet-valid', takes: looked, proof: ofNode },
      // k3s goes on with what it read at its start.
      { code: 'certs.chain-broken', takes: whileOpen },
      { code: 'certs.rotated-not-restarted', takes: looked },
      { code: 'certs.clock-wrong', takes: looked },
    ],
  },
  'certs.clock-wrong': {
    severity: 'warning',
    title: 'the clock is wrong',
    meaning:
      'The time of day was moved by more than five minutes against the time since boot, which nobody can set (told for an hour), or it is before Murphy was written. Certificates are judged by this clock, by k3s as by Murphy. Notified at once: the clock was moved, whatever comes after.',
    measured: 'The clock against /proc/uptime, of the same boot; before 1 November 2026 no clock is right.',
    impact:
      'Certificates seem to have expired, or not to be valid yet, and those made meanwhile have wrong dates.',
    fix: [
      '`timedatectl`: is the time right, and "System clock synchronized: yes"?',
      '`timedatectl set-ntp true`, or `systemctl restart systemd-timesyncd` (or chrony, ntp)',
    ],
    avoid: ['Restart k3s while the clock is wrong: it would make certificates with wrong dates.'],
  },
  'certs.clock-unsynchronised': {
    severity: 'info',
    title: 'no time server keeps the clock',
    meaning:
      'The kernel says that nothing keeps its clock right (`NTPSynchronized` of timedatectl). It need not be wrong yet, but it drifts, and certificates are judged by it.',
    measured: '`timedatectl show --property=NTPSynchronized`, asked once an hour.',
    impact: 'The clock drifts unnoticed, until certificates seem expired or not valid yet.',
    fix: [
      '`timedatectl set-ntp true`, or `systemctl restart systemd-timesyncd` (or chrony, ntp)',
      '`timedatectl`: "System clock synchronized: yes" after some minutes?',
    ],
    // A time server that is restarted has to be reached again.
    pendingFor: 5 * minute,
    avoid: [
      'Restart k3s to renew certificates before `date` shows the right time: it would make them with wrong dates.',
    ],
  },
})
