import { type Host, type Unseen, unseen } from '../../agent/model/index.ts'
import { familyNames } from '../../agent/text/families.ts'
import { exists, orNothing } from '../node/ask.ts'
import { findK3s, type K3s } from '../node/k3s.ts'
import { remembered } from '../node/remembered.ts'
import { serversOf } from '../node/servers.ts'
import { type Family, families } from './cells.ts'
import { readBlocked } from './checks/blocked.ts'
import { readConntrack } from './checks/conntrack.ts'
import { missingHostPorts } from './checks/hostports.ts'
import { clusterNetworks } from './checks/kube.ts'
import { isForeign, type Needed, needsOf, netConfFile } from './checks/needs.ts'
import { apiOf, readPeers } from './checks/peers.ts'
import { sshPorts } from './checks/ssh.ts'
import { type Native, readNative } from './dump/native.ts'
import { type Read, readFamily } from './dump/read.ts'
import { familyOfPort, type HostPort, readSandboxes, type Sandboxes } from './dump/sandboxes.ts'
import { readUfw } from './dump/ufw.ts'
import type { Seen } from './history/remember.ts'
import type { Probe } from './packet/match.ts'
import { network } from './packet/networks.ts'
import { rules } from './rules.ts'
import type { FirewallSample } from './sample.ts'

/** Where `nft` may be. The file system is asked, because starting `nft` to see whether it exists costs more. */
const nftPlaces = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft', '/usr/local/sbin/nft']

/** Networks in which no other machine has its address: loopback, multicast. */
const neverOutside = ['127.0.0.0/8', '224.0.0.0/4', '::1/128', 'ff00::/8']

/**
 * Codes that rest on more than the rules of one family: they are judged even if the IPv4 rules cannot be read. If only
 * the IPv6 rules cannot be read, every code is judged: IPv4 is enough.
 */
const others = new Set(['firewall.changed', 'firewall.conntrack-filling', 'firewall.growing'])
const ruleCodes = Object.keys(rules).filter((it) => !others.has(it))

const networksOf = (texts: readonly string[]) => texts.map(network).filter((it) => it !== undefined)

/** Runs one question; an error is noted with the rules that need the answer, and stops no other question. */
type See = <T>(
  what: string,
  codes: readonly string[],
  work: Promise<T>,
  otherwise?: T,
) => Promise<T | undefined>

/**
 * Reads everything for one collector run, and walks the probes through the rules, since of these only numbers are kept.
 * Costs three processes, five with legacy tables, more where rules vanished, and some small files.
 */
export async function look(host: Host, before: FirewallSample | undefined): Promise<Seen> {
  const blind: Unseen[] = []
  const see: See = async (what, codes, work, otherwise) => {
    try {
      return await work
    } catch (error) {
      blind.push(unseen(what, error, codes))
      return otherwise
    }
  }
  const k3s = await findK3s(host, before?.k3s)
  const subnet = k3s && (await orNothing(host.text('/run/flannel/subnet.env')))
  const networks = k3s && clusterNetworks(k3s, subnet)
  const podNetworks = networks?.pods ?? []
  const inside = networksOf([...podNetworks, ...(networks?.services ?? []), ...neverOutside])
  const { ufw, ssh, boot, monitor, conntrack, sandboxes, netConf, bridged, devices } = await readAround(
    host,
    see,
    k3s,
    before,
  )
  const needs = k3s
    ? needsOf(k3s, {
        ...{ pods: networksOf(podNetworks), inside, netConf, foreign: isForeign(k3s, { subnet, devices }) },
        api: k3s.role === 'agent' ? apiOf(await serversOf(host, k3s)).port : undefined,
        bridged: bridged?.trim() === '1',
      })
    : []
  const ways = (family: Family) =>
    ssh.ports[family].map((port) => ({ protocol: 'tcp' as const, port, inside }))
  const probes = (family: Family) => [...ways(family), ...ofFamily(needs, family).map((it) => it.probe)]
  const { read, stale } = await readFamilies(host, see, { before, k3s, podNetworks, probes })
  const native = await readTables(host, monitor, read, before)
  // Under load a look takes seconds: what it found missing went no later than when it was read.
  const now = host.now()
  const blocked = await readBlocked(read, needs, native, async (family, other) =>
    k3s
      ? see('where the other nodes are', ['firewall.blocks-k3s'], readPeers(host, k3s, family, other))
      : undefined,
  )
  return {
    ...{ k3s, networks, ssh, ufw, monitor, conntrack, sandboxes, read, stale, native, blocked },
    ways: { ipv4: ways('ipv4'), ipv6: ways('ipv6') },
    boot: boot?.trim() || undefined,
    missing: k3s && sandboxes ? await missingPorts(host, sandboxes, read, native) : undefined,
    podNetworks,
    now,
    unseen: blind,
  }
}

