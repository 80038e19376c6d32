import { ufwActs } from '../rule-set.ts'
import { rebuildUfw } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'
import type { Blocked } from './blocked.ts'
import { isBetweenPods, type Need } from './needs.ts'
import { nftPlace } from './nft-place.ts'
import { isDenied, isRule, type Writer, writerOf, writers } from './writers.ts'

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

const byUfw: Make = ({ chain, end, address, port, protocol }, it) => {
  const allow = `${chain === 'FORWARD' ? 'route ' : ''}${isDenied(it) ? 'prepend ' : ''}allow`
  if (chain === 'OUTPUT') return `ufw ${allow} out to ${address} port ${port} proto ${protocol}`
  return `ufw ${allow} ${end} ${address}${port ? ` to any port ${port} proto ${protocol}` : ''}`
}

const byFirewalld: Make = ({ chain, end, address }) =>
  chain === 'OUTPUT' || end === 'to' ? undefined : `firewall-cmd --zone=trusted --add-source=${address}`

const toolOf = ({ family, backend }: Blocked) =>
  `${family === 'ipv6' ? 'ip6' : 'ip'}tables${backend === 'legacy' ? '-legacy' : ''}`
const tableOf = ({ table = 'filter' }: Blocked) => (table === 'filter' ? '' : ` -t ${table}`)

/** Before all other rules of the chain, so that none of them drops it first. Of no use against another table. */
const byIptables: Make = ({ chain, end, address, port, protocol }, it) => {
  if (tableOf(it) !== '') return undefined
  const ports = port ? [`-p ${protocol}`, `--dport ${port}`] : ['', '']
  return [
    `${toolOf(it)} -I ${chain}`,
    ports[0],
    `-${end === 'from' ? 's' : 'd'} ${address}`,
    ports[1],
    '-j ACCEPT',
  ]
    .filter((part) => part !== '')
    .join(' ')
}

const byFail2ban: Make = ({ address }) =>
  address === 'NODE' || address.includes('/') ? undefined : `fail2ban-client unban ${address}`

/** A rule as it stands, where it is short and safe enough to be pasted: no quotes, nothing that a shell expands. */
const plainRule = /^-A [\w.:/,=!+ -]{1,180}$/
const namesPort = ({ by, port }: Blocked) =>
  new RegExp(` --dports? (?:[\\d:,]*,)?${port}(?:,[\\d:,]*)?(?: |$)`).test(by)

/** A rule for this very port is deleted; one that drops much else as well stays, and what k3s needs goes before it. */
function byDeleting(it: Blocked): string | undefined {
  if (!namesPort(it) && tableOf(it) === '') return undefined
  const rule = it.by.slice(3)
  if (plainRule.test(it.by)) return `Delete the rule: \`${toolOf(it)}${tableOf(it)} -D ${rule}\``
  const [chain = ''] = rule.split(' ')
  if (!/^[\w.:+-]{1,40}$/.test(chain)) return undefined
  const tool = `${toolOf(it)}${tableOf(it)}`
  return `Find the NUMBER of the rule, then delete it with -D ${chain} NUMBER: \`${tool} -L ${chain} -n --line-numbers\``
}

/** Before all other rules of the chain by which the packet comes: what is accepted there passes that chain. */
const byNft: Make = ({ end, address, port, protocol }, { family, table, base }) => {
  const place = nftPlace(table, base)
  if (place === undefined) return undefined
  const what = `${family === 'ipv6' ? 'ip6' : 'ip'} ${end === 'from' ? 's' : 'd'}addr ${address}`
  return `nft insert rule ${place} ${what}${port ? ` ${protocol} dport ${port}` : ''} accept`
}

/** `rule "udp dport 8472 drop" (handle 7) of inet mine in`, as the packet engine words it. */
function byDeletingOfNft({ by, port }: Blocked): string | undefined {
  const [, rule = '', handle, table, chain] =
    /^rule "(.*)" \(handle (\d+)\) of (\S+ \S+) (\S+)$/.exec(by) ?? []
  const place = nftPlace(table, chain)
  if (place === undefined || !new RegExp(` ?dport (?:\\{[\\d ,-]*\\b)?${port}\\b`).test(rule))
    return undefined
  return `Delete the rule: \`nft delete rule ${place} handle ${handle}\``
}

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
  'See whether a file loads the rule at boot: `grep -rsnE "DROP|REJECT|drop|reject" /etc/iptables /etc/nftables.conf /etc/nftables /etc/rc.local`'
/** Who wrote a rule by itself, which may simply go; what a program writes comes back. */
const deletes: Readonly<Partial<Record<Writer, (it: Blocked) => string | undefined>>> = {
  rule: (it) => (isRule(it) ? byDeleting(it) : undefined),
  nftables: byDeletingOfNft,
}
/** What else is said at the end, for each who wrote something. */
const last: Readonly<Partial<Record<Writer, readonly string[]>>> = {
  ufw: ['Or turn ufw off, as the k3s documentation recommends: `ufw disable`'],
  firewalld: [
    'Keep that over a reboot: `firewall-cmd --runtime-to-permanent`',
    'Or turn firewalld off, as the k3s documentation recommends: `systemctl disable --now firewalld`',
  ],
  nftables: [atBoot],
  rule: [atBoot],
}

/** The steps that open what k3s needs, for each who blocks some of it, each command once. */
export function stepsFor(sample: FirewallSample, blocked: readonly Blocked[]): readonly string[] {
  const { ufw, sets } = sample
  const of = (writer: Writer) => blocked.filter((it) => writerOf(it, sample) === writer)
  const steps = writers.flatMap((writer) => {
    const its = of(writer)
    if (its.length === 0) return []
    const opened = its.flatMap((it) => {
      const gone = deletes[writer]?.(it)
      if (gone !== undefined) return [gone]
      return openingsFor(it, sample).flatMap((opening) => {
        const command = makers[writer](opening, it)
        return command === undefined ? [] : [said(opening, command)]
      })
    })
    return [...opened, ...(last[writer] ?? [])]
  })
  // ufw is on, and no packet reaches its rules any more.
  const bypassed = ufw?.enabled && of('policy').some(({ family }) => !ufwActs(sets, family ?? 'ipv4'))
  return [...new Set([...steps, ...(bypassed ? [`Rebuild ufw's chains: \`${rebuildUfw}\``] : [])])]
}
