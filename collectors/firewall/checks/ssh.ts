import { type Host, HostError } from '../../../agent/model/index.ts'
import { orMissing } from '../../node/k3s.ts'
import { remembered } from '../../node/remembered.ts'
import { listeningSockets } from '../../node/sockets.ts'
import type { Family } from '../cells.ts'
import { configuredPorts } from '../dump/sshconf.ts'

/** The ports at which people can reach SSH, as far as that can be told without asking sshd. */
export interface SshPorts {
  readonly ports: Readonly<Record<Family, readonly number[]>>
  /** It could not be read which sockets listen, so these are the configured ports, or 22. */
  readonly assumed?: true
}

const mostSockets = 16 * 1024 * 1024

/** The configured ports at which something listens on more than loopback. */
export async function sshPorts(host: Host): Promise<SshPorts> {
  const configured = await remembered(host, 'sshd', configuredPorts)
  const assumed: SshPorts = { ports: { ipv4: configured, ipv6: configured }, assumed: true }
  try {
    const tcp = await orMissing(host.text('/proc/net/tcp', { limit: mostSockets }))
    const tcp6 = await orMissing(host.text('/proc/net/tcp6', { limit: mostSockets }))
    if (tcp === undefined && tcp6 === undefined) return assumed
    const listening = { ipv4: new Set<number>(), ipv6: new Set<number>() }
    for (const text of [tcp ?? '', tcp6 ?? ''])
      for (const { families, port } of listeners(text)) for (const it of families) listening[it].add(port)
    const both = (family: Family) => configured.filter((port) => listening[family].has(port))
    return { ports: { ipv4: both('ipv4'), ipv6: both('ipv6') } }
  } catch (error) {
    if (error instanceof HostError) return assumed
    throw error
  }
}

/** Listening sockets that other machines can reach. A socket on `::` takes IPv4 as well. */
export function listeners(text: string): { families: readonly Family[]; port: number }[] {
  return listeningSockets(text)
    .map(({ address, port }) => ({ families: heardBy(address), port }))
    .filter((it) => it.families.length > 0)
}

function heardBy(address: string): readonly Family[] {
  const v4 = address.length === 8 ? address : /^0{16}FFFF0000(.{8})$/.exec(address)?.[1]
  if (v4 !== undefined) return v4.endsWith('7F') ? [] : ['ipv4']
  if (address.length !== 32 || address === '00000000000000000000000001000000') return []
  return /^0+$/.test(address) ? ['ipv4', 'ipv6'] : ['ipv6']
}