const ofFamily = (needs: readonly Needed[], family: Family) => needs.filter((it) => it.family === family)

/** What is read besides the rules. */
async function readAround(host: Host, see: See, k3s: K3s | undefined, before: FirewallSample | undefined) {
  const mapped = ['firewall.hostport-rules-missing']
  const [ssh, ufw, boot, monitor, conntrack, sandboxes, netConf, bridged, devices] = await Promise.all([
    sshPorts(host),
    see("ufw's settings", ['firewall.ufw-drift'], remembered(host, 'ufw', readUfw), before?.ufw),
    orNothing(host.text('/proc/sys/kernel/random/boot_id')),
    firstThere(host, [...nftPlaces, ...(k3s ? [`${k3s.dataDir}/data/current/bin/aux/nft`] : [])]),
    readConntrack(host),
    k3s &&
      see('which host ports pods have', mapped, readSandboxes(host, before?.sandboxes), before?.sandboxes),
    k3s && orNothing(host.text(netConfFile(k3s))),
    k3s && orNothing(host.text('/proc/sys/net/bridge/bridge-nf-call-iptables')),
    k3s && orNothing(host.text('/proc/net/dev')),
  ])
  return { ssh, ufw, boot, monitor, conntrack, sandboxes, netConf, bridged, devices }
}

interface Families {
  readonly before: FirewallSample | undefined
  readonly k3s: K3s | undefined
  readonly podNetworks: readonly string[]
  readonly probes: (family: Family) => readonly Probe[]
}

/** The iptables rules; `stale` are the families that could not be read. */
async function readFamilies(host: Host, see: See, { before, k3s, podNetworks, probes }: Families) {
  const read: Read[] = []
  const stale: Family[] = []
  await Promise.all(
    families.map(async (family) => {
      const found = await see(
        `${familyNames[family]} rules`,
        family === 'ipv4' ? ruleCodes : [],
        readFamily(host, {
          family,
          podNetworks,
          probes: probes(family),
          past: before?.sets ?? [],
          ...(k3s && { bundled: `${k3s.dataDir}/data/current/bin/aux` }),
        }),
      )
      if (found) read.push(...found)
      else stale.push(family)
    }),
  )
  return { read, stale }
}

/** The native nftables tables. Without `nft`, or if it fails, only what iptables shows is known. */
async function readTables(
  host: Host,
  nft: string | undefined,
  read: readonly Read[],
  before: FirewallSample | undefined,
): Promise<Native> {
  if (!nft) return { sets: [], followed: [], deciding: [], ports: [] }
  const names = (family: Family) =>
    new Set(
      read
        .filter((it) => it.set.family === family && it.set.backend === 'nft')
        .flatMap((it) => [...it.names]),
    )
  const found = await orNothing(readNative(host, nft, { ipv4: names('ipv4'), ipv6: names('ipv6') }))
  return (
    found ?? {
      sets: before?.sets.filter((it) => it.backend === 'native') ?? [],
      followed: [],
      deciding: [],
      ports: [],
      unread: true,
    }
  )
}

/** Host ports of pods that no rule maps. */
async function missingPorts(
  host: Host,
  sandboxes: Sandboxes,
  read: readonly Read[],
  native: Native,
): Promise<readonly HostPort[]> {
  const forwards = new Set(read.flatMap((it) => it.forwards))
  // A family without any iptables tool is left out.
  for (const it of Object.values(sandboxes))
    for (const { forward } of it === 0 ? [] : it.ports)
      if (
        !read.some(({ set }) => set.family === familyOfPort(forward)) ||
        native.ports.some((port) => forward.startsWith(`${port} `))
      )
        forwards.add(forward)
  return missingHostPorts(host, sandboxes, forwards)
}

async function firstThere(host: Host, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(host, path)) return path
  return undefined
}
