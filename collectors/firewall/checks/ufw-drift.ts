import type { Observation } from '../../../agent/model/index.ts'
import { familyNames } from '../../../agent/text/families.ts'
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
      left,
      `ufw.conf says that ufw is off, but its ${left.map((it) => familyNames[it]).join(' and ')} rules are still in the kernel and decide over what comes in.`,
      [
        'Let ufw take its rules away: `ufw disable`',
        'Then see that nothing is left: `iptables -S | grep ufw`',
      ],
    )
  }
  const port = ssh.ports.ipv4[0] ?? ssh.ports.ipv6[0] ?? 22
  const unhooked = judged.filter((it) => !ufwActs(sets, it))
  if (unhooked.length > 0)
    return found(
      unhooked,
      `ufw.conf says that ufw is on, but no ${unhooked.map((it) => familyNames[it]).join(' and no ')} packet comes by its rules: \`ufw status\` shows what is not there.`,
      [
        `Keep the way in open first: \`iptables -I INPUT -p tcp --dport ${port} -j ACCEPT\``,
        `Let ufw build its chains anew: \`${rebuildUfw}\``,
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
            `its files hold ${filed.user} ${familyNames[family]} rules of yours and the kernel ${held('user')}`,
          ]
        : []),
      ...(filed?.frame !== undefined && filed.frame !== held('frame')
        ? [`${frames[family]} hold ${filed.frame} rules and the kernel ${held('frame')}`]
        : []),
      ...(ufw.input !== undefined && (policy ?? 'ACCEPT') !== should
        ? [
            `its default for what comes in is ${ufw.input.toLowerCase()}, and the ${familyNames[family]} policy of INPUT is ${policy ?? 'ACCEPT'}`,
          ]
        : []),
    ]
  })
  if (differences.length === 0) return []
  return found(judged, `ufw is on, but ${differences.join('; ')}.`, [
    'See what it would load, and what is loaded: `grep ^-A /etc/ufw/*.rules`, `iptables -S | grep ufw`',
    `See that SSH is allowed, then load its files again: \`ufw allow ${port}/tcp; ufw reload\``,
  ])
}

const sum = (sets: readonly RuleSet[], of: (set: RuleSet) => number) =>
  sets.reduce((all, it) => all + of(it), 0)

function found(which: readonly Family[], text: string, fix: readonly string[]): Observation<Code>[] {
  const evidence = { family: which.join(', '), table: 'filter' }
  return [{ code: 'firewall.ufw-drift', subject: 'ufw', text, fix, evidence }]
}
