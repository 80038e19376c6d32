import { type Host, HostError, type Observation } from '../../agent/model/index.ts'
import { printable } from '../../agent/text/sanitize.ts'
import { orMissing, orNothing } from '../node/ask.ts'
import type { Code } from './rules.ts'
import type { CniSample } from './sample.ts'

/**
 * Whether a kernel spoils the UDP checksum of VXLAN packets that NAT has changed: all before 5.7, except the later
 * releases of some branches (commit ea64d8d6c675; kubernetes/kubernetes#88986, k3s-io/k3s#2013), and RHEL 8's on
 * VMware, whose network card does the same (k3s-io/k3s#5013).
 */
export function spoils(release: string, vendor: string): boolean {
  const [, major, minor, patch] = /^(\d{1,4})\.(\d{1,4})\.(\d{1,5})/.exec(release) ?? []
  if (major === undefined) return false
  const version = [Number(major), Number(minor), Number(patch)] as const
  // RHEL 8 calls every kernel 4.18.0 and has the kernel's part of this fixed.
  if (/\.el8/.test(release)) return /vmware/i.test(vendor)
  const mended: Readonly<Record<string, number>> = { '4.14': 181, '4.19': 123, '5.4': 41, '5.6': 13 }
  const since = mended[`${version[0]}.${version[1]}`]
  // Distributions whose kernels are called x.y.0-N took over these fixes long ago.
  if (since !== undefined) return version[2] < since && !/^\d+\.\d+\.0-/.test(release)
  return version[0] < 5 || (version[0] === 5 && version[1] < 7)
}

/**
 * Runs `ethtool`, on an affected kernel only. Undefined on other kernels, and where there is no `ethtool`, which k3s
 * does not need. Throws a HostError where it does not say.
 */
export async function readOffload(
  host: Host,
  overlay: string | undefined,
): Promise<CniSample['offload'] | undefined> {
  const release = (await orNothing(host.text('/proc/sys/kernel/osrelease')))?.trim().slice(0, 80) ?? ''
  if (overlay === undefined || release === '') return undefined
  const vendor = /\.el8/.test(release)
    ? ((await orNothing(host.text('/sys/class/dmi/id/sys_vendor'))) ?? '')
    : ''
  if (!spoils(release, vendor)) return undefined
  const ran = await orMissing(host.run(['ethtool', '-k', overlay], { timeout: 5_000, limit: 64 * 1024 }))
  if (!ran) return undefined
  const [, state] = /^[ \t]*tx-checksum-ip-generic: (on|off)/m.exec(ran.stdout) ?? []
  if (ran.exit !== 0 || state === undefined) {
    const said = printable(ran.stderr.trim(), 200) || 'no tx-checksum-ip-generic'
    throw new HostError('failed', `running \`ethtool -k ${overlay}\`: exit code ${ran.exit}: ${said}`)
  }
  return { kernel: release, on: state === 'on' }
}

/** Large or translated packets to other nodes that arrive broken. */
export function offload(
  { offload: it }: CniSample,
  overlay: string | undefined,
): readonly Observation<Code>[] {
  if (!it?.on || overlay === undefined) return []
  return [
    {
      code: 'cni.checksum-offload',
      subject: overlay,
      text: `Checksum offload is on for ${overlay} (tx-checksum-ip-generic), and kernel ${it.kernel} corrupts UDP checksums in VXLAN.`,
      fix: [
        `Turn it off until the next k3s start or boot: \`ethtool -K ${overlay} tx-checksum-ip-generic off\``,
        'Permanently: install kernel 5.7 or later',
      ],
      evidence: { link: overlay, kernel: it.kernel },
    },
  ]
}
