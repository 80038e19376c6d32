import type { Observation, Series } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { familyNames } from '../../agent/text/families.ts'
import { many } from '../../agent/text/lists.ts'
import { buggyIptables, lockoutRisk, twoBackends } from './checks/backends.ts'
import { blocks } from './checks/blocks.ts'
import { changes } from './checks/changed.ts'
import { flannelMissing } from './checks/flannel.ts'
import { flushed } from './checks/flushed.ts'
import { conntrackFilling, duplicates, growing } from './checks/growth.ts'
import { hostPortsMissing } from './checks/hostports.ts'
import { kubeParts, missingParts, settled } from './checks/kube.ts'
import { lockout } from './checks/lockout.ts'
import { ufwDrift } from './checks/ufw-drift.ts'
import { hadOf } from './history/flush.ts'
import { cellsOf } from './rule-set.ts'
import type { Code } from './rules.ts'
import type { FirewallSample } from './sample.ts'

type Found = Observation<Code>

/** Evaluates every rule, in the order in which people want to read the findings. Pure. */
export function assess(sample: FirewallSample, now: number, series?: Series): Found[] {
  return [
    ...flushed(sample),
    ...kubeChains(sample, now),
    ...flannelMissing(sample, now, cellsOf(sample.sets)),
    ...hostPortsMissing(sample),
    ...lockout(sample, now),
    ...blocks(sample, now),
    ...ufwDrift(sample),
    ...lockoutRisk(sample),
    ...duplicates(sample),
    ...growing(sample, now, series),
    ...twoBackends(sample),
    ...buggyIptables(sample),
    ...conntrackFilling(sample, now, series),
    ...changes(sample, now),
  ]
}

function kubeChains({ k3s, sets, memory, hostPorts = [] }: FirewallSample, now: number): Found[] {
  if (!k3s) return []
  const { running } = k3s
  const how = running ? `${k3s.unit} has run for ${duration(now - running.since)}` : `${k3s.unit} is stopped`
  return k3s.proxies.flatMap((family): Found[] => {
    // Without an iptables tool a family cannot be judged, and another CNI may do without these chains.
    const here = sets.filter((it) => it.family === family)
    const had = hadOf(memory)[`${family} nat kube-proxy`]?.[1]
    if (here.length === 0 || (!had && here.some((it) => it.replaced))) return []
    const missing = missingParts(here, family)
    if (missing.length === 0) return []
    const rules = here.reduce((sum, it) => sum + it.rules, 0)
    return [
      {
        code: 'firewall.kube-chains-missing',
        subject: family,
        ...(!settled(k3s, now) && { starting: true as const }),
        text: `kube-proxy's ${familyNames[family]} nat rules ${missing.length === kubeParts.length ? 'are all missing' : `lack ${missing.join(', ')}`}; ${how}. ${many(rules, `${familyNames[family]} rule`)} left in all.`,
        fix: [
          `Restart k3s: \`systemctl restart ${k3s.unit}\``,
          ...(hostPorts.length > 0
            ? []
            : [
                'Then delete the pods that own host ports (ingress, svclb): a restart does not map these ports again',
              ]),
        ],
        evidence: { family, table: 'nat', rules, missing: missing.join(', ') },
      },
    ]
  })
}
