import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openMachine } from '../../agent/host/machine.ts'
import { recordedNode } from '../../agent/host/replay.ts'
import { type Host, HostError, type Observation, type WakeEvent } from '../../agent/model/index.ts'
import { cni } from '../../collectors/cni/index.ts'
import { resultsFolder } from '../../collectors/cni/pods.ts'
import { networksFolder } from '../../collectors/cni/pool.ts'
import type { CniSample } from '../../collectors/cni/sample.ts'
import { openInside } from './inside.ts'

export const plugins = '/usr/lib/cni'

/** Why this machine cannot make such nodes, if it cannot. */
export const lacking =
  process.getuid?.() !== 0
    ? 'making network namespaces needs root'
    : !existsSync(`${plugins}/bridge`)
      ? 'needs the bridge plugin: apt-get install containernetworking-plugins'
      : spawnSync('ethtool', ['--version']).error
        ? 'needs ethtool: apt-get install ethtool'
        : undefined

export const sh = (command: string, env: Record<string, string> = {}, input = '') =>
  execFileSync('/bin/sh', ['-c', command], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
const tried = (command: string) => {
  try {
    return sh(command)
  } catch (error) {
    return (error as SpawnSyncReturns<string>).stdout ?? ''
  }
}

const recordings = join(import.meta.dirname, '../nodes')
const vtep = (index: number) => `0a:58:0a:2a:0${index}:00`
export const dnsAddress = '10.43.0.10'

export type RealNode = ReturnType<typeof realNode>

/**
 * A node in a network namespace: VXLAN, bridge, veths, addresses, sysctls, counters and DNS are real, the
 * pods are made and unmade by Debian's CNI plugins (loopback, bridge with host-local, portmap), with the
 * configuration that flannel handed them on the recorded node. Only k3s's files are recorded ones. `index` is
 * the node's number in the pod network: 10.42.INDEX.0/24, 192.0.2.1INDEX. `probing`: it asks other nodes; else nothing is
 * known of whether they answer.
 */
export function realNode(index = 0, { probing = false } = {}) {
  const namespace = `murphy-${process.pid}-${index}`
  const inside = ['nsenter', `--net=/run/netns/${namespace}`]
  const ip = (command: string) => sh(`${inside.join(' ')} ip ${command}`)
  const address = `192.0.2.1${index}`
  const folder = mkdtempSync(join(tmpdir(), 'murphy-cni-'))
  const node = join(folder, 'node')
  cpSync(join(recordings, 'two-nodes-healthy-node1'), node, { recursive: true, verbatimSymlinks: true })
  rmSync(join(node, 'files/var/lib/cni/results'), { recursive: true })
  const file = (path: string) => join(node, 'files', path)
  const write = (path: string, text: string) => {
    mkdirSync(dirname(file(path)), { recursive: true })
    writeFileSync(file(path), text)
  }
  mkdirSync(file(resultsFolder), { recursive: true })
  write(
    '/run/flannel/subnet.env',
    `FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.${index}.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n`,
  )
  const reservations = join(folder, 'networks')

  sh(`ip netns add ${namespace}`)
  ip('link set lo up')
  for (const name of ['ipv4.ip_forward', 'bridge.bridge-nf-call-iptables'])
    sh(`${inside.join(' ')} sysctl -qw net.${name}=1`)

  const vxlan = () => {
    ip(
      `link add flannel.1 address ${vtep(index)} mtu 1450 type vxlan id 1 local ${address} dev eth0 dstport 8472 nolearning`,
    )
    ip(`addr add 10.42.${index}.0/32 dev flannel.1`)
    ip('link set flannel.1 up')
  }
  /** What flannel makes for another node. */
  const join_ = (other: number) => {
    ip(`neigh replace 10.42.${other}.0 dev flannel.1 lladdr ${vtep(other)} nud permanent`)
    sh(
      `${inside.join(' ')} bridge fdb replace ${vtep(other)} dev flannel.1 dst 192.0.2.1${other} self permanent`,
    )
    ip(`route replace 10.42.${other}.0/24 via 10.42.${other}.0 dev flannel.1 onlink`)
  }

  const recorded = recordedNode(node)
  const asking = openInside(inside)
  const round = new AbortController()
  const machine = openMachine()
  const real = machine.during(round.signal)
  const offset = recorded.now() + 600_000 - Date.now()
  let ahead = 0
  const kernels = (path: string) => /^\/(proc\/net|proc\/sys\/net|sys\/class\/net)\//.test(path)
  const host: Host = {
    ...recorded,
    ...(probing && { probe: asking.probe, handshake: asking.handshake }),
    now: () => Date.now() + offset + ahead,
    run: (argv, options) => real.run([...inside, ...argv], options),
    list: (path) => {
      if (path === '/run/netns') return real.list(path)
      if (path === `${networksFolder}/cbr0`) return real.list(`${reservations}/cbr0`)
      return recorded.list(path)
    },
    stat: async (path) => {
      if (!path.startsWith(networksFolder)) return recorded.stat(path)
      const it = await real.stat(path.replace(networksFolder, reservations))
      return { ...it, mtime: it.mtime + offset }
    },
    text: async (path, options) => {
      if (path.startsWith(networksFolder))
        return real.text(path.replace(networksFolder, reservations), options)
      if (!kernels(path)) return recorded.text(path, options)
      // `ip netns exec` mounts a /sys of its own.
      const { stdout, exit } = await real.run(['ip', 'netns', 'exec', namespace, 'cat', path])
      if (exit !== 0) throw new HostError('missing', path)
      return stdout
    },
    resolve: async (question) => {
      const script = join(import.meta.dirname, 'ask-dns.ts')
      const { stdout } = await real.run([...inside, process.execPath, script, JSON.stringify(question)])
      const answer = JSON.parse(stdout)
      if (answer.code) throw new HostError(answer.code, answer.message)
      return answer
    },
  }

  const [recordedConf = ''] = readdirSync(file('/var/lib/cni/flannel'))
  const delegate = JSON.parse(readFileSync(file(`/var/lib/cni/flannel/${recordedConf}`), 'utf8'))
  delegate.ipam.dataDir = reservations
  delegate.ipam.ranges = [[{ subnet: `10.42.${index}.0/24` }]]
  const id = (pod: string) => Buffer.from(pod).toString('hex').padEnd(64, '0')
  const home = (pod: string) => `${namespace}-${pod}`
  const plugin = (name: string, command: 'ADD' | 'DEL', pod: string, conf: object, iface = 'eth0') =>
    sh(
      `${inside.join(' ')} ${plugins}/${name}`,
      {
        CNI_COMMAND: command,
        CNI_CONTAINERID: id(pod),
        CNI_NETNS: `/run/netns/${home(pod)}`,
        CNI_IFNAME: iface,
        CNI_PATH: plugins,
      },
      JSON.stringify(conf),
    )
  const cached = (pod: string) => `${resultsFolder}/cbr0-${id(pod)}-eth0`
  const portmap = (more: object) => ({
    cniVersion: '0.3.1',
    name: 'cbr0',
    type: 'portmap',
    capabilities: { portMappings: true },
    ...more,
  })
  const pods = new Map<string, { ip: string; veth: string; ports: readonly object[] }>()
  const daemons: ReturnType<typeof spawn>[] = []
  let past: { sample?: CniSample; at?: number } = {}
  const heard: WakeEvent[] = []

  return {
    namespace,
    inside,
    /** The recorded part. */
    folder: node,
    ip,
    host,
    asking,
    machine,
    vxlan,
    join: join_,
    address,
    pods,
    file,
    write,
    remove: (path: string) => rmSync(file(path), { recursive: true }),
    heard,
    /** What containerd does: a namespace, the plugins, their answer into the cache. */
    add(pod: string, hostPort?: number) {
      sh(`ip netns add ${home(pod)}`)
      plugin('loopback', 'ADD', pod, { cniVersion: '0.3.1', name: 'cni-loopback', type: 'loopback' }, 'lo')
      const result = JSON.parse(plugin('bridge', 'ADD', pod, delegate))
      const ports = hostPort ? [{ hostPort, containerPort: 80, protocol: 'tcp' }] : []
      plugin('portmap', 'ADD', pod, portmap({ prevResult: result, runtimeConfig: { portMappings: ports } }))
      const [, veth] = result.interfaces as { name: string }[]
      pods.set(pod, { ip: result.ips[0].address.split('/')[0], veth: veth?.name ?? '', ports })
      const cniArgs = [
        ['K8S_POD_NAME', pod],
        ['K8S_POD_NAMESPACE', 'default'],
      ]
      write(cached(pod), JSON.stringify({ kind: 'cniCacheV1', containerId: id(pod), cniArgs, result }))
    },
    del(pod: string) {
      const ports = pods.get(pod)?.ports ?? []
      plugin('portmap', 'DEL', pod, portmap({ runtimeConfig: { portMappings: ports } }))
      plugin('bridge', 'DEL', pod, delegate)
      rmSync(file(cached(pod)))
      sh(`ip netns del ${home(pod)}`)
      pods.delete(pod)
    },
    /** A pod whose plugins were killed before DEL: its namespace goes, its address stays. */
    kill(pod: string) {
      rmSync(file(cached(pod)))
      sh(`ip netns del ${home(pod)}`)
      pods.delete(pod)
    },
    /** Whether a packet from a pod comes back. */
    reaches: (pod: string, to: string, size = 56) =>
      / 1 received/.test(tried(`nsenter --net=/run/netns/${home(pod)} ping -c1 -W1 -M do -s ${size} ${to}`)),
    ahead(ms: number) {
      ahead += ms
    },
    nameserver: async () => {
      const script = join(import.meta.dirname, '../agent/host/nameserver.ts')
      tried(`${inside.join(' ')} ip addr add ${dnsAddress}/32 dev lo`)
      const server = spawn(
        inside[0] ?? '',
        [...inside.slice(1), process.execPath, script, dnsAddress, '53'],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      daemons.push(server)
      await new Promise((resolve) => server.stdout.once('data', resolve))
      return async () => {
        const ended = new Promise((resolve) => server.once('close', resolve))
        server.kill()
        await ended
      }
    },
    /** One round as the daemon makes it: with the sample of the last, which is an hour old, and what was heard since. */
    async look() {
      const before = { ...past, heard: heard.splice(0) }
      const sample = await cni.collect(host, {}, before)
      const now = host.now()
      past = { sample, at: now - 3600_000 }
      const found = cni.assess(sample, before, {}, now).filter((one) => !one.starting)
      return { sample, found, summary: cni.summary(sample, {}, now) }
    },
    /** Do what a finding says, where it is a command that can be run here. */
    follow(it: Observation | undefined) {
      for (const step of it?.fix ?? [])
        for (const [, command = ''] of step.matchAll(
          /`((?:ip|bridge|sysctl|ethtool) [^`]*|cd [^`]* rm [^`]*)`/g,
        ))
          sh(`${inside.join(' ')} sh -c '${command.replace(networksFolder, reservations)}'`)
    },
    close() {
      round.abort()
      machine.close()
      asking.close()
      for (const it of daemons) it.kill()
      for (const it of pods.keys()) tried(`ip netns del ${home(it)}`)
      tried(`ip netns del ${namespace}`)
      rmSync(folder, { recursive: true })
    },
  }
}

/** A cable from one node's uplink to the other's, or to nowhere. */
export function cable(a: RealNode, b?: RealNode) {
  const end = b ? `peer name eth0 netns ${b.namespace}` : 'peer name outside'
  a.ip(`link add eth0 type veth ${end}`)
  if (!b) a.ip('link set outside up')
  for (const it of b ? [a, b] : [a]) {
    it.ip(`addr add ${it.address}/24 dev eth0`)
    it.ip('link set eth0 up')
    it.ip('route add default via 192.0.2.1')
    it.vxlan()
  }
}
