import type { Observation } from '../../agent/model/index.ts'
import { linkOf } from './expected.ts'
import type { Code } from './rules.ts'
import type { CniSample, Link, PodLink } from './sample.ts'
import { podsHit, remake } from './text.ts'

/** Who uses the bridge: pods, and the number of veths on it, pods with unknown names included. */
export function hanging(sample: CniSample, name: string): { pods: readonly PodLink[]; veths: number } {
  const { ports = {}, loose = [] } = sample.interfaces ?? {}
  const pods = Object.values(sample.pods ?? {}).filter((it) => it.bridge === name)
  return { pods, veths: (ports[name] ?? 0) + loose.length }
}

/** Whether pods are off the bridge, or the bridge away from pods: then it is over when the last of these pods is gone. */
export function areCutOff(sample: CniSample, name: string): boolean {
  const { pods, veths } = hanging(sample, name)
  if (!sample.interfaces || pods.length + veths === 0) return false
  const off = new Set([...sample.interfaces.loose, ...(sample.gone ?? [])])
  return !linkOf(sample, name) || pods.some((it) => off.has(it.veth))
}

/** What is wrong with the bridge. A node without pods needs none. */
export function bridge(sample: CniSample, name: string, before?: CniSample): readonly Observation<Code>[] {
  const { pods, veths } = hanging(sample, name)
  if (pods.length === 0 && veths === 0) return []
  const link = linkOf(sample, name)
  const evidence = { link: name, pods: pods.length, veths }
  const hit = `and with it the network of ${podsHit(pods, veths, sample.logged)}`
  if (!link)
    return [
      {
        code: 'cni.bridge-missing',
        subject: name,
        text: `The bridge ${name} is gone, ${hit}.`,
        fix: remake(sample, pods, `. The first new pod brings ${name} back; a restart of k3s alone does not`),
        evidence,
      },
    ]
  return [...down(link, hit, evidence), ...addresses(sample, link, pods), ...orphans(sample, name, before)]
}

function down(
  { name, up }: Link,
  hit: string,
  evidence: Record<string, string | number>,
): readonly Observation<Code>[] {
  if (up) return []
  return [
    {
      code: 'cni.bridge-down',
      subject: name,
      text: `The bridge ${name} is set down, ${hit}.`,
      fix: [`\`ip link set ${name} up\`: its route comes back with it`],
      evidence,
    },
  ]
}

function addresses(
  sample: CniSample,
  { name, addresses: has, up }: Link,
  pods: readonly PodLink[],
): readonly Observation<Code>[] {
  // The kernel takes IPv6 addresses off an interface that is set down.
  const expected = (sample.subnet?.addresses ?? []).filter((it) => up || !it.includes(':'))
  const lacking = expected.filter((it) => !has.includes(it))
  if (lacking.length === 0) return []
  const instead = has.length > 0 ? `it has ${has.join(', ')}` : 'it has none'
  const add = (it: string) => `\`ip addr add ${it} ${it.includes(':') ? '' : 'brd + '}dev ${name}\``
  return [
    {
      code: 'cni.bridge-address',
      subject: name,
      text: `The bridge ${name} lacks ${lacking.join(' and ')}, the gateway of ${podsHit(pods, 0)}; ${instead}.`,
      fix: [
        `\`ip addr show dev ${name}\`: what it has`,
        ...lacking.map((it) => `${add(it)}: its route comes back with it`),
      ],
      evidence: { link: name, lacking: lacking.join(' '), has: has.join(' '), pods: pods.length },
    },
  ]
}

/**
 * Pods whose veth is not on the bridge. Only pods in the result cache count: an answer is cached once its veth has been
 * attached. A veth that does not exist is reported only if the previous sample lacked it too.
 */
function orphans(
  sample: CniSample,
  name: string,
  before: CniSample | undefined,
): readonly Observation<Code>[] {
  const loose = new Set(sample.interfaces?.loose)
  const gone = new Set(sample.gone?.filter((it) => !before || before.gone?.includes(it)))
  const hit = Object.values(sample.pods ?? {}).filter((it) => it.bridge === name)
  const off = hit.filter((it) => loose.has(it.veth))
  const none = hit.filter((it) => gone.has(it.veth))
  const pods = [...off, ...none]
  if (pods.length === 0) return []
  const text =
    off.length === 0
      ? `The veth of ${podsHit(none, 0)} does not exist any more.`
      : `The bridge ${name} is there, but not connected to ${podsHit(off, 0)}${none.length > 0 ? `; the veth of ${podsHit(none, 0)} does not exist any more` : ''}.`
  return [
    {
      code: 'cni.veth-orphaned',
      subject: name,
      text,
      fix: remake(sample, pods, ''),
      evidence: { link: name, pods: pods.length },
    },
  ]
}
