import { type Host, type Past, type Unseen, unseen } from '../../agent/model/index.ts'
import { exists, orNothing } from '../node/ask.ts'
import { findK3s, type K3s } from '../node/k3s.ts'
import { readConntrack } from './checks/conntrack.ts'
import { rememberFlannel } from './checks/flannel.ts'
import { familyOfPort, missingHostPorts, readSandboxes } from './checks/hostports.ts'
import { clusterNetworks, expected, settled } from './checks/kube.ts'
import { hasPeers, needsOf } from './checks/needs.ts'
import { sshPorts } from './checks/ssh.ts'
import { type Native, readNative } from './dump/native.ts'
import { type Read, readFamily } from './dump/read.ts'
import { readUfw } from './dump/ufw.ts'
import { remember } from './history/flush.ts'
import { keepJournal } from './history/journal.ts'
import { keepSnapshot } from './history/snapshots.ts'
import { network } from './packet/networks.ts'
import { blockedOf, inputVerdict } from './packet/verdicts.ts'
import type { Verdict } from './packet/walk.ts'
import { rules } from './rules.ts'
import { cellsOf, type Family, type FirewallSample, families } from './sample.ts'

/** Where `nft` is; asked of the file system, because starting it only to see whether it is there costs more. */
const nftPlaces = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft', '/usr/local/sbin/nft']

/** Nobody outside sends from or to these: loopback, multicast. */
const neverOutside = ['127.0.0.0/8', '224.0.0.0/4', '::1/128', 'ff00::/8']

/** What rests on more than the rules of one family. A lost look at IPv6 keeps nothing: IPv4 speaks for itself. */
const others = new Set(['firewall.changed', 'firewall.conntrack-filling', 'firewall.growing'])
const ruleCodes = Object.keys(rules).filter((it) => !others.has(it))

const networksOf = (texts: readonly string[]) => texts.map(network).filter((it) => it !== undefined)

/** Asks; judges nothing but what becomes of a packet. Three processes, five with legacy tables, and some small files. */
export async function collect(host: Host, past: Past<FirewallSample>): Promise<FirewallSample> {
  const before = past.sample
  const now = host.now()
  const blind: Unseen[] = []
  const seen = async <T>(what: string, codes: readonly string[], work: Promise<T>, otherwise?: T) => {
    try {
      return await work
    } catch (error) {
      blind.push(unseen(what, error, codes))
      return otherwise
    }
  }
  const k3s = await findK3s(host, before?.k3s)
  const networks = k3s && clusterNetworks(k3s, await host.text('/run/flannel/subnet.env').catch(() => ''))
  const podNetworks = networks?.pods ?? []
  const inside = networksOf([...podNetworks, ...(networks?.services ?? []), ...neverOutside])
  const [ssh, ufw, boot, monitor, conntrack, sandboxes, netConf] = await Promise.all([
    sshPorts(host),
    seen("ufw's settings", ['firewall.ufw-drift'], readUfw(host), before?.ufw),
    orNothing(host.text('/proc/sys/kernel/random/boot_id')),
    firstThere(host, [...nftPlaces, ...(k3s ? [`${k3s.dataDir}/data/current/bin/aux/nft`] : [])]),
    readConntrack(host),
    k3s &&
      seen(
        'which host ports pods have',
        ['firewall.hostport-rules-missing'],
        readSandboxes(host, before?.sandboxes),
        before?.sandboxes,
      ),
    k3s && orNothing(host.text(`${k3s.dataDir}/agent/etc/flannel/net-conf.json`)),
  ])

  // Without ufw nobody walks for k3s's ports: that would cost every node for what concerns few.
  const ufwMatters = ufw ? ufw.enabled : blind.some((it) => it.what === "ufw's settings")
  const needs =
    k3s?.running && ufwMatters ? needsOf(k3s, { pods: networksOf(podNetworks), inside, netConf }) : []
  const read: Read[] = []
  const stale: Family[] = []
  await Promise.all(
    families.map(async (family) => {
      const probes = [
        ...ssh.ports[family].map((port) => ({ protocol: 'tcp' as const, port, inside })),
        ...needs.filter((it) => it.family === family).map((it) => it.probe),
      ]
      const found = await seen(
        family === 'ipv4' ? 'IPv4 rules' : 'IPv6 rules',
        family === 'ipv4' ? ruleCodes : [],
        readFamily(host, {
          family,
          podNetworks,
          probes,
          past: before?.sets ?? [],
          ...(k3s && { bundled: `${k3s.dataDir}/data/current/bin/aux` }),
        }),
      )
      if (found) read.push(...found)
      else stale.push(family)
    }),
  )
  const native = await readTables(host, monitor, read, before)
  const sets = [
    ...read.map((it) => it.set),
    ...(before?.sets ?? [])
      .filter((it) => it.backend !== 'native' && stale.includes(it.family))
      .map((it) => ({ ...it, stale: true as const })),
    ...native.sets,
  ].sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1))

  const input: Partial<Record<Family, Verdict>> = {}
  for (const family of families) {
    const verdict = stale.includes(family)
      ? before?.input[family]
      : inputVerdict(
          read.filter((it) => it.set.family === family),
          ssh.ports[family].map((port) => ({ protocol: 'tcp', port, inside })),
          native.deciding,
        )
    if (verdict) input[family] = verdict
  }
  const hostPorts = await hostPortsOf(host, { k3s, sandboxes, before, read, native, stale })
  const blocked = await forThisNode(host, k3s, [
    // What cannot be read now is as it was.
    ...(before?.blocked ?? []).filter((it) => stale.includes(it.family ?? 'ipv4')),
    ...blockedOf(read, needs, native.deciding),
  ])

  const should = k3s && expected(k3s, podNetworks)
  const cells = cellsOf(sets)
  const runs = settled(should, now)
  const { flannel: _, ...memory } = remember(before?.memory, {
    cells,
    now,
    k3s: runs,
    heard: past.heard,
    ...(boot?.trim() && { boot: boot.trim() }),
    ...(ufw && { ufw: ufw.enabled ? 'on' : 'off' }),
    ...(past.at !== undefined && { last: past.at }),
  })
  const booted = before?.memory.boot !== undefined && before.memory.boot !== memory.boot
  const flannel = rememberFlannel(booted ? undefined : before?.memory.flannel, cells, { running: runs, now })
  const { journal, changed } = keepJournal(booted ? undefined : before, past.at, {
    sets,
    now,
    heard: past.heard,
    flushed: memory.flush !== undefined || before?.memory.flush !== undefined,
  })
  const kept = await keepSnapshot(host, past, {
    sets,
    now,
    changed,
    broken: memory.flush !== undefined || stale.length > 0,
    good: families.every((it) => input[it]?.verdict !== 'drop') && blocked.length + hostPorts.length === 0,
    by: changed ? journal.at(-1)?.by : undefined,
  })
  return {
    sets,
    ssh,
    input,
    memory: { ...memory, ...(flannel && { flannel }) },
    ...(networks && { networks }),
    ...(sandboxes && { sandboxes }),
    ...(hostPorts.length > 0 && { hostPorts }),
    ...(blocked.length > 0 && { blocked }),
    ...(journal.length > 0 && { journal }),
    ...(kept && { kept }),
    ...(conntrack && { conntrack }),
    ...(ufw && { ufw }),
    ...(should && { k3s: should }),
    ...(monitor && { monitor }),
    ...(blind.length > 0 && { unseen: blind }),
  }
}

