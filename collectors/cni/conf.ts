import { isIP } from 'node:net'
import type { Host } from '../../agent/model/index.ts'
import { printable } from '../../agent/text/sanitize.ts'
import { orMissing } from '../node/ask.ts'
import type { K3s } from '../node/k3s.ts'
import { isName } from './links.ts'
import type { Conf, NetConf, Subnet } from './sample.ts'

/** Written by flannel each time it starts; /run is empty after a boot. */
export const subnetFile = '/run/flannel/subnet.env'

type Home = Pick<K3s, 'dataDir'>

/** Where k3s puts the configuration of its own CNI (k3s, pkg/agent/flannel/setup_linux.go). */
export const confFolder = ({ dataDir }: Home) => `${dataDir}/agent/etc/cni/net.d`

export const netConfFile = ({ dataDir }: Home) => `${dataDir}/agent/etc/flannel/net-conf.json`

/** Where other CNIs put their configuration; k3s uses it when it runs no flannel. */
export const otherConfFolder = '/etc/cni/net.d'

const mostConfs = 32

/** The CNI configurations in a folder, as containerd would find them; empty where there is no folder. */
export async function readConfs(host: Host, folder: string): Promise<Conf[]> {
  const entries = (await orMissing(host.list(folder))) ?? []
  // The endings that containerd reads (go-cni, `loadFromConfDir`).
  const files = entries.filter((it) => /\.(conf|conflist|json)$/.test(it.name)).slice(0, mostConfs)
  const confs: Conf[] = []
  for (const { name } of files) {
    const text = await orMissing(host.text(`${folder}/${name}`))
    if (text !== undefined) confs.push(parseConf(name, text))
  }
  return confs
}

/** Parses a conflist or a single configuration; `types` is empty if it cannot be parsed. */
export function parseConf(file: string, text: string): Conf {
  let conf: { plugins?: unknown }
  try {
    conf = JSON.parse(text) ?? {}
  } catch {
    return { file, types: [] }
  }
  const plugins: unknown[] = Array.isArray(conf.plugins) ? conf.plugins.slice(0, 32) : [conf]
  const types: string[] = []
  let bridge: string | undefined
  for (const plugin of plugins as ({
    type?: unknown
    delegate?: { bridge?: unknown; type?: unknown }
  } | null)[]) {
    if (typeof plugin?.type !== 'string') continue
    types.push(printable(plugin.type, 40))
    // flannel's plugin delegates to `bridge`, whose bridge is cni0 unless it is named here.
    const delegate = plugin.delegate ?? {}
    if (plugin.type !== 'flannel' || (delegate.type ?? 'bridge') !== 'bridge') continue
    bridge = isName(delegate.bridge) ? delegate.bridge : 'cni0'
  }
  return { file, types, ...(bridge && { bridge }) }
}

/** FLANNEL_NETWORK, FLANNEL_SUBNET, FLANNEL_MTU and their IPV6 twins (flannel, pkg/subnet `WriteSubnetFile`). */
export function parseSubnet(text: string): Subnet {
  const values = new Map<string, string>()
  for (const line of text.slice(0, 16_384).split('\n')) {
    const at = line.indexOf('=')
    if (at > 0) values.set(line.slice(0, at).trim(), line.slice(at + 1).trim())
  }
  const networks = (...keys: string[]) =>
    keys.flatMap((key) => (values.get(key) ?? '').split(',')).filter((it) => isNetwork(it))
  return {
    addresses: networks('FLANNEL_SUBNET', 'FLANNEL_IPV6_SUBNET'),
    networks: networks('FLANNEL_NETWORK', 'FLANNEL_IPV6_NETWORK'),
    mtu: Number(values.get('FLANNEL_MTU')) || 0,
  }
}

/** flannel's own configuration (flannel, Documentation/configuration.md, backends.md). Throws on what is not JSON. */
export function parseNetConf(text: string): NetConf {
  const { Backend: backend, EnableIPv4: ipv4, EnableIPv6: ipv6 } = JSON.parse(text) ?? {}
  return {
    type: typeof backend?.Type === 'string' ? printable(backend.Type.toLowerCase(), 40) : 'udp',
    vni: Number.isInteger(backend?.VNI) ? backend.VNI : 1,
    ipv4: ipv4 !== false,
    ipv6: ipv6 === true,
    mode: typeof backend?.Mode === 'string' ? backend.Mode : 'separate',
  }
}

const isNetwork = (it: string) => /\/\d{1,3}$/.test(it) && isIP(it.replace(/\/\d+$/, '')) !== 0
