import { duration } from '../../agent/text/durations.ts'
import { quoted } from '../../agent/text/shell.ts'
import type { Group, Item } from './groups.ts'
import type { CertsSample } from './sample.ts'
import { stopping } from './uses.ts'

/** Impact, fix and avoid for a group of certificates. */
export interface Advice {
  readonly impact: string
  readonly fix: readonly string[]
  readonly avoid?: readonly string[]
}

const leaveTheFolder =
  'Delete the tls folder: the authorities in it are what every node and kubeconfig of the cluster trusts.'
const stay =
  'Reboot a node whose certificates have expired while the API is down: what its pods use of network and firewall lives in the kernel until then, and is not made again without the API.'

/** `over`: the certificates have expired, instead of being about to. */
export function advice(group: Group, over: boolean, items: readonly Item[], sample: CertsSample): Advice {
  const file = items[0]?.source ?? group.subject
  const look = `openssl x509 -noout -subject -enddate -in ${quoted(file)}`
  if (group.kind === 'restart') return restart(over, items, sample)
  if (group.kind === 'authorities') return authorities(sample)
  if (group.kind === 'kubeconfig')
    return {
      impact: `\`kubectl\` with this file ${over ? 'gets' : 'will get'} 401 Unauthorized; the node itself uses others.`,
      fix: [
        `\`systemctl restart ${quoted(sample.k3s?.unit ?? 'k3s')}\`: k3s writes it anew when it starts`,
        `If it is a copy of your own: copy it again from ${adminFile(sample)} of a server`,
      ],
    }
  if (group.kind === 'file')
    return {
      impact: over
        ? 'Whoever checks it refuses the connection.'
        : 'When it runs out, whoever checks it refuses the connection.',
      fix: [
        `\`${look}\``,
        'Renew it with whatever issued it, then make what uses it read it again (often `systemctl reload`)',
      ],
    }
  const [host = '', name] = group.subject.split('/')
  const servername = quoted(name ?? host.replace(/:\d+$/, ''))
  return {
    impact: over
      ? 'Clients that check it refuse the connection.'
      : 'When it runs out, clients that check it refuse the connection.',
    fix: [
      `\`openssl s_client -connect ${quoted(host)} -servername ${servername} </dev/null | openssl x509 -noout -subject -enddate\``,
      'Renew it where it is issued; if the file there is already new, restart or reload the server, which still holds the old one',
    ],
  }
}

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
  const avoid = [stay, leaveTheFolder]
  if (role === 'agent')
    return {
      impact: over
        ? `${what ?? 'The node cannot reach the API'}; no pod is started, stopped or moved here; those that run go on.`
        : `When they run out, ${what ?? 'the node becomes NotReady'}; no pod is started, stopped or moved here.`,
      fix: [
        ...(over ? ['`timedatectl`: is the clock right? A wrong one looks the same'] : []),
        `On each server, if its own run out too: \`systemctl restart ${servers}\``,
        `Then here: \`${here}\`; pods go on running meanwhile`,
      ],
      avoid,
    }
  const served = items.length > 0 && items.every((it) => it.renewsItself)
  const dynamic = quoted(`${dataDir}/server/tls/dynamic-cert.json`)
  return {
    impact: over
      ? `${what ?? '`kubectl` gets 401 or a TLS error, nodes cannot report, nothing is scheduled'}; pods that run go on.`
      : `When they run out, ${what ?? 'kubectl, the nodes and the controllers are refused by the API: nothing is scheduled or repaired any more'}.`,
    fix: [
      ...(over ? ['`timedatectl`: is the clock right? A wrong one looks the same'] : []),
      `\`${here}\`, on one server after the other; pods go on running meanwhile`,
      ...(served
        ? [
            `If the old one is served still: \`rm ${dynamic}\`, \`kubectl -n kube-system delete secret ${distribution}-serving\`, then \`${here}\` once more`,
          ]
        : []),
      `When \`kubectl get nodes\` answers, on each agent: \`systemctl restart ${agents}\``,
      `Copy ${adminFile(sample)} again to wherever kubectl is used`,
    ],
    avoid,
  }
}

function authorities({ k3s }: CertsSample): Advice {
  const { role = 'server', distribution = 'k3s' } = k3s ?? {}
  return {
    impact: 'Everything that was signed by it is refused, and a restart does not help.',
    fix: [
      '`timedatectl`: is the clock right? A wrong one looks the same',
      `${role === 'agent' ? 'On a server: ' : ''}\`${distribution} certificate rotate-ca --help\`: make new authorities as its documentation describes (from v1.26 on)`,
      'Then restart the servers, one after the other, then the agents',
    ],
    avoid: [leaveTheFolder],
  }
}

/**
 * What k3s renews by itself and what a restart renews; follows "… run out …". `over`: when the first of them expired.
 */
export function renewal(
  group: Group,
  count: number,
  { k3s }: CertsSample,
  now: number,
  over = Number.POSITIVE_INFINITY,
): string {
  if (group.kind !== 'restart' || !k3s) return ''
  const all = count === 1 ? 'it' : `all ${count}`
  const program = k3s.distribution
  if (!k3s.running) return ` ${program} is not running; its next start renews ${all}.`
  // This happens on a board without a battery, where k3s starts before the clock is set.
  if (k3s.running.since > over)
    return ` ${program} was started ${duration(now - k3s.running.since)} ago, after ${count === 1 ? 'it' : 'they'} had expired, and did not renew ${count === 1 ? 'it' : 'them'}, as when the clock is wrong at boot: another reboot is no help; a restart by the right clock renews ${all}.`
  const up = k3s.running.since > 0 ? `, and has been up ${duration(now - k3s.running.since)}` : ''
  return ` ${program} renews ${count === 1 ? 'it' : 'them'} only when it starts${up}: a restart renews ${all}.`
}
