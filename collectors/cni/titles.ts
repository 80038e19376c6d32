import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { countIn, shortEnough, textIn, titled } from '../../agent/text/titles.ts'

/** Titles of single findings, from their evidence; without it that of the rule. Pure and total. */

type Titles = Readonly<Record<string, (it: Observation) => string>>

/** IFNAMSIZ without its end (linux/if.h). */
const longestLink = 15
const linkOf = ({ subject, evidence }: Observation) =>
  (textIn(evidence, 'link') || subject).slice(0, longestLink).replace(/[^!-~]|`/g, '?')

/** Pods by name, or by their veths where no name is known. */
const podsOf = ({ evidence }: Observation) =>
  many(Math.max(countIn(evidence, 'pods') ?? 0, countIn(evidence, 'veths') ?? 0), 'pod')

const offline = (state: string) => (it: Observation) => {
  const name = linkOf(it)
  return shortEnough(`${name} ${state}: ${podsOf(it)} offline`, `${name} ${state}: pods offline`)
}

const noTraffic = (state: string) => (it: Observation) => {
  const name = linkOf(it)
  const what = name.includes('v6') ? 'IPv6' : 'traffic'
  return shortEnough(`${name} ${state}: no cross-node ${what}`, `${name} ${state}: nodes cut off`)
}

const parts: Readonly<Record<string, string>> = {
  route: 'no route',
  neighbour: 'no ARP entry',
  fdb: 'no FDB entry',
}

export const titles = {
  bridgeMissing: offline('missing'),
  bridgeDown: offline('down'),
  bridgeAddress(it) {
    const [address = ''] = textIn(it.evidence, 'lacking').split(' ')
    return address
      ? titled(`${linkOf(it)} without address `, address)
      : `${linkOf(it)} without gateway address`
  },
  overlayMissing: noTraffic('missing'),
  overlayDown: noTraffic('down'),
  veths: (it) => shortEnough(`${podsOf(it)} detached from ${linkOf(it)}`, `pods detached from ${linkOf(it)}`),
  routes(it) {
    const node = textIn(it.evidence, 'node')
    const [lacks = ''] = textIn(it.evidence, 'lacks').split(' ')
    if (!lacks) return `${linkOf(it)}: no route to other nodes`
    const where = titled(node ? 'pods on ' : 'pods in ', node || it.subject, ' unreachable')
    return shortEnough(`${where}: ${parts[lacks] ?? 'no route'}`, where)
  },
  reach(it) {
    const { evidence } = it
    const who = textIn(evidence, 'name') || textIn(evidence, 'node') || it.subject
    return textIn(evidence, 'silent') === 'large'
      ? titled('MTU black hole to ', who, ` (${linkOf(it)})`)
      : titled(`${linkOf(it)}: no answer from `, who)
  },
  mtu(it) {
    const { evidence } = it
    const [own, most, chosen] = ['mtu', 'most', 'chosen'].map((key) => countIn(evidence, key))
    const veths = countIn(evidence, 'veths')
    const name = linkOf(it)
    const plain = `MTU mismatch: ${name}`
    if (veths !== undefined) return shortEnough(`MTU mismatch: ${many(veths, 'veth')} on ${name}`, plain)
    if (most !== undefined) return shortEnough(`${plain} ${own}, max ${most}`, plain)
    return chosen === undefined ? plain : shortEnough(`${plain} ${own}, pods ${chosen}`, plain)
  },
  forwarding(it) {
    const name = it.subject === 'ipv6' ? 'IPv6' : 'IP'
    const off = textIn(it.evidence, 'off').split(' ')
    if (off.includes('ipv4/ip_forward')) return 'IP forwarding off (ip_forward=0)'
    if (off.includes('ipv6/conf/all/forwarding')) return 'IPv6 forwarding off (forwarding=0)'
    const link = textIn(it.evidence, 'link')
    return link ? titled(`${name} forwarding off on `, link) : `${name} forwarding off on several links`
  },
  bridgeNf: ({ evidence }) =>
    evidence?.module === 'missing' ? 'br_netfilter not loaded' : 'bridge-nf-call-iptables off',
  offload: (it) => `VXLAN checksum offload bug: ${linkOf(it)}`.slice(0, 40),
  leak({ evidence }) {
    const [size, used] = [countIn(evidence, 'size'), countIn(evidence, 'used')]
    return size === undefined || used === undefined
      ? 'pod IP leak'
      : shortEnough(`pod IP leak: ${Math.max(0, size - used)} of ${size} left`, 'pod IP leak')
  },
  errors(it) {
    const [errors, minutes] = [countIn(it.evidence, 'errors'), countIn(it.evidence, 'minutes')]
    const name = linkOf(it)
    return errors === undefined
      ? `${name}: growing errors`
      : shortEnough(
          `${name}: ${many(errors, 'error')} in ${minutes ?? 60} min`,
          `${name}: ${many(errors, 'error')}`,
        )
  },
  flapping(it) {
    const downs = countIn(it.evidence, 'downs')
    return downs === undefined
      ? `${linkOf(it)} flapping`
      : shortEnough(`${linkOf(it)} flapping: ${downs} times in 10 min`, `${linkOf(it)} flapping`)
  },
  dns: ({ evidence }) =>
    evidence?.answer === 'SERVFAIL'
      ? 'cluster DNS (CoreDNS): SERVFAIL'
      : 'cluster DNS (CoreDNS) not answering',
} satisfies Titles
