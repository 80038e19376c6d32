import { ufwActs } from '../rule-set.ts'
import { rebuildUfw } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'
import type { Blocked } from './blocked.ts'
import { isBetweenPods, type Need } from './needs.ts'
import { nftPlace } from './nft-place.ts'
import { isDenied, type Writer, writerOf, writers } from './writers.ts'

/** What has to be let through, in the form that all who filter have. */
interface Opening {
  readonly chain: 'INPUT' | 'FORWARD' | 'OUTPUT'
  readonly what: string
  readonly end: 'from' | 'to'
  /** An address, a network, or NODE. */
  readonly address: string
  readonly port?: string
  readonly protocol?: 'tcp' | 'udp'
}

type Make = (it: Opening, blocked: Blocked) => string | undefined

const nodes: Readonly<Partial<Record<Need, string>>> = {
  overlay: 'the overlay',
  'overlay-out': 'the overlay',
  'nodes-api': 'the API',
  'api-out': 'the API',
  'nodes-kubelet': 'the kubelet',
  etcd: 'etcd',
}
/** Nodes whose commands are all said. */
const mostNodes = 3

function openingsFor(it: Blocked, { networks }: FirewallSample): readonly Opening[] {
  const ofFamily = (all: readonly string[] = []) =>
    all.filter((one) => one.includes(':') === (it.family === 'ipv6'))
  const pods = ofFamily(networks?.pods)
  if (isBetweenPods(it.need))
    return pods.flatMap((address) =>
      (['from', 'to'] as const).map((end) => ({ chain: 'FORWARD', what: 'pods', end, address }) as const),
    )
  const what = nodes[it.need]
  if (what === undefined)
    return [
      ...pods.map((address) => ({ chain: 'INPUT', what: 'pods', end: 'from', address }) as const),
      ...ofFamily(networks?.services).map(
        (address) => ({ chain: 'INPUT', what: 'services', end: 'from', address }) as const,
      ),
    ]
  const out = /-out$/.test(it.need)
  const named = it.peers && it.peers.length <= mostNodes ? it.peers : ['NODE']
  return named.map((address) => ({
    ...{ chain: out ? 'OUTPUT' : 'INPUT', what, end: out ? 'to' : 'from', address },
    ...{ port: String(it.port), protocol: it.udp ? 'udp' : 'tcp' },
  }))
}

/** "Allow the overlay from 192.0.2.7: `…`" */
function said({ what, end, address }: Opening, command: string): string {
  const far = address === 'NODE' ? `${end} each other node (NODE is its address)` : `${end} ${address}`
  return `Allow ${what} ${far}: \`${command}\``
}

const byUfw: Make = (opening, it) => {
  // What the files of ufw hold comes before all that its commands add.
  if (/^-A ufw6?-before-/.test(it.by)) return byIptables(opening, it)
  const { chain, end, address, port, protocol } = opening
  const allow = `${chain === 'FORWARD' ? 'route ' : ''}${isDenied(it) ? 'prepend ' : ''}allow`
  if (chain === 'OUTPUT') return `ufw ${allow} out to ${address} port ${port} proto ${protocol}`
  return `ufw ${allow} ${end} ${address}${port ? ` to any port ${port} proto ${protocol}` : ''}`
}

const byFirewalld: Make = ({ chain, end, address }) =>
  chain === 'OUTPUT' || end === 'to' ? undefined : `firewall-cmd --zone=trusted --add-source=${address}`

/**
 * Before all other rules of the chain by which the packet comes, so that none of them drops it first: what is accepted
 * there passes that chain. What a policy drops between pods comes to no rule: it is accepted behind all of them, since
 * before them it would pass by the network policies (KUBE-ROUTER-FORWARD).
 */
const byIptables: Make = (
  { chain, end, address, port, protocol },
  { by, family, backend, table = 'filter', base = chain },
) =>
  [
    `${family === 'ipv6' ? 'ip6' : 'ip'}tables${backend === 'legacy' ? '-legacy' : ''}`,
    ...(table === 'filter' ? [] : [`-t ${table}`]),
    `-${chain === 'FORWARD' && !by.startsWith('-A ') ? 'A' : 'I'} ${base} -${end === 'from' ? 's' : 'd'} ${address}`,
    ...(port ? [`-p ${protocol} --dport ${port}`] : []),
    '-j ACCEPT',
  ].join(' ')

const byNft: Make = ({ end, address, port, protocol }, { family, table, base }) => {
  const place = nftPlace(table, base)
  if (place === undefined) return undefined
  const what = `${family === 'ipv6' ? 'ip6' : 'ip'} ${end === 'from' ? 's' : 'd'}addr ${address}`
  return `nft insert rule ${place} ${what}${port ? ` ${protocol} dport ${port}` : ''} accept`
}

const byFail2ban: Make = ({ address }) =>
  address === 'NODE' || address.includes('/') ? undefined : `fail2ban-client unban ${address}`

const makers: Readonly<Record<Writer, Make>> = {
  ufw: byUfw,
  firewalld: byFirewalld,
  docker: byIptables,
  fail2ban: byFail2ban,
  nftables: byNft,
  rule: byIptables,
  policy: byIptables,
}

const atBoot =
  'Add the same where a file loads these rules at boot: `grep -rslE "DROP|REJECT|drop|reject" /etc/iptables /etc/nftables.conf /etc/nftables /etc/rc.local`'
/** What else is said at the end, for each who wrote something. */
const last: Readonly<Partial<Record<Writer, (unit: string) => readonly string[]>>> = {
  ufw: () => ['Or turn ufw off, as the k3s documentation recommends: `ufw disable`'],
  // It takes all rules of iptables with it when it ends (firewall/core/fw.py, cleanup).
  firewalld: (unit) => [
    'Keep that over a reboot: `firewall-cmd --runtime-to-permanent`',
    `Or turn firewalld off, as the k3s documentation recommends, and write the rules of k3s again: \`systemctl disable --now firewalld; systemctl restart ${unit}\``,
  ],
  nftables: () => [atBoot],
  rule: () => [atBoot],
  policy: () => [atBoot],
}

/**
 * The steps that open what k3s needs, for each who blocks some of it, each command once. None deletes a rule: one that
 * drops a port of k3s from everywhere also keeps it from the internet, or closes other ports.
 */
export function stepsFor(sample: FirewallSample, blocked: readonly Blocked[]): readonly string[] {
  const { k3s, ufw, sets } = sample
  const of = (writer: Writer) => blocked.filter((it) => writerOf(it, sample) === writer)
  const steps = writers.flatMap((writer) => {
    const its = of(writer)
    if (its.length === 0) return []
    const opened = its.flatMap((it) =>
      openingsFor(it, sample).flatMap((opening) => {
        const command = makers[writer](opening, it)
        return command === undefined ? [] : [said(opening, command)]
      }),
    )
    return [...opened, ...(last[writer]?.(k3s?.unit ?? 'k3s') ?? [])]
  })
  // ufw is on, and no packet reaches its rules any more.
  const bypassed = ufw?.enabled && of('policy').some(({ family }) => !ufwActs(sets, family ?? 'ipv4'))
  return [...new Set([...steps, ...(bypassed ? [`Rebuild ufw's chains: \`${rebuildUfw}\``] : [])])]
}
