import { join } from 'node:path'
import { recordedNode } from '../../../agent/host/replay.ts'
import { readSaved } from '../../../collectors/firewall/dump/parse-save.ts'
import type { Probe } from '../../../collectors/firewall/packet/match.ts'
import { network } from '../../../collectors/firewall/packet/networks.ts'

export const nodes = join(import.meta.dirname, '..', '..', 'nodes')
export const node = (state: string) => recordedNode(join(nodes, state))

/** What a recorded node printed. */
export async function printed(state: string, command = 'iptables-nft-save'): Promise<string> {
  return (await node(state).run([command])).stdout
}

const inside = [
  ...['10.42.0.0/16', '10.43.0.0/16', '127.0.0.0/8', '224.0.0.0/4'],
  ...['fd42::/56', 'fd43::/112', '::1/128', 'ff00::/8'],
]
  .map(network)
  .filter((it) => it !== undefined)
export const ssh: Probe = { protocol: 'tcp', port: 22, inside }

export function saved(text: string, probes: readonly Probe[] = [ssh]) {
  const reading = readSaved({ podNetworks: ['10.42.0.0/16'], probes })
  for (const line of text.split('\n')) reading.line(line)
  return reading.end()
}

/** A filter table around some rules. */
export const filter = (rules: string, policy = 'DROP', chains = '') =>
  `*filter\n:INPUT ${policy} [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${chains}\n${rules}\nCOMMIT\n`
