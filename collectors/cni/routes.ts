import type { Observation } from '../../agent/model/index.ts'
import { linkOf, type Plan } from './expected.ts'
import type { Code } from './rules.ts'
import type { CniSample, Part, Peer } from './sample.ts'
import { restartOf } from './text.ts'

const names: Readonly<Record<Part, string>> = {
  route: 'the route',
  neighbour: 'the neighbour entry',
  fdb: 'the FDB entry',
}

/** Other nodes that this one can no longer reach although its overlay exists. `settled` as in `overlay`. */
export function routes(
  sample: CniSample,
  { overlays, backend }: Extract<Plan, { kind: 'flannel' }>,
  settled: boolean,
): readonly Observation<Code>[] {
  const broken = (sample.peers ?? []).filter((it) => (it.lacks?.length ?? 0) > 0)
  return [
    ...broken.map((it) => lost(sample, it)),
    ...(backend === 'wireguard'
      ? wireguard(sample, overlays).map((it) => (settled ? it : { ...it, starting: true as const }))
      : []),
  ]
}

function lost(sample: CniSample, peer: Peer): Observation<Code> {
  const lacks = peer.lacks ?? []
  const said = lacks.map((it) => names[it]).join(' and ')
  const { subnet, via, dev, mac, node } = peer
  const ipv6 = via.includes(':')
  const family = ipv6 ? '-6 ' : ''
  const commands: Readonly<Record<Part, string | undefined>> = {
    route: `\`ip ${family}route replace ${subnet} via ${via} dev ${dev} onlink\``,
    neighbour: mac && `\`ip neigh replace ${via} dev ${dev} lladdr ${mac} nud permanent\``,
    fdb: mac && node && `\`bridge fdb append ${mac} dev ${dev} dst ${node}\``,
  }
  const repair = lacks.map((it) => commands[it])
  const restart = restartOf(sample, 'restores all of it')
  return {
    code: 'cni.routes-missing',
    subject: subnet,
    text: `This node lacks ${said} for the pods of ${node ? `node ${node}` : 'another node'} (${subnet} over ${dev}).`,
    fix: repair.every((it) => it !== undefined)
      ? [
          ...lacks.map((it) => `Restore ${names[it]}: ${commands[it]}`),
          restart.replace('Restart', 'Or restart'),
        ]
      : [restart],
    evidence: {
      link: dev,
      family: ipv6 ? 'ipv6' : 'ipv4',
      lacks: lacks.join(' '),
      via,
      dev,
      ...(node && { node }),
    },
  }
}

/**
 * WireGuard needs only one route for all other nodes, through the device itself (flannel,
 * pkg/backend/wireguard/device.go `upAndAddRoute`).
 */
function wireguard(sample: CniSample, overlays: readonly string[]): readonly Observation<Code>[] {
  if (!sample.direct || overlays.some((it) => sample.direct?.includes(it))) return []
  const [name] = overlays
  if (name === undefined || !linkOf(sample, name)?.up) return []
  const networks = sample.subnet?.networks.join(' and ') || 'the pod network'
  return [
    {
      code: 'cni.routes-missing',
      subject: name,
      text: `This node lacks the route to ${networks} through ${name}.`,
      fix: [restartOf(sample, 'restores it')],
      evidence: { link: name },
    },
  ]
}
