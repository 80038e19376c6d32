import type { Observation } from '../../../agent/model/index.ts'
import { familyNames } from '../../../agent/text/families.ts'
import { many } from '../../../agent/text/lists.ts'
import { type Family, families } from '../cells.ts'
import type { UfwRules } from '../dump/ufw.ts'
import { type RuleSet, ufwActs } from '../rule-set.ts'
import { type Code, rebuildUfw } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'

const frames = { ipv4: 'before.rules and after.rules', ipv6: 'before6.rules and after6.rules' } as const

/** Where ufw's files and the kernel's rules differ. Empty where ufw's files could not be read. */
export function ufwDrift({ ufw, sets, ssh }: FirewallSample): Observation<Code>[] {
  if (!ufw) return []
  const own = (family: Family) => sets.filter((it) => it.family === family && !it.stale)
  const judged = families.filter(
    (it) => (it === 'ipv4' || ufw.ipv6 !== false) && own(it).some((set) => set.backend !== 'native'),
  )
  if (!ufw.enabled) {
    const left = judged.filter((it) => ufwActs(sets, it))
    if (left.length === 0) return []
    return found(
      'loaded',
      left,
      `ufw.conf says ufw is off, but its ${left.map((it) => familyNames[it]).join(' and ')} rules are still loaded and decide what comes in.`,
      [
        "Remove ufw's rules from the kernel: `ufw disable`",
        'Check that none is left: `iptables -S | grep ufw`',
      ],
    )
  }
  const port = ssh.ports.ipv4[0] ?? ssh.ports.ipv6[0] ?? 22
  const unhooked = judged.filter((it) => !ufwActs(sets, it))
  if (unhooked.length > 0)
    return found(
      'bypassed',
      unhooked,
      `ufw.conf says ufw is on, but no ${unhooked.map((it) => familyNames[it]).join(' and no ')} packet reaches its rules: ufw status shows rules without effect.`,
      [
        `Let SSH in first: \`iptables -I INPUT -p tcp --dport ${port} -j ACCEPT\``,
        `Rebuild ufw's chains: \`${rebuildUfw}\``,
      ],
    )
  const differences = judged.flatMap((family) => {
    const filed = ufw.rules?.[family]
    const held = (part: keyof UfwRules) => sum(own(family), (it) => it.ufw?.[part] ?? 0)
    const policy = own(family)
      .map((it) => it.policies['filter INPUT'] ?? 'ACCEPT')
      .find((it) => it !== 'ACCEPT')
    const should = ufw.input === undefined || ufw.input === 'ACCEPT' ? 'ACCEPT' : 'DROP'
    return [
      ...(filed?.user !== undefined && filed.user !== held('user')
        ? [
            `its files hold ${many(filed.user, `${familyNames[family]} rule`)} of yours and the kernel ${held('user')}`,
          ]
        : []),
      ...(filed?.frame !== undefined && filed.frame !== held('frame')
        ? [`${frames[family]} hold ${many(filed.frame, 'rule')} and the kernel ${held('frame')}`]
        : []),
      ...(ufw.input !== undefined && (policy ?? 'ACCEPT') !== should
        ? [
            `its default for incoming packets is ${ufw.input.toLowerCase()}, and the ${familyNames[family]} policy of INPUT is ${policy ?? 'ACCEPT'}`,
          ]
        : []),
    ]
  })
  if (differences.length === 0) return []
  return found('different', judged, `ufw is on, but ${differences.join('; ')}.`, [
    'See what ufw would load: `grep ^-A /etc/ufw/*.rules`',
    'See what is loaded: `iptables -S | grep ufw`',
    `Allow SSH in ufw first: \`ufw allow ${port}/tcp\``,
    "Then load ufw's files again: `ufw reload`",
  ])
}

const sum = (sets: readonly RuleSet[], of: (set: RuleSet) => number) =>
  sets.reduce((all, it) => all + of(it), 0)

function found(
  state: 'loaded' | 'bypassed' | 'different',
  which: readonly Family[],
  text: string,
  fix: readonly string[],
): Observation<Code>[] {
  const evidence = { state, family: which.join(', '), table: 'filter' }
  return [{ code: 'firewall.ufw-drift', subject: 'ufw', text, fix, evidence }]
}
