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

const isOne = (pods: readonly PodLink[], veths: number) => Math.max(pods.length, veths) === 1

/** What is wrong with the bridge. A node without pods needs none. */
export function bridge(sample: CniSample, name: string, before?: CniSample): readonly Observation<Code>[] {
  const { pods, veths } = hanging(sample, name)
  if (pods.length === 0 && veths === 0) return []
  const link = linkOf(sample, name)
  const evidence = { link: name, pods: pods.length, veths }
  const hit = `${podsHit(pods, veths, sample.logged)} ${isOne(pods, veths) ? 'has' : 'have'} no network`
  if (!link)
    return [
      {
        code: 'cni.bridge-missing',
        subject: name,
        text: `The bridge ${name} is missing: ${hit}. A k3s restart does not restore it.`,
        fix: remake(sample, pods, `the first new pod restores ${name}`),
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
      text: `The bridge ${name} is down: ${hit}.`,
      fix: [`Set it up, which restores its route too: \`ip link set ${name} up\``],
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
        `See which addresses it has: \`ip addr show dev ${name}\``,
        ...lacking.map((it) => `Add ${it}, which restores its route too: ${add(it)}`),
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
  const goneBefore = new Set(before?.gone)
  const gone = new Set(sample.gone?.filter((it) => !before || goneBefore.has(it)))
  const hit = Object.values(sample.pods ?? {}).filter((it) => it.bridge === name)
  const off = hit.filter((it) => loose.has(it.veth))
  const none = hit.filter((it) => gone.has(it.veth))
  const pods = [...off, ...none]
  if (pods.length === 0) return []
  const text =
    off.length === 0
      ? `The veth of ${podsHit(none, 0)} no longer exists.`
      : `${podsHit(off, 0)} ${off.length === 1 ? 'is' : 'are'} not connected to the bridge ${name}${none.length > 0 ? `; the veth of ${podsHit(none, 0)} no longer exists` : ''}.`
  return [
    {
      code: 'cni.veth-orphaned',
      subject: name,
      text,
      fix: remake(sample, pods),
      evidence: { link: name, pods: pods.length },
    },
  ]
}
