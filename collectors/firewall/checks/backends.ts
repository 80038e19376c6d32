import type { Observation } from '../../../agent/model/index.ts'
import { familyNames } from '../../../agent/text/families.ts'
import { many } from '../../../agent/text/lists.ts'
import { families } from '../cells.ts'
import type { Code } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'

/** Rules in both backends of one family: a packet must pass both, and each tool shows only its own. */
export function twoBackends({ sets, k3s }: FirewallSample): Observation<Code>[] {
  return families.flatMap((family): Observation<Code>[] => {
    const count = (backend: string) =>
      sets.find((it) => it.family === family && it.backend === backend)?.rules ?? 0
    const [nft, legacy] = [count('nft'), count('legacy')]
    if (nft === 0 || legacy === 0) return []
    const v = family === 'ipv4' ? 'ip' : 'ip6'
    const flips =
      k3s && family === 'ipv4' && legacy >= 10
        ? ' From ten legacy rules on, the iptables bundled with k3s uses the legacy backend at its next start.'
        : ''
    return [
      {
        code: 'firewall.two-backends',
        subject: family,
        text: `${familyNames[family]} has ${many(nft, 'rule')} in the nft backend and ${legacy} in the legacy one.${flips}`,
        fix: [
          `See the legacy rules: \`${v}tables-legacy-save\``,
          `See the nft rules: \`${v}tables-nft-save\``,
          `See which backend your tools use: \`update-alternatives --display ${v}tables\``,
          'Find what writes to the other backend (an old Docker, a script, a second iptables) and switch it',
        ],
        evidence: { nft, legacy },
      },
    ]
  })
}

/** `v1.8.3 (nf_tables)`. k3s's documentation, "Known Issues", and its issue 3117: 1.8.0 to 1.8.4. */
export const isBuggy = (version: string) => /^v1\.8\.[0-4] \(nf_tables\)$/.test(version)

export function buggyIptables({ sets, k3s }: FirewallSample): Observation<Code>[] {
  if (!k3s || k3s.bundled) return []
  const version = sets.map((it) => it.version ?? '').find(isBuggy)
  return version
    ? [
        {
          code: 'firewall.iptables-buggy',
          subject: 'iptables',
          text: `iptables is ${version}, which adds existing rules again and again.`,
          evidence: { version },
        },
      ]
    : []
}

/** Warns that a flush would lock out SSH. It must be said in advance: afterwards nobody can read it. */
export function lockoutRisk({ sets, input, ssh, ufw }: FirewallSample): Observation<Code>[] {
  return families.flatMap((family): Observation<Code>[] => {
    const drops = sets.find((it) => it.family === family && it.policies['filter INPUT'] === 'DROP')
    const ports = ssh.ports[family]
    // People use IPv4; IPv6 counts only where SSH listens on nothing else.
    if (!drops || ports.length === 0 || (family === 'ipv6' && ssh.ports.ipv4.length > 0)) return []
    // Now the verdict may be `maybe`, as with bans in an ipset; after a flush the policy certainly drops everything.
    const now = input[family]?.verdict
    if (now === undefined || now === 'drop') return []
    const tables = family === 'ipv4' ? 'iptables' : 'ip6tables'
    return [
      {
        code: 'firewall.lockout-risk',
        subject: family,
        text: `The ${familyNames[family]} policy of INPUT is DROP: \`${tables} -F\` would lock out SSH on port ${ports.join(', ')}.${ufw?.enabled ? ' ufw status would still show SSH as allowed.' : ''}`,
        fix: [
          ufw?.enabled
            ? 'Before you delete rules, turn ufw off, which resets the policy: `ufw disable`'
            : `Before you delete rules, reset the policy: \`${tables} -P INPUT ACCEPT\``,
          `Try new rules in a FILE with automatic rollback: \`${tables}-apply FILE\``,
        ],
        avoid: [`Don't run \`${tables} -F\`: the DROP policy stays and locks out SSH.`],
      },
    ]
  })
}
