import { isIP } from 'node:net'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { orMissing } from '../../node/ask.ts'
import type { Family } from '../cells.ts'

/** Where libcni keeps the answer to each ADD until the DEL (containernetworking/cni libcni `CNICacheDir`). */
export const resultsFolder = '/var/lib/cni/results'

/** A port of the node that is mapped to a pod. */
export interface HostPort {
  readonly pod: string
  /** The mapping as a rule must contain it: `tcp 80 10.42.0.36:80`, `tcp 80 [fd42::24]:80`. */
  readonly forward: string
}

export const familyOfPort = (forward: string): Family => (forward.includes('[') ? 'ipv6' : 'ipv4')

/** One answer in the cache: the pod's host ports, and its veths on the node. */
export interface Sandbox {
  readonly veths: readonly string[]
  readonly ports: readonly HostPort[]
}

/** By the first 13 characters of the sandbox's id; 0 for a pod without host ports, as most are. */
export type Sandboxes = Readonly<Record<string, Sandbox | 0>>

const resultName = /^(?!cni-loopback-).{1,100}-([0-9a-f]{64})-eth0$/
/**
 * How many answers are read. The kubelet's default is 110 pods a node; more answers come from pods that went without a
 * DEL.
 */
export const mostSandboxes = 1024
/** Ports of one pod. */
const mostPorts = 64
/** The file names of the answers, by the first 13 characters of the sandbox's id. */
export async function listSandboxes(host: Host): Promise<ReadonlyMap<string, string>> {
  const entries = (await orMissing(host.list(resultsFolder))) ?? []
  return new Map(
    entries.flatMap(({ name }) => {
      const id = resultName.exec(name)?.[1]
      return id === undefined ? [] : [[id.slice(0, 13), name] as const]
    }),
  )
}

/**
 * Reads the answers. Each is written only once, so one in `known` is not read again. Rejects with `too-large` if there
 * are more than `mostSandboxes`.
 */
export async function readSandboxes(host: Host, known: Sandboxes = {}): Promise<Sandboxes> {
  const names = await listSandboxes(host)
  if (names.size > mostSandboxes)
    throw new HostError(
      'too-large',
      `reading ${resultsFolder}: there are ${names.size} answers, and ${mostSandboxes} are read; those of pods that are gone may be deleted`,
    )
  const found: Record<string, Sandbox | 0> = {}
  for (const [key, name] of names) {
    const before = known[key]
    if (before !== undefined) {
      found[key] = before
      continue
    }
    const text = await orMissing(host.text(`${resultsFolder}/${name}`, { limit: 256 * 1024 }))
    if (text !== undefined) found[key] = parseSandbox(text) ?? 0
  }
  return found
}

/** Parses one answer. Undefined where it has no host port that portmap would map. */
export function parseSandbox(text: string): Sandbox | undefined {
  try {
    const { cniArgs, capabilityArgs, result, config } = JSON.parse(text)
    // Other CNIs map ports in their own way, which their answers do not describe.
    if (!Buffer.from(String(config), 'base64').toString().includes('"portmap"')) return undefined
    const args = new Map<unknown, unknown>(cniArgs.filter(Array.isArray))
    const namespace = args.get('K8S_POD_NAMESPACE')
    const name = args.get('K8S_POD_NAME')
    const addresses: string[] = result.ips.map((it: { address: unknown }) =>
      String(it.address).replace(/\/\d+$/, ''),
    )
    if (!isKubernetesName(namespace) || !isKubernetesName(name)) return undefined
    const ports: HostPort[] = capabilityArgs.portMappings
      .slice(0, mostPorts)
      .flatMap((it: Record<string, unknown>) => {
        const [from, to, protocol] = [
          Number(it.HostPort ?? it.hostPort),
          Number(it.ContainerPort ?? it.containerPort),
          String(it.Protocol ?? it.protocol).toLowerCase(),
        ]
        if (!isPort(from) || !isPort(to) || !/^(tcp|udp|sctp)$/.test(protocol)) return []
        // A port bound to one address of the node is mapped in that address's family only, any other in each family the
        // pod has.
        const only = isIP(String(it.HostIP ?? it.hostIP ?? ''))
        return ([4, 6] as const).flatMap((version) => {
          const ip = addresses.find((one) => isIP(one) === version)
          if (!ip || (only && only !== version)) return []
          const target = version === 6 ? `[${ip}]` : ip
          return [{ pod: `${namespace}/${name}`, forward: `${protocol} ${from} ${target}:${to}` }]
        })
      })
    const veths: string[] = result.interfaces
      .filter((it: { sandbox?: unknown }) => !it.sandbox)
      .map((it: { name: unknown }) => String(it.name).slice(0, 15))
      .filter((it: string) => it.startsWith('veth'))
    return ports.length > 0 ? { veths, ports } : undefined
  } catch {
    return undefined
  }
}

const isPort = (it: number) => Number.isInteger(it) && it > 0 && it < 65_536
/** DNS-1123, so that a name is safe in a command that a person pastes. */
const isKubernetesName = (it: unknown): it is string =>
  typeof it === 'string' && it.length <= 253 && /^[a-z0-9][a-z0-9.-]*$/.test(it)
