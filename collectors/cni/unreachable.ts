import type { Observation } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { linkOf } from './expected.ts'
import { grace } from './lacking.ts'
import { type Asked, reachable } from './reach.ts'
import type { Code } from './rules.ts'
import type { CniSample, Reach } from './sample.ts'

/** How long k3s may be stopped on another node before the page says that it is not reached, ms. */
const stopped = 10 * minute

/** The port of flannel's VXLAN on Linux (flannel, pkg/backend/vxlan/device.go). */
const port = 8472

/**
 * Other nodes that do not answer over the overlay, or only small packets, although their own address does. A node that is
 * silent altogether is off, or this node's cable is: that keeps open what was found before, and opens nothing. Pure.
 */
export function unreachable(sample: CniSample, now: number): readonly Observation<Code>[] {
  const { k3s, reach = {} } = sample
  const all = reachable(sample)
  const seen = all.flatMap((it) => reach[it.via]?.passes ?? [])
  const counts = { asked: seen.length, answered: seen.filter((it) => it === 'all').length }
  const settled = k3s?.running !== undefined && now - k3s.running.since >= grace
  const asked = new Set(all.map(({ via }) => via))
  // What was not asked, as its route is missing, is neither well nor worse.
  const others = (sample.peers ?? []).filter(({ via }) => !asked.has(via))
  const link = (dev: string) => linkOf(sample, dev)?.mtu ?? 0
  return [...all, ...others.map((it): Asked => ({ ...it, mtu: link(it.dev) }))].flatMap((peer) => {
    const it = reach[peer.via]
    if (!it || it.passes === undefined || it.passes === 'all') return []
    return [observed(sample, { peer, it, counts, opens: settled && asked.has(peer.via) && opens(it, now) })]
  })
}

/** Whether what was seen of a node opens a finding, or only keeps one open. */
function opens({ host, passes, first, away, well, since }: Reach, now: number): boolean {
  // Where its kubelet shows itself to servers alone, as a firewall may have it, k3s may just be stopped or removed there.
  if (host === 'away' || (host === 'unsure' && passes === 'none')) return now - (since ?? now) >= stopped
  if (host === undefined || host === 'silent') return false
  // Its k3s may be starting: flannel makes the overlay once the API answers.
  const from = away ?? (well === undefined ? first : undefined)
  return from === undefined || now - from >= grace
}

interface Silent {
  readonly peer: Asked
  readonly it: Reach
  readonly counts: { readonly asked: number; readonly answered: number }
  readonly opens: boolean
}

function observed(sample: CniSample, { peer, it, counts, opens }: Silent): Observation<Code> {
  const { dev, node, via, subnet, mtu } = peer
  const large = it.passes === 'small'
  const short = it.name ?? node ?? via
  const who = it.name !== undefined && node !== undefined ? `${it.name} (${node})` : short
  const under = linkOf(sample, dev)?.over ?? sample.under ?? sample.uplink ?? 'its own address'
  const many = counts.asked > 1 ? ` (${counts.answered} of ${counts.asked} nodes answer)` : ''
  const common = {
    code: 'cni.peer-unreachable' as const,
    subject: subnet,
    ...(it.well !== undefined && { wellAt: it.well }),
    evidence: {
      link: dev,
      silent: large ? 'large' : 'small, large',
      via,
      ...(node !== undefined && { node }),
      ...(it.name !== undefined && { name: it.name }),
      host: it.host ?? 'unknown',
      mtu,
      ...counts,
    },
  }
  if (it.host === 'away' || it.host === 'silent')
    return {
      ...common,
      ...(it.host === 'away' && { severity: 'info' as const }),
      ...(!opens && { starting: true as const }),
      text:
        it.host === 'silent'
          ? `${who} answers neither over ${dev} nor on ${under}: it is off, or cut off from this node.`
          : `${who} does not answer over ${dev}, and nothing listens on its port 10250: k3s is stopped there, or a firewall rejects it.`,
      fix: [`On ${short}, see whether k3s runs: \`systemctl status 'k3s*'\``],
    }
  if (!large && it.well === undefined)
    return {
      ...common,
      // Its pods may well be reached: what is meant for them is forwarded, and what is asked here ends at the node itself.
      severity: 'info' as const,
      ...(!opens && { starting: true as const }),
      text: `${who} has never answered over ${dev}, though it does on ${under}${many}: its firewall may drop only what is sent to the node itself.`,
      impact: 'Pods here may reach no pod there; or all is well, and this check alone is not answered.',
      fix: filters(sample, { peer, short, under, counts }),
    }
  return {
    ...common,
    ...(large && { severity: 'warning' as const }),
    ...(!opens && { starting: true as const }),
    text: large
      ? `${who} answers small packets over ${dev}, but none of ${mtu} bytes${many}.`
      : `${who} does not answer over ${dev}, though it does on ${under}${many}.`,
    ...(large && {
      impact:
        'Pings and small requests pass, large packets are lost: downloads, TLS handshakes and database replies hang.',
    }),
    fix: large ? sizes(peer, short, under) : filters(sample, { peer, short, under, counts }),
  }
}

/** Where packets of full size get lost. */
const sizes = ({ via, dev, mtu, node }: Asked, short: string, under: string): readonly string[] => [
  `See which size still passes, here by 100 bytes less: \`ping -c 2 -M do -s ${mtu - (via.includes(':') ? 148 : 128)} -I ${dev} ${via}\``,
  ...(node === undefined ? [] : [`See where the path gets narrower: \`tracepath -n ${node}\``]),
  `On ${short}, compare the MTU of the device below the overlay with ${under} here: \`ip link | grep mtu\``,
]

/** Who drops the packets: where no node answers most likely this one, where others do the one that is silent. */
function filters(
  sample: CniSample,
  {
    peer: { node },
    short,
    under,
    counts,
  }: Pick<Silent, 'peer' | 'counts'> & { short: string; under: string },
): readonly string[] {
  const of = node === undefined ? '' : ` and host ${node}`
  const heard = `See whether its packets still come in here; if they do, rules of this node drop them: \`tcpdump -c 5 -ni any 'udp port ${port}${of}'\``
  const here = `See which rule of this node may drop them: \`iptables-save | grep -nE '${port}|REJECT|DROP'\``
  const there = `On ${short}, see which rule drops UDP ${port}: \`iptables-save | grep -nE '${port}|REJECT|DROP'\``
  const [own] = (linkOf(sample, under)?.addresses ?? [])
    .map((it) => it.replace(/\/.*/, ''))
    .filter((it) => node !== undefined && it.includes(':') === node.includes(':'))
  // Before all others: behind a rule that denies it, it would change nothing.
  const ufw = own
    ? [
        `If ufw runs there, let this node in (on ${short}): \`ufw prepend allow from ${own} to any port ${port} proto udp\``,
      ]
    : []
  const alone = counts.asked > 1 && counts.answered === 0
  return alone ? [heard, here, there] : [heard, there, ...ufw]
}
