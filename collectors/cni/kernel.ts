import type { Host, Observation } from '../../agent/model/index.ts'
import { familyNames } from '../../agent/text/families.ts'
import { orMissing } from '../node/ask.ts'
import type { Code } from './rules.ts'
import type { CniSample } from './sample.ts'

/** Where the kernel's settings are. */
export const root = '/proc/sys/net'
export const forward4 = 'ipv4/ip_forward'
export const forward6 = 'ipv6/conf/all/forwarding'
const filter4 = 'bridge/bridge-nf-call-iptables'
const filter6 = 'bridge/bridge-nf-call-ip6tables'

/**
 * The settings that pods need and that are off, by path below `root`; null for a missing bridge setting. k3s turns
 * all of them on when it starts, and never checks again (k3s, pkg/agent/syssetup/setup.go). Forwarding can also be off
 * for a single interface. Rejects as the Host does.
 */
export async function readOff(
  host: Host,
  { devices, bridged, ipv6 }: { devices: readonly string[]; bridged: boolean; ipv6: boolean },
): Promise<Record<string, 0 | null>> {
  const families = ['ipv4', ...(ipv6 ? ['ipv6'] : [])]
  const paths = [
    ...families.flatMap((family) => devices.map((it) => `${family}/conf/${it}/forwarding`)),
    ...(bridged ? [filter4, ...(ipv6 ? [filter6] : [])] : []),
    ...(ipv6 ? [forward6] : []),
  ]
  const off: Record<string, 0 | null> = {}
  // Every kernel with a network has this file: without it nothing can be said of the others either, so its error is
  // thrown.
  if ((await host.text(`${root}/${forward4}`)).trim() === '0') off[forward4] = 0
  for (const path of paths) {
    const value = (await orMissing(host.text(`${root}/${path}`)))?.trim()
    if (value === '0') off[path] = 0
    else if (value === undefined && path.startsWith('bridge/')) off[path] = null
  }
  return off
}

/** What is wrong with the kernel's settings. */
export function kernel({ off = {} }: CniSample): readonly Observation<Code>[] {
  const forwarding = (family: 'ipv4' | 'ipv6', all: string): readonly Observation<Code>[] => {
    const lone = Object.keys(off).filter((it) => it.startsWith(`${family}/conf/`) && it !== all)
    const name = familyNames[family]
    if (off[all] === undefined && lone.length === 0) return []
    const devices = lone.map((it) => it.split('/')[2]).join(' and ')
    const paths = off[all] === undefined ? lone : [all]
    return [
      {
        code: 'cni.forwarding-off',
        subject: family,
        text:
          off[all] === undefined
            ? `The kernel does not forward ${name} packets from ${devices}.`
            : `The kernel does not forward ${name} packets: net.${all.replaceAll('/', '.')} is 0.`,
        fix: [
          ...paths.map((it) => `Turn it on, effective at once: \`sysctl -w net/${it}=1\``),
          'Find the file that turns it off again: `grep -rs forward /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d`',
        ],
        evidence: {
          family,
          ...(off[all] === undefined && lone.length === 1 && { link: lone[0]?.split('/')[2] ?? '' }),
          off: [...(off[all] === undefined ? [] : [all]), ...lone].join(' '),
        },
      },
    ]
  }
  const filter = [filter4, filter6].filter((it) => off[it] !== undefined)
  const absent = filter.every((it) => off[it] === null)
  return [
    ...forwarding('ipv4', forward4),
    ...forwarding('ipv6', forward6),
    ...(filter.length === 0
      ? []
      : [
          {
            code: 'cni.bridge-nf-off' as const,
            subject: 'bridge',
            text: absent
              ? 'The kernel module br_netfilter is not loaded: packets between pods on this node bypass iptables.'
              : `Packets between pods on this node bypass iptables: ${filter.map((it) => `net.${it.replaceAll('/', '.')}`).join(' and ')} ${filter.length === 1 ? 'is' : 'are'} 0.`,
            fix: absent
              ? [
                  'Load the module, which turns the settings on too: `modprobe br_netfilter`',
                  'Check that it is loaded: `lsmod | grep br_netfilter`',
                ]
              : filter.map((it) => `Turn it on, effective at once: \`sysctl -w net/${it}=1\``),
            evidence: { off: filter.join(' '), ...(absent && { module: 'missing' }) },
          },
        ]),
  ]
}
