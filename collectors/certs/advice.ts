import { duration } from '../../agent/text/durations.ts'
import { quoted } from '../../agent/text/shell.ts'
import type { Group, Item } from './groups.ts'
import { leaveTheFolder } from './rules.ts'
import type { CertsSample } from './sample.ts'
import { stopping } from './uses.ts'

/** Impact, fix and avoid for a group of certificates. */
export interface Advice {
  readonly impact: string
  readonly fix: readonly string[]
  readonly avoid?: readonly string[]
}

const stay = "Don't reboot: pod networking can't be rebuilt until the API is back."
const stayLater = "Don't reboot after they expire: pod networking can't be rebuilt without the API."
const clockFirst = 'Check the clock first (if wrong, certs seem expired): `timedatectl`'

/** `over`: the certificates have expired, instead of being about to. */
export function advice(group: Group, over: boolean, items: readonly Item[], sample: CertsSample): Advice {
  const file = items[0]?.source ?? group.subject
  const look = `openssl x509 -noout -subject -enddate -in ${quoted(file)}`
  if (group.kind === 'restart') return restart(over, items, sample)
  if (group.kind === 'authorities') return authorities(sample)
  if (group.kind === 'kubeconfig')
    return {
      impact: `\`kubectl\` with this file ${over ? 'gets' : 'will get'} 401 Unauthorized; the node itself uses other certs.`,
      fix: [
        `Restart k3s, which rewrites its own kubeconfig: \`systemctl restart ${quoted(sample.k3s?.unit ?? 'k3s')}\``,
        `If this file is a copy: replace it with ${adminFile(sample)} of a server`,
      ],
    }
  if (group.kind === 'file')
    return {
      impact: over
        ? 'Clients that check this cert refuse the connection.'
        : 'Once expired, clients that check this cert refuse the connection.',
      fix: [
        `See which cert it is: \`${look}\``,
        'Renew it where it was issued, then reload the service that uses it',
      ],
    }
  const [host = '', name] = group.subject.split('/')
  const servername = quoted(name ?? host.replace(/:\d+$/, ''))
  return {
    impact: over
      ? 'Clients that check this cert refuse the connection.'
      : 'Once expired, clients that check this cert refuse the connection.',
    fix: [
      `See what is served: \`openssl s_client -connect ${quoted(host)} -servername ${servername} </dev/null | openssl x509 -noout -subject -enddate\``,
      'Renew it where it was issued, then reload the server, which may still hold the old one',
    ],
  }
}

/**
 * For a served certificate that a restart alone does not renew. RKE2 puts its kubectl into no path (docs.rke2.io,
 * "Cluster Access"), and the file would be moved for nothing.
 */
export function renewServed(file: string, distribution: string, dataDir: string, restart: string): string {
  const kubectl =
    distribution === 'rke2'
      ? `${quoted(`${dataDir}/bin/kubectl`)} --kubeconfig /etc/rancher/rke2/rke2.yaml`
      : 'kubectl'
  return `If the old cert is still served: \`mv ${file} /root/ && ${kubectl} -n kube-system delete secret ${distribution}-serving && ${restart}\``
}

/** Said in the same words by every finding after which copies are old. */
const copyAgain = (path: string) => `Replace each copy of ${path} that kubectl uses elsewhere`

const adminFile = ({ k3s }: CertsSample) =>
  k3s?.distribution === 'rke2' ? '/etc/rancher/rke2/rke2.yaml' : '/etc/rancher/k3s/k3s.yaml'

function restart(over: boolean, items: readonly Item[], sample: CertsSample): Advice {
  const { unit = 'k3s', role = 'server', distribution = 'k3s', dataDir = '' } = sample.k3s ?? {}
  const here = `systemctl restart ${quoted(unit)}`
  const [servers, agents] =
    distribution === 'rke2' ? ['rke2-server', 'rke2-agent'] : (['k3s', 'k3s-agent'] as const)
  const stops = stopping(items.map((it) => it.source))
  // With a capital letter where it is a sentence of its own.
  const what = stops ? (over ? stops.replace(/^[a-z]/, (it) => it.toUpperCase()) : stops) : undefined
  const avoid = [over ? stay : stayLater, leaveTheFolder]
  if (role === 'agent')
    return {
      impact: over
        ? `${what ?? 'This node cannot reach the API'}; no pod is started, stopped or moved here. Running pods keep running.`
        : `Once expired, ${what ?? 'this node becomes NotReady'}; no pod is started, stopped or moved here.`,
      fix: [
        ...(over ? [clockFirst] : []),
        `On each server, if its own certs ${over ? 'have expired' : 'expire'} too: \`systemctl restart ${servers}\``,
        `Then here (pods keep running): \`${here}\``,
      ],
      avoid,
    }
  const served = items.length > 0 && items.every((it) => it.renewsItself)
  const dynamic = quoted(`${dataDir}/server/tls/dynamic-cert.json`)
  return {
    impact: over
      ? `${what ?? '`kubectl` gets 401 or a TLS error, nodes cannot report, nothing is scheduled'}. Running pods keep running.`
      : `Once expired, ${what ?? 'the API refuses kubectl, the nodes and the controllers; nothing is scheduled or repaired'}.`,
    fix: [
      ...(over ? [clockFirst] : []),
      `On one server after the other (pods keep running): \`${here}\``,
      ...(served ? [renewServed(dynamic, distribution, dataDir, here)] : []),
      `Once kubectl answers again, on each agent: \`systemctl restart ${agents}\``,
      copyAgain(adminFile(sample)),
    ],
    avoid,
  }
}

function authorities({ k3s }: CertsSample): Advice {
  const { role = 'server', distribution = 'k3s' } = k3s ?? {}
  return {
    impact: 'Everything this CA signed is refused, and a restart does not help.',
    fix: [
      clockFirst,
      `${role === 'agent' ? 'On a server, rotate' : 'Rotate'} the CA as its documentation describes: \`${distribution} certificate rotate-ca --help\``,
      'Then restart k3s on one server after the other, then on each agent',
    ],
    avoid: [leaveTheFolder],
  }
}

/**
 * What k3s renews by itself and what a restart renews; follows "… expires …". `over`: when the first of them expired;
 * `written`: when its file was last written, ms since the epoch.
 */
export function renewal(
  group: Group,
  count: number,
  { k3s }: CertsSample,
  now: number,
  over = Number.POSITIVE_INFINITY,
  written = 0,
): string {
  if (group.kind !== 'restart' || !k3s) return ''
  const all = count === 1 ? 'it' : `all ${count}`
  const program = k3s.distribution
  if (!k3s.running) return ` ${program} is not running; its next start renews ${all}.`
  // k3s writes none that has expired, and with the clock behind, the time of the file would be behind too.
  if (written > k3s.running.since && written > over)
    return ` ${count === 1 ? 'Its file was' : 'Their files were'} written ${duration(now - written)} ago, after ${program} had started and by something else: look for a restored backup. A restart renews ${all}.`
  // This happens on a board without a battery, where k3s starts before the clock is set.
  if (k3s.running.since > over)
    return ` ${program} started ${duration(now - k3s.running.since)} ago, after ${count === 1 ? 'it' : 'they'} had expired, and did not renew ${count === 1 ? 'it' : 'them'}. The clock was probably wrong then, or old files were put back since. Another reboot won't help; a restart with the right clock renews ${all}.`
  const up = k3s.running.since > 0 ? `, and has been up ${duration(now - k3s.running.since)}` : ''
  return ` ${program} renews ${count === 1 ? 'it' : 'them'} only when it starts${up}: a restart renews ${all}.`
}
