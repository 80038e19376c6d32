import type { Host, Observation } from '../../../agent/model/index.ts'
import { orNothing } from '../../node/ask.ts'
import { fairly } from '../../node/fairly.ts'
import {
  familyOfPort,
  type HostPort,
  listSandboxes,
  mostSandboxes,
  type Sandbox,
  type Sandboxes,
} from '../dump/sandboxes.ts'
import type { Code } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'

/**
 * Bounds the whole list. Every pod keeps at least one port in each family, so that its finding does not depend on other
 * pods' ports.
 */
const mostMissing = 2 * mostSandboxes

/**
 * Host ports of existing pods that no rule maps. The CNI result cache outlives a reboot, so for each pod with a missing
 * port its veth is looked for last; if the links cannot be read, the pod counts as existing.
 */
export async function missingHostPorts(
  host: Host,
  sandboxes: Sandboxes,
  forwards: ReadonlySet<string>,
): Promise<readonly HostPort[]> {
  const missing = Object.entries(sandboxes).flatMap(([key, it]) =>
    it === 0 || it.ports.every(({ forward }) => forwards.has(forward)) ? [] : [[key, it] as const],
  )
  if (missing.length === 0) return []
  const links = await orNothing(host.list('/sys/class/net'))
  // The rules of a pod that ended while they were read go before its cache entry, so the cache is listed again.
  const still = await listSandboxes(host)
  const there = (it: Sandbox) =>
    !links || it.veths.length === 0 || it.veths.some((veth) => links.some(({ name }) => name === veth))
  const ports = missing
    .filter(([key, it]) => still.has(key) && there(it))
    .flatMap(([, it]) => it.ports.filter(({ forward }) => !forwards.has(forward)))
  return fairly(
    ports,
    mostMissing,
    ({ pod, forward }) => `${pod} ${familyOfPort(forward)}`,
    () => 0,
  ).kept
}

const portOf = ({ forward }: HostPort) => {
  const [protocol, port] = forward.split(' ')
  const over = familyOfPort(forward) === 'ipv6' ? ' over IPv6' : ''
  return `${protocol === 'tcp' ? port : `${port}/${protocol}`}${over}`
}

/** None is opened while k3s is stopped, which is told by itself. One finding for each pod, since it is the pod that has to be recreated. */
export function hostPortsMissing({ hostPorts = [], k3s }: FirewallSample): Observation<Code>[] {
  if (!k3s) return []
  return [...Map.groupBy(hostPorts, (it) => it.pod)].map(([pod, ports]) => {
    const [namespace = '', name = ''] = pod.split('/')
    const list = ports.map(portOf)
    return {
      code: 'firewall.hostport-rules-missing',
      subject: pod,
      ...(!k3s.running && { starting: true as const }),
      pod: { namespace, name },
      text: `${list.length === 1 ? 'Host port' : 'Host ports'} ${list.join(', ')} of this node ${list.length === 1 ? 'belongs' : 'belong'} to pod ${pod}, but no rule forwards to ${ports[0]?.forward.split(' ').at(-1)}.`,
      fix: [
        `Recreate the pod, which maps its ports (on a server): \`kubectl -n ${namespace} delete pod ${name}\``,
        'Then test the port from another machine',
      ],
      evidence: {
        family: [...new Set(ports.map(({ forward }) => familyOfPort(forward)))].join(', '),
        table: 'nat',
        port: list.join(', '),
        pod,
      },
    }
  })
}