const orderOf = (it: { family: Family; backend: string; table?: string }) =>
  `${it.family} ${it.backend} ${it.table ?? ''}`

/** Tables of nftables itself; without `nft`, or where it fails, what iptables shows has to do. */
async function readTables(
  host: Host,
  nft: string | undefined,
  read: readonly Read[],
  before: FirewallSample | undefined,
): Promise<Native> {
  if (!nft) return { sets: [], deciding: [], ports: [] }
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
      deciding: [],
      ports: [],
      unread: true,
    }
  )
}

interface HostPortFacts {
  readonly k3s: K3s | undefined
  readonly sandboxes: FirewallSample['sandboxes']
  readonly before: FirewallSample | undefined
  readonly read: readonly Read[]
  readonly native: Native
  readonly stale: readonly Family[]
}

async function hostPortsOf(
  host: Host,
  { k3s, sandboxes, before, read, native, stale }: HostPortFacts,
): Promise<NonNullable<FirewallSample['hostPorts']>> {
  if (!k3s || !sandboxes) return []
  const of = (family: Family) => read.filter((it) => it.set.family === family)
  const unread = (family: Family) =>
    native.unread || stale.includes(family) || of(family).some((it) => it.set.hidden?.includes('nat'))
  const forwards = new Set(read.flatMap((it) => it.forwards))
  // Without its iptables at all, a family has no firewall to speak of.
  for (const it of Object.values(sandboxes))
    for (const { forward } of it === 0 ? [] : it.ports)
      if (
        of(familyOfPort(forward)).length === 0 ||
        native.ports.some((port) => forward.startsWith(`${port} `))
      )
        forwards.add(forward)
  const missing = await missingHostPorts(host, sandboxes, forwards)
  return families.flatMap((family) =>
    // What cannot be read now is as it was.
    (unread(family) ? (before?.hostPorts ?? []) : missing).filter(
      (it) => familyOfPort(it.forward) === family,
    ),
  )
}

/** What other nodes need concerns nobody where there are none. */
async function forThisNode(
  host: Host,
  k3s: K3s | undefined,
  blocked: NonNullable<FirewallSample['blocked']>,
): Promise<NonNullable<FirewallSample['blocked']>> {
  const forNodes = (it: { need: string }) => it.need === 'overlay' || it.need === 'nodes-api'
  if (!k3s || !blocked.some(forNodes) || (await hasPeers(host, k3s))) return blocked
  return blocked.filter((it) => !forNodes(it))
}

async function firstThere(host: Host, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(host, path)) return path
  return undefined
}
