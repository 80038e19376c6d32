import { isIP } from 'node:net'
import { type Host, HostError, type Observation } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { orNothing } from '../node/ask.ts'
import type { Code } from './rules.ts'
import type { CniSample, Dns } from './sample.ts'

/** The service network of k3s and RKE2 unless it is set (docs: cli/server, `--service-cidr`). */
const usualServices = '10.43.0.0/16'

/** How long k3s may take to bring its DNS up the first time: an image has to be fetched. */
const starting = 5 * minute

type Flags = Readonly<Record<string, string | undefined>>
type Node = NonNullable<CniSample['k3s']>

/** The names in `--disable`, which may be given several times and hold several names. */
const disabled = ({ disable = '' }: Flags): readonly string[] =>
  disable.split(',').map((it) => it.trim().replace(/^rke2-/, ''))

/**
 * The address of the cluster's DNS as this node knows it. Undefined where the cluster has none or nothing here names
 * it.
 */
export async function clusterDns(host: Host, k3s: Node, flags: Flags): Promise<string | undefined> {
  const [given] = (flags['cluster-dns'] ?? '').split(',').map((it) => it.trim())
  if (given && isIP(given)) return given
  if (disabled(flags).includes('coredns')) return undefined
  if (k3s.role === 'server') return tenth(flags['service-cidr']?.split(',')[0]?.trim() ?? usualServices)
  return (await fromKubelet(host, k3s)) ?? fromSandboxes(host, k3s)
}

/**
 * The tenth address of the service network, which k3s gives its DNS service (k3s, pkg/cli/server/server.go; the
 * convention of kube-dns).
 */
export function tenth(network: string): string | undefined {
  const [address = ''] = network.split('/')
  if (isIP(address) === 4) {
    const parts = address.split('.').map(Number)
    return [...parts.slice(0, 3), (parts[3] ?? 0) + 10].join('.')
  }
  return isIP(address) === 6 && address.endsWith('::') ? `${address}a` : undefined
}

/** k3s 1.32 and later write the kubelet's settings to a folder. */
async function fromKubelet(host: Host, { dataDir }: Node): Promise<string | undefined> {
  const folder = `${dataDir}/agent/etc/kubelet.conf.d`
  for (const { name } of ((await orNothing(host.list(folder))) ?? []).slice(0, 8)) {
    const text = (await orNothing(host.text(`${folder}/${name}`, { limit: 64 * 1024 }))) ?? ''
    const [, address] = /^clusterDNS:[ \t]*\n[ \t]*-[ \t]*"?([0-9a-f.:]{2,45})"?[ \t]*$/m.exec(text) ?? []
    if (address && isIP(address)) return address
  }
  return undefined
}

/** How many sandboxes are read: a node has some hundred at most, and those of normal pods say the same. */
const mostSandboxes = 256

/**
 * The DNS address that the kubelet gave to pods: containerd keeps a resolv.conf for each sandbox. A pod may set its own
 * (`dnsConfig`), so the address that most of them have counts.
 */
async function fromSandboxes(host: Host, { dataDir }: Node): Promise<string | undefined> {
  const folder = `${dataDir}/agent/containerd/io.containerd.grpc.v1.cri/sandboxes`
  const said = new Map<string, number>()
  for (const { name } of ((await orNothing(host.list(folder))) ?? []).slice(0, mostSandboxes)) {
    const text = (await orNothing(host.text(`${folder}/${name}/resolv.conf`, { limit: 16 * 1024 }))) ?? ''
    // Pods with `dnsPolicy: Default` have the node's own servers.
    if (!/^search\s.{0,500}\bsvc\./m.test(text)) continue
    const [, address] = /^nameserver[ \t]+([0-9a-f.:]{2,45})[ \t]*$/m.exec(text) ?? []
    if (address && isIP(address)) said.set(address, (said.get(address) ?? 0) + 1)
  }
  return [...said].sort((a, b) => b[1] - a[1])[0]?.[0]
}

/** Of a host error that is no refusal by the server itself. */
const noWay = /\b(?:EHOSTUNREACH|ENETUNREACH)\b/

/** Asks the cluster's DNS for a name that every cluster has. Undefined where there is none to ask. */
export async function askDns(
  host: Host,
  k3s: Node,
  flags: Flags,
  before: Dns | undefined,
): Promise<Dns | undefined> {
  // What the sandboxes say does not change while the cluster lives, so an agent reads them once; a server reads its
  // flags.
  const server = (k3s.role === 'agent' ? before?.server : undefined) ?? (await clusterDns(host, k3s, flags))
  if (server === undefined) return undefined
  const name = `kubernetes.default.svc.${flags['cluster-domain'] ?? 'cluster.local'}`
  const last = before?.server === server ? before : undefined
  const ever = last?.due
  const seen = last?.seen === undefined ? {} : { seen: last.seen }
  const due = ever || k3s.role === 'server'
  try {
    const { rcode } = await host.resolve({ server, name, timeout: 1_000, tries: 2 })
    return rcode === 'SERVFAIL'
      ? { server, name, rcode, ...seen, due }
      : { server, name, rcode, seen: host.now(), due: true }
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'unrecorded') throw error
    return { server, name, error: noWay.test(error.message) ? 'unreachable' : error.code, ...seen, due }
  }
}

/** Longer than a DNS server of the cluster takes to answer, and too short for anything else to wait, ms. */
const atOnce = 250

/** Whether a DNS that was dead answers again, asked in a round in which nothing may wait for it: else the last answer. */
export async function askWhetherBack(host: Host, before: Dns): Promise<Dns> {
  const { server, name, rcode: last } = before
  if (last !== undefined && last !== 'SERVFAIL') return before
  const answer = await orNothing(host.resolve({ server, name, timeout: atOnce, tries: 1 }))
  if (!answer || answer.rcode === 'SERVFAIL') return before
  return { server, name, rcode: answer.rcode, seen: host.now(), due: true }
}

/**
 * A DNS server that does not answer, or cannot resolve the API's name. An agent does not know whether its cluster has a
 * DNS server, so there it counts only if it has answered before.
 */
export function dns({ dns: it, k3s }: CniSample, now: number): readonly Observation<Code>[] {
  if (!it?.due || !k3s) return []
  if (it.rcode !== undefined && it.rcode !== 'SERVFAIL') return []
  const how =
    it.rcode === 'SERVFAIL'
      ? 'answers SERVFAIL'
      : it.error === 'timeout'
        ? 'does not answer: two questions, 2 s'
        : it.error === 'refused'
          ? 'does not answer: nothing listens there'
          : it.error === 'unreachable'
            ? 'does not answer: no route to it'
            : 'cannot be reached'
  const where = k3s.role === 'server' ? '' : ' (on a server)'
  return [
    {
      code: 'cni.dns-dead',
      subject: it.server,
      ...(it.seen !== undefined && { wellAt: it.seen }),
      ...((!k3s.running || now - k3s.running.since < starting) && { starting: true as const }),
      text: `The cluster DNS ${it.server} ${how} (asked from this node for ${it.name}).`,
      fix: [
        `See whether CoreDNS runs, and where${where}: \`kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide\``,
        `See whether its service has an endpoint${where}: \`kubectl -n kube-system get endpoints kube-dns\``,
        `If it runs on this node, read its log${where}: \`kubectl -n kube-system logs -l k8s-app=kube-dns --tail 50\``,
        'If it runs on another node, check the path to that node: `agent network`',
      ],
      evidence: { server: it.server, answer: it.rcode ?? it.error ?? '' },
    },
  ]
}
