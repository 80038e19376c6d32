import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { linkOf, type Plan } from './expected.ts'
import type { Code } from './rules.ts'
import type { CniSample, Link } from './sample.ts'
import { podsHit, restartOf } from './text.ts'

/** Bytes that each backend adds to a packet (flannel, pkg/backend/vxlan/device.go, wireguard_network.go). */
const overheads: Readonly<Record<string, number>> = { vxlan: 50, wireguard: 80 }

/**
 * MTUs that do not fit: an overlay too large for the device below it, pods that may send more than the overlay takes, a
 * bridge or veths with another MTU than flannel chose. An overlay smaller than it could be costs only some speed and is
 * not reported.
 */
export function mtu(
  sample: CniSample,
  { backend, bridge, overlays }: Extract<Plan, { kind: 'flannel' }>,
): readonly Observation<Code>[] {
  const links = overlays.flatMap((name) => linkOf(sample, name) ?? [])
  return [
    ...links.flatMap((it) => overlay(sample, it, overheads[backend])),
    ...pods(sample, links, linkOf(sample, bridge)),
  ]
}

const mismatch = (
  subject: string,
  text: string,
  fix: readonly string[],
  numbers: Readonly<Record<string, number>>,
  link = subject,
): Observation<Code> => ({
  code: 'cni.mtu-mismatch',
  subject,
  text,
  fix,
  evidence: { link, ...numbers },
})

function overlay(sample: CniSample, link: Link, overhead: number | undefined): readonly Observation<Code>[] {
  const name = link.over ?? sample.flags?.['flannel-iface'] ?? sample.uplink
  const below = name === undefined ? undefined : linkOf(sample, name)
  if (!below || overhead === undefined) return []
  const most = below.mtu - overhead
  if (link.mtu <= most) return []
  return [
    mismatch(
      link.name,
      `The overlay ${link.name} has MTU ${link.mtu}, at most ${most} fits: ${below.name} below it has ${below.mtu}, and each packet gets ${overhead} bytes more.`,
      [
        `Check the MTU of ${below.name}; if it is wrong, correct only that: \`ip link show dev ${below.name}\``,
        restartOf(sample, `measures ${below.name} again`),
        'Then recreate the pods when convenient: they keep the old MTU until then',
      ],
      { mtu: link.mtu, most },
    ),
  ]
}

function pods(
  sample: CniSample,
  overlays: readonly Link[],
  bridge: Link | undefined,
): readonly Observation<Code>[] {
  const { mtu: chosen = 0 } = sample.subnet ?? {}
  const most = Math.max(...overlays.map((it) => it.mtu))
  const [widest] = overlays.filter((it) => it.mtu === most)
  const found: Observation<Code>[] = []
  if (widest && chosen > most)
    found.push(
      mismatch(
        widest.name,
        `The overlay ${widest.name} has MTU ${most}, but pods send up to ${chosen}: larger packets are lost.`,
        [`Set the MTU that flannel chose: \`ip link set ${widest.name} mtu ${chosen}\``],
        { mtu: most, chosen },
      ),
    )
  if (!bridge) return found
  if (chosen > 0 && bridge.mtu < chosen)
    found.push(
      mismatch(
        bridge.name,
        `The bridge ${bridge.name} has MTU ${bridge.mtu}, but pods send up to ${chosen}: larger packets are lost.`,
        [`Set the MTU that flannel chose: \`ip link set ${bridge.name} mtu ${chosen}\``],
        { mtu: bridge.mtu, chosen },
      ),
    )
  return [...found, ...veths(sample, bridge)]
}

/** Its subject is the pods' end of the bridge, so that it is a different finding from the bridge's own. */
function veths(sample: CniSample, bridge: Link): readonly Observation<Code>[] {
  const odd = new Map(Object.entries(sample.interfaces?.odd ?? {}))
  const { mtu: chosen = bridge.mtu } = sample.subnet ?? {}
  // A bridge that is too small has its own finding; its veths may then be right.
  const wrong = [...odd].filter(([, size]) => size !== chosen)
  if (wrong.length === 0) return []
  const names = new Set(wrong.map(([name]) => name))
  const hit = Object.values(sample.pods ?? {}).filter((it) => it.bridge === bridge.name && names.has(it.veth))
  const sizes = [...new Set(wrong.map(([, size]) => size))].sort((a, b) => a - b).slice(0, 3)
  return [
    mismatch(
      `pods on ${bridge.name}`,
      `${many(wrong.length, 'veth')} of ${podsHit(hit, wrong.length)} on ${bridge.name} ${wrong.length === 1 ? 'has' : 'have'} MTU ${sizes.join(', ')} instead of ${chosen}.`,
      wrong.slice(0, 3).map(([name]) => `Set the MTU of ${name}: \`ip link set ${name} mtu ${chosen}\``),
      { veths: wrong.length },
      bridge.name,
    ),
  ]
}
