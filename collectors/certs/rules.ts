import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { ofNode } from '../node/own-certificates.ts'
import { clockTitle, titles } from './titles.ts'

/** Certificates are looked at every ten minutes. */
const looked = 15 * minute

/** What everyone does who hopes that k3s makes new ones. */
export const leaveTheFolder = "Don't delete the tls folder: all nodes and kubeconfigs trust the CAs in it."

/** The rules; `advice.ts` adds what depends on the particular certificates. */
export const rules = declared({
  'certs.expired': {
    severity: 'critical',
    title: 'certs expired',
    titleFor: titles.expired,
    meaning:
      'At least one certificate has expired. All that k3s uses is one finding, because one restart renews all of it. Each file, kubeconfig and address of the settings is a finding of its own. Copies of a certificate count once; files that only an older k3s used do not count. CAs are a finding of their own, because no restart renews them. Notified at once: an expired certificate stays expired.',
    measured:
      "The dates of every certificate in k3s's tls folders, in kubeconfigs, in files of the settings and as presented by servers, against the clock of this node. Files are read again when they change.",
    settings: ['paths', 'endpoints', 'kubeconfigs', 'ingress'],
    impact: 'Connections that rely on the expired certs are refused.',
    fix: [
      'Check the clock first (if wrong, certs seem expired): `timedatectl`',
      'If k3s uses the cert, on one server after the other: `systemctl restart k3s`',
      'Then on each agent: `systemctl restart k3s-agent`',
      'Any other cert: renew it where it was issued, then reload the service that uses it',
    ],
    because: [
      { code: 'certs.expiring', takes: whileOpen, same: 'subject', restates: true },
      { code: 'certs.clock-wrong', takes: looked },
    ],
  },
  'certs.expiring': {
    severity: 'warning',
    title: 'certs about to expire',
    titleFor: titles.expiring,
    meaning:
      'A certificate expires so soon that it should have been renewed. For k3s that is its own renewal window, so that a restart now renews in every case. The window is 90 days, and 120 from v1.30.13, v1.31.9, v1.32.5 and v1.33.1 on; 90 if the version is unknown. Information while more than 90 days are left; of a life shorter than twice the window, the second half counts. For files and addresses of the settings it is `warn_days`, but at most 30 % of the life: what an ACME client renews in time stays quiet. Critical in the last 7 days, or the last 10 % of a short life. Notified again at 30, 14, 7, 3 and 1 days. Notified at once: the date does not change by itself.',
    measured:
      'The same certificates as of `certs.expired`; the version that decides on the window is that of `k3s --version`.',
    settings: ['paths', 'endpoints', 'kubeconfigs', 'ingress', 'warn_days'],
    impact: 'Once expired, connections that rely on these certs are refused.',
    fix: [
      'If k3s uses the cert, on one server after the other: `systemctl restart k3s`',
      'Then on each agent: `systemctl restart k3s-agent`',
      'Any other cert: renew it where it was issued, then reload the service that uses it',
    ],
  },
  'certs.not-yet-valid': {
    severity: 'critical',
    title: 'certs not valid yet',
    titleFor: titles.early,
    meaning:
      "A certificate is valid only from a later time than this node's clock shows. Usually the clock is wrong: a board without a battery, or no time server.",
    measured: 'The same certificates as of `certs.expired`, by their first moment.',
    settings: ['paths', 'endpoints', 'kubeconfigs', 'ingress'],
    impact: 'Connections that rely on these certs are refused.',
    fix: [
      'Check the time and "System clock synchronized: yes": `timedatectl`',
      'If the clock is wrong, sync it (or restart chrony or ntp): `systemctl restart systemd-timesyncd`',
    ],
    avoid: ["Don't issue new certs before the clock is right: their dates would be wrong."],
    pendingFor: minute,
    because: [{ code: 'certs.clock-wrong', takes: looked }],
  },
  'certs.unreadable': {
    severity: 'warning',
    title: 'cert unreadable',
    titleFor: titles.unreadable,
    meaning:
      'A file that should hold a certificate is empty, truncated or damaged. A file that the settings name may also be missing, and an address of the settings may present no certificate. When it expires is then unknown. A file that Murphy has no permission to open counts as a failing check instead.',
    measured: 'The bytes of the same files, and TLS handshakes with the addresses of the settings.',
    settings: ['paths', 'endpoints', 'kubeconfigs', 'ingress'],
    impact: 'What uses this cert may not start again, and nobody sees when the cert expires.',
    fix: [
      'See whether the disk is full, which truncates files: `df -h`',
      'See whether the disk is failing: `dmesg --level=err,crit | tail -n 20`',
    ],
    pendingFor: 5 * minute,
  },
  'certs.served-differs': {
    severity: 'warning',
    title: 'k3s serves an old cert',
    titleFor: titles.served,
    meaning:
      'A port of k3s presents another certificate than its file holds. Compared are 6443 with `dynamic-cert.json`, 10250 with `serving-kubelet.crt`, and etcd on 2379 and 2380 with its files. On RKE2 it is 9345 with `dynamic-cert.json`, and 6443 with `serving-kube-apiserver.crt`. A running k3s keeps serving what it read when it started. Critical once the served one has expired. `k3s certificate check` does not check what is served.',
    measured:
      'A TLS handshake over loopback with each of these ports, and the file beside it, by serial number.',
    impact: 'The file is fine, but clients see the old cert, which expires first.',
    fix: ['Restart k3s, which reads its certs only at start (pods keep running): `systemctl restart k3s`'],
    // k3s writes its file a moment after it begins to serve a new certificate, and all servers share that certificate.
    pendingFor: 11 * minute,
    because: [{ code: 'certs.rotated-not-restarted', takes: looked }],
  },
  'certs.kubeconfig-stale': {
    severity: 'warning',
    title: 'old kubeconfig',
    titleFor: titles.stale,
    meaning:
      'A copy of `k3s.yaml` holds an older client certificate than k3s now has for the same user, or one from another CA for the API of this node. Copies are searched in homes, in `KUBECONFIG` and in the settings. k3s renews only its own file. Kubeconfigs of other clusters do not count.',
    measured:
      'Kubeconfigs in the home of each user of /etc/passwd, in `KUBECONFIG` of /etc/environment and in the settings, against `k3s.yaml` and its CA.',
    settings: ['kubeconfigs'],
    impact: '`kubectl` with this file gets 401 Unauthorized once its cert has expired.',
    fix: ['Replace this file with a new copy of /etc/rancher/k3s/k3s.yaml from a server'],
    pendingFor: 10 * minute,
    because: [{ code: 'k3s.certificates-rotated', takes: looked }],
  },
  'certs.chain-broken': {
    severity: 'critical',
    title: 'cert does not match its CA or key',
    titleFor: titles.chain,
    meaning:
      'A certificate that k3s uses is not signed by the CA in the same folder, or does not belong to its key. The signature itself is checked, not names. Usually a file was replaced or restored by hand, or a CA was rotated in part.',
    measured:
      'The signature of each certificate against the CA beside it, and its key against the certificate; only when one of the three has changed. Nothing of a key is kept.',
    impact: 'Connections with this cert are refused, at the latest after the next start of k3s.',
    fix: ['Restore the matching CA or key from a backup or another server'],
    avoid: [leaveTheFolder],
    // A rotation writes certificate and key one after the other, for 1.1 s.
    pendingFor: 2 * minute,
  },
  'certs.rotated-not-restarted': {
    severity: 'warning',
    title: 'new certs not loaded: restart k3s',
    titleFor: titles.rotated,
    meaning:
      'Certificate files of k3s were written more than ten minutes after it started, and after it wrote its kubeconfigs, which it does at each start. Or they are missing: `k3s certificate rotate` deletes them. k3s reads them only when it starts.',
    measured:
      "Change times of the files in k3s's tls folders against the start of its process (/proc/PID/stat) and the change times of its kubeconfigs.",
    impact: 'k3s still uses the old certs, which expire on their own date.',
    fix: ['Load the new certs (pods keep running): `systemctl restart k3s`'],
    avoid: ["Don't rotate again: that only moves more files away."],
    // `k3s certificate rotate` to the start after it: 1 s.
    pendingFor: 5 * minute,
  },
  'certs.ca-expiring': {
    severity: 'warning',
    title: 'k3s CA about to expire',
    titleFor: titles.authority,
    meaning:
      'A CA of this server expires within 365 days, or is in the second half of a shorter life. k3s issues CAs for ten years and never renews them by itself. Critical in the last 30 days; notified again at 30, 14, 7, 3 and 1 days. Reported on servers only. Notified at once: the date does not change by itself.',
    measured: "The dates of the `*-ca.crt` files in k3s's tls folders.",
    impact: 'Once expired, everything this CA signed is refused on every node, and no restart helps.',
    fix: ['Rotate the CA as its documentation describes: `k3s certificate rotate-ca --help`'],
    avoid: [leaveTheFolder],
  },
  'certs.api-unauthorized': {
    severity: 'critical',
    title: 'API says 401 Unauthorized to this node',
    meaning:
      'The API answers 401 Unauthorized to the client certificate of the kubelet or the administrator (`client-kubelet.crt`, `client-admin.crt`). It also answers without one, so it is up. A 401 without a certificate is what a healthy API answers, and does not count.',
    measured:
      '`/version` of the API over loopback, on an agent through its load balancer, with each of these certificates, and once without.',
    impact: '`kubectl` gets 401 Unauthorized, or this node becomes NotReady.',
    fix: [
      'Check the clock first (if wrong, certs seem expired): `timedatectl`',
      'Restart k3s, servers first (pods keep running): `systemctl restart k3s`',
    ],
    avoid: ["Don't reboot: pod networking can't be rebuilt until the API is back."],
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
    title: 'clock wrong',
    titleFor: clockTitle,
    meaning:
      'The clock jumped by more than five minutes against the time since boot, which nobody can set. It is reported for an hour. Or the clock shows a time before Murphy was written. k3s and Murphy both judge certificates by this clock. Notified at once: the clock did jump, whatever comes after.',
    measured: 'The clock against /proc/uptime, of the same boot; before 1 November 2026 no clock is right.',
    impact: 'Certs seem expired or not valid yet, and certs issued now get wrong dates.',
    fix: [
      'Check the time and "System clock synchronized: yes": `timedatectl`',
      'If the clock is wrong, let a time server set it: `timedatectl set-ntp true`',
    ],
    avoid: ["Don't restart k3s before the clock is right: new certs would have wrong dates."],
  },
  'certs.clock-unsynchronised': {
    severity: 'info',
    title: 'clock not synchronized (NTP)',
    meaning:
      'No time server corrects the clock (`NTPSynchronized` of timedatectl). The clock may still be right, but it drifts, and certificates are judged by it.',
    measured: '`timedatectl show --property=NTPSynchronized`, asked once an hour.',
    impact: 'The clock drifts unnoticed until certs seem expired or not valid yet.',
    fix: [
      'Let a time server set the clock: `timedatectl set-ntp true`',
      'After some minutes check "System clock synchronized: yes": `timedatectl`',
    ],
    // A time server that is restarted has to be reached again.
    pendingFor: 5 * minute,
    avoid: ["Don't restart k3s before the clock is right: new certs would have wrong dates."],
  },
})
