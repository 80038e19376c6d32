import { isIP } from 'node:net'
import { type Host, HostError } from '../../agent/model/index.ts'
import { orMissing } from '../node/ask.ts'
import type { PodLink } from './sample.ts'

/** Where libcni keeps the answer to each ADD until the DEL (containerd/libcni `CNICacheDir`). */
export const resultsFolder = '/var/lib/cni/results'

/** `NETWORK-SANDBOX-IFNAME`; the answers for the loopback are in the same folder. */
const resultName = /^(?!cni-loopback-).{1,100}-([0-9a-f]{64})-eth0$/

/**
 * The kubelet's default is 110 pods a node, and a /24 holds 254 addresses; more answers come from pods that went
 * without a DEL.
 */
const mostPods = 1024

/**
 * The pods that have a sandbox now. An answer in the cache is written once, so one that is in `known` is not read
 * again. The cache outlives a reboot; `alive` tells whether the veth or the network namespace of an answer still
 * exists. Rejects with `too-large` if there are more answers than are read, because a pod that was left out would count
 * as gone.
 */
export async function readPods(
  host: Host,
  known: Readonly<Record<string, PodLink>>,
  alive: (veth: string, sandbox?: string) => boolean,
): Promise<Record<string, PodLink>> {
  const pods: Record<string, PodLink> = {}
  const entries = (await orMissing(host.list(resultsFolder))) ?? []
  const results = entries.filter((it) => resultName.test(it.name))
  if (results.length > mostPods)
    throw new HostError(
      'too-large',
      `reading ${resultsFolder}: there are ${results.length} answers, and ${mostPods} are read; those of pods that are gone may be deleted`,
    )
  for (const { name } of results) {
    const key = (resultName.exec(name)?.[1] ?? '').slice(0, 13)
    const before = known[key]
    if (before && alive(before.veth)) {
      pods[key] = before
      continue
    }
    // A file deleted between the listing and the reading belongs to a pod that has gone.
    const text = await orMissing(host.text(`${resultsFolder}/${name}`, { limit: 256 * 1024 }))
    const result = text === undefined ? undefined : parseResult(text)
    if (result && alive(result.pod.veth, result.sandbox)) pods[key] = result.pod
  }
  return pods
}

interface CacheEntry {
  readonly cniArgs?: unknown
  readonly result?: { readonly interfaces?: unknown; readonly ips?: unknown }
}

/**
 * Parses an answer of the bridge plugin, which lists bridge, veth and the pod's end, in this order. Undefined for any
 * other.
 */
export function parseResult(text: string): { pod: PodLink; sandbox: string } | undefined {
  let entry: CacheEntry
  try {
    entry = JSON.parse(text) ?? {}
  } catch {
    return undefined
  }
  const { interfaces, ips } = entry.result ?? {}
  if (!Array.isArray(interfaces) || !Array.isArray(entry.cniArgs)) return undefined
  const [bridge, veth] = interfaces.filter((it) => it && !it.sandbox).map((it) => String(it.name))
  const inside = interfaces.find((it) => it?.sandbox)
  const args = new Map(entry.cniArgs.filter(Array.isArray).map(([key, value]) => [key, value]))
  const namespace = args.get('K8S_POD_NAMESPACE')
  const name = args.get('K8S_POD_NAME')
  if (!bridge || !veth || !inside || !isKubernetesName(namespace) || !isKubernetesName(name)) return undefined
  const [ip = ''] = Array.isArray(ips) ? ips.map((it) => String(it?.address).replace(/\/\d+$/, '')) : []
  return {
    pod: { namespace, name, ip: isIP(ip) ? ip : '', bridge: bridge.slice(0, 15), veth: veth.slice(0, 15) },
    sandbox: String(inside.sandbox),
  }
}

/** DNS-1123, so that a name is safe in a command that a person pastes. */
const isKubernetesName = (it: unknown): it is string =>
  typeof it === 'string' && it.length <= 253 && /^[a-z0-9][a-z0-9.-]*$/.test(it)
