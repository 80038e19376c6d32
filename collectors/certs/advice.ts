import { duration } from '../../agent/text/durations.ts'
import { quoted } from '../../agent/text/shell.ts'
import type { Group, Item } from './groups.ts'
import type { CertsSample } from './sample.ts'
import { stopping } from './uses.ts'

/** What follows, what to do in which order, and what makes it worse, for what a group is. */
export interface Advice {
  readonly so: string
  readonly next: readonly string[]
  readonly never?: string
}

const leaveTheFolder =
  'Delete the tls folder: the authorities in it are what every node and kubeconfig of the cluster trusts.'
const stay =
  'Reboot a node whose certificates have expired while the API is down: what its pods use of network and firewall lives in the kernel until then, and is not made again without the API.'

/** `over`: it has happened, as opposed to being about to. */
export function advice(group: Group, over: boolean, items: readonly Item[], sample: CertsSample): Advice {
  const file = items[0]?.source ?? group.subject
  const look = `openssl x509 -noout -subject -enddate -in ${quoted(file)}`
  if (group.kind === 'restart') return restart(over, items, sample)
  if (group.kind === 'authorities') return authorities(sample)
  if (group.kind === 'kubeconfig')
    return {
      so: `\`kubectl\` with this file ${over ? 'gets' : 'will get'} 401 Unauthorized; the node itself uses others.`,
      next: [
        `\`systemctl restart ${quoted(sample.k3s?.unit ?? 'k3s')}\`: k3s writes it anew when it starts`,
        `If it is a copy of your own: copy it again from ${adminFile(sample)} of a server`,
      ],
    }
  if (group.kind === 'file')
    return {
      so: over
        ? 'Whoever checks it refuses the connection.'
        : 'When it runs out, whoever checks it refuses the connection.',
      next: [
        `\`${look}\``,
        'Renew it with whatever issued it, then make what uses it read it again (often `systemctl reload`)',
      ],
    }
  const [host = '', name] = group.subject.split('/')
  const servername = quoted(name ?? host.replace(/:\d+$/, ''))
  return {
    so: over
      ? 'Clients that check it refuse the connection.'
      : 'When it runs out, clients that check it refuse the connection.',
    next: [
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
  // As a sentence of its own, and within one.
  const what = stops ? (over ? stops.replace(/^[a-z]/, (it) => it.toUpperCase()) : stops) : undefined
  const never = `${stay} ${leaveTheFolder}`
  if (role === 'agent')
    return {
      so: over
        ? `${what ?? 'The node cannot reach the API'}; no pod is started, stopped or moved here; those that run go on.`
        : `When they run out, ${what ?? 'the node becomes NotReady'}; no pod is started, stopped or moved here.`,
      next: [
        ...(over ? ['`timedatectl`: is the clock right? A wrong one looks the same'] : []),
        `On each server, if its own run out too: \`systemctl restart ${servers}\``,
        `Then here: \`${here}\`; pods go on running meanwhile`,
      ],
      never,
    }
  const served = items.length > 0 && items.every((it) => it.renewsItself)
  const dynamic = quoted(`${dataDir}/server/tls/dynamic-cert.json`)
  return {
    so: over
      ? `${what ?? '`kubectl` gets 401 or a TLS error, nodes cannot report, nothing is scheduled'}; pods that run go on.`
      : `When they run out, ${what ?? 'kubectl, the nodes and the controllers are refused by the API: nothing is scheduled or repaired any more'}.`,
    next: [
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
    never,
  }
}

function authorities({ k3s }: CertsSample): Advice {
  const { role = 'server', distribution = 'k3s' } = k3s ?? {}
  return {
    so: 'Everything that was signed by it is refused, and a restart does not help.',
    next: [
      '`timedatectl`: is the clock right? A wrong one looks the same',
      `${role === 'agent' ? 'On a server: ' : ''}\`${distribution} certificate rotate-ca --help\`: make new authorities as its documentation describes (from v1.26 on)`,
      'Then restart the servers, one after the other, then the agents',
    ],
    never: leaveTheFolder,
  }
}

/** What k3s will do by itself and what a restart does, after "… run out …". `over`: since when the first has expired. */
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
  // As on a board without a battery, where k3s starts before the time is right.
  if (k3s.running.since > over)
    return ` ${program} was started ${duration(now - k3s.running.since)} ago, after ${count === 1 ? 'it' : 'they'} had expired, and did not renew ${count === 1 ? 'it' : 'them'}, as when the clock is wrong at boot: another reboot is no help; a restart by the right clock renews ${all}.`
  const up = k3s.running.since > 0 ? `, and has been up ${duration(now - k3s.running.since)}` : ''
  return ` ${program} renews ${count === 1 ? 'it' : 'them'} only when it starts${up}: a restart renews ${all}.`
}
