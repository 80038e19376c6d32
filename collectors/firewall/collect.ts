import { type Host, type Past, type Unseen, unseen } from '../../agent/model.ts'
import { exists } from '../node/ask.ts'
import { findK3s } from '../node/k3s.ts'
import { remember } from './flush.ts'
import { clusterNetworks, expected, settled } from './kube.ts'
import type { Probe } from './match.ts'
import { network } from './networks.ts'
import { type Read, readFamily } from './read.ts'
import type { Code } from './rules.ts'
import { cellsOf, type Family, type FirewallSample, families, type RuleSet } from './sample.ts'
import { sshPorts } from './ssh.ts'
import { readUfw } from './ufw.ts'
import { passBoth, type Verdict, walk } from './walk.ts'

/** Where `nft` is; asked of the file system, because starting it only to see whether it is there costs more. */
const nftPlaces = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft', '/usr/local/sbin/nft']

/** Nobody outside sends from or to these: loopback, multicast. */
const neverOutside = ['127.0.0.0/8', '224.0.0.0/4', '::1/128', 'ff00::/8']

/** What a missing family keeps from being judged. A lost look at IPv6 keeps nothing: IPv4 speaks for itself. */
const codesOf: Readonly<Record<Family, readonly Code[]>> = {
  ipv4: ['firewall.flushed', 'firewall.kube-chains-missing', 'firewall.lockout'],
  ipv6: [],
}

/** Asks; judges nothing but what becomes of a packet. Two processes, four with legacy tables, and some small files. */
export async function collect(host: Host, past: Past<FirewallSample>): Promise<FirewallSample> {
  const before = past.sample
  const now = host.now()
  const blind: Unseen[] = []
  const k3s = await findK3s(host, before?.k3s)
  const networks = k3s && clusterNetworks(k3s, await host.text('/run/flannel/subnet.env').catch(() => ''))
  const podNetworks = networks?.pods ?? []
  const inside = [...podNetworks, ...(networks?.services ?? []), ...neverOutside]
    .map(network)
    .filter((it) => it !== undefined)
  const [ssh, ufw, boot, monitor] = await Promise.all([
    sshPorts(host),
    readUfw(host).catch((error: unknown) => {
      blind.push(unseen("ufw's settings", error, []))
      return before?.ufw
    }),
    host.text('/proc/sys/kernel/random/boot_id').catch(() => ''),
    firstThere(host, [...nftPlaces, ...(k3s ? [`${k3s.dataDir}/data/current/bin/aux/nft`] : [])]),
  ])
  const probesFor = (family: Family): Probe[] =>
    ssh.ports[family].map((port) => ({ protocol: 'tcp', port, inside }))

  const sets: RuleSet[] = []
  const input: Partial<Record<Family, Verdict>> = {}
  await Promise.all(
    families.map(async (family) => {
      const probes = probesFor(family)
      try {
        const read = await readFamily(host, {
          family,
          podNetworks,
          probes,
          past: before?.sets ?? [],
          ...(k3s && { bundled: `${k3s.dataDir}/data/current/bin/aux` }),
        })
        sets.push(...read.map((it) => it.set))
        const verdict = verdictOf(read, probes)
        if (verdict) input[family] = verdict
      } catch (error) {
        blind.push(unseen(family === 'ipv4' ? 'IPv4 rules' : 'IPv6 rules', error, codesOf[family]))
        for (const it of before?.sets ?? []) if (it.family === family) sets.push({ ...it, stale: true })
        const verdict = before?.input[family]
        if (verdict) input[family] = verdict
      }
    }),
  )
  sets.sort((a, b) => (`${a.family} ${a.backend}` < `${b.family} ${b.backend}` ? 1 : -1))

  const should = k3s && expected(k3s, podNetworks)
  const memory = remember(before?.memory, {
    cells: cellsOf(sets),
    now,
    k3s: settled(should, now),
    heard: past.heard,
    ...(boot.trim() && { boot: boot.trim() }),
    ...(ufw && { ufw: ufw.enabled ? 'on' : 'off' }),
    ...(past.at !== undefined && { last: past.at }),
  })
  return {
    sets,
    ssh,
    input,
    memory,
    ...(ufw && { ufw }),
    ...(should && { k3s: should }),
    ...(monitor && { monitor }),
    ...(blind.length > 0 && { unseen: blind }),
  }
}

/** What becomes of SSH in one family: the best that any of its ports meets, since one open port is a way in. */
function verdictOf(read: readonly Read[], probes: readonly Probe[]): Verdict | undefined {
  const verdicts = probes
    .map((probe) =>
      passBoth(
        read.map(({ set, tables }) => ({
          ...(set.hidden?.includes('filter')
            ? { verdict: 'maybe', port: probe.port, by: 'a table that only `nft` can show' }
            : walk(tables, probe)),
          backend: set.backend,
        })),
      ),
    )
    .filter((it) => it !== undefined)
  for (const kind of ['accept', 'maybe', 'drop'] as const) {
    const found = verdicts.find((it) => it.verdict === kind)
    if (found) return found
  }
  return undefined
}

async function firstThere(host: Host, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(host, path)) return path
  return undefined
}
