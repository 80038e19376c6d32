import type { Observation, Series } from '../../agent/model/index.ts'
import { familyNames } from '../../agent/text/families.ts'
import { minute, timeOfDay } from '../../agent/text/times.ts'
import { byOwner, type Family, families, total } from './cells.ts'
import { buggyIptables, lockoutRisk, twoBackends } from './checks/backends.ts'
import { changes } from './checks/changed.ts'
import { flannelMissing } from './checks/flannel.ts'
import { conntrackFilling, duplicates, growing } from './checks/growth.ts'
import { hostPortsMissing } from './checks/hostports.ts'
import { kubeParts, missingParts, settled } from './checks/kube.ts'
import { lockout } from './checks/lockout.ts'
import { ufwBlocks } from './checks/ufw-blocks.ts'
import { ufwDrift } from './checks/ufw-drift.ts'
import type { Flush } from './history/flush.ts'
import { cellsOf } from './rule-set.ts'
import { type Code, rebuildUfw } from './rules.ts'
import type { FirewallSample } from './sample.ts'

type Found = Observation<Code>

/** Evaluates every rule, in the order in which people want to read the findings. Pure. */
export function assess(sample: FirewallSample, now: number, series?: Series): Found[] {
  return [
    ...flushed(sample),
    ...kubeChains(sample, now),
    ...flannelMissing(sample, now, cellsOf(sample.sets)),
    ...hostPortsMissing(sample),
    ...lockout(sample),
    ...ufwBlocks(sample),
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

function flushed(sample: FirewallSample): Found[] {
  const { flush } = sample.memory
  if (!flush) return []
  const cells = cellsOf(sample.sets)
  const struck = families.filter((it) => flush.least[it] !== undefined)
  const sum = (of: (family: Family) => number) => struck.reduce((all, it) => all + of(it), 0)
  const had = sum((it) => total(flush.had, it))
  const least = sum((it) => flush.least[it] ?? 0)
  const left = sum((it) => total(cells, it))
  const names = struck.map((it) => familyNames[it]).join(' and ')
  const back = left > least ? `; ${left} are there now` : ''
  const still = new Map(byOwner(cells, struck))
  const list = byOwner(flush.had, struck)
    .map(([owner, rules]) => [owner, rules - (still.get(owner) ?? 0), rules] as const)
    .filter(([, missing]) => missing > 0)
    .map(([owner, missing, rules]) => `${owner} ${missing} of ${rules}`)
    .join(', ')
  const text = `${who(flush)} took ${had - least} of ${had} ${names} rules away ${when(flush)}${back}${list && `. Missing: ${list}`}.`
  return [
    {
      code: 'firewall.flushed',
      subject: 'iptables',
      text,
      at: flush.at,
      fix: nextAfterFlush(sample),
      evidence: {
        before: had,
        least,
        now: left,
        ...(flush.by && { process: flush.by.name, pid: flush.by.pid }),
      },
    },
  ]
}

const who = ({ by }: Flush) => (by ? `\`${by.name}\` (pid ${by.pid})` : 'Something')
const when = ({ by, at, seen }: Flush) =>
  by
    ? `at ${timeOfDay(at)}`
    : seen === undefined
      ? `before ${timeOfDay(at)}`
      : `between ${timeOfDay(seen)} and ${timeOfDay(at)}`

function nextAfterFlush({ k3s, ufw, ssh, hostPorts = [] }: FirewallSample): string[] {
  const port = ssh.ports.ipv4[0] ?? ssh.ports.ipv6[0] ?? 22
  return [
    ...(ufw?.enabled
      ? [
          `Keep the way in open first: \`iptables -I INPUT -p tcp --dport ${port} -j ACCEPT\``,
          `Let ufw build its chains anew: \`${rebuildUfw}\``,
        ]
      : []),
    ...(k3s
      ? [
          `Let k3s write its rules again: \`systemctl restart ${k3s.unit}\``,
          // Host ports known to be missing have findings of their own, which name the pods.
          ...(hostPorts.length > 0
            ? []
            : [
                'Then delete the pods that own host ports (ingress, svclb): a restart does not bring their ports back',
              ]),
        ]
      : []),
    'See what went: `agent firewall diff`. Rules of your own come back from the last good snapshot: `agent firewall show good` prints it for `iptables-restore`',
  ]
}

function kubeChains({ k3s, sets, memory, hostPorts = [] }: FirewallSample, now: number): Found[] {
  if (!k3s?.running || !settled(k3s, now)) return []
  const { since } = k3s.running
  const minutes = Math.floor((now - since) / minute)
  return k3s.proxies.flatMap((family): Found[] => {
    // Without an iptables tool a family cannot be judged, and another CNI may do without these chains.
    const here = sets.filter((it) => it.family === family)
    const had = (memory.flush?.had ?? memory.reference)[`${family} nat kube-proxy`]?.[1]
    if (here.length === 0 || (!had && here.some((it) => it.replaced))) return []
    const missing = missingParts(here, family)
    if (missing.length === 0) return []
    const rules = here.reduce((sum, it) => sum + it.rules, 0)
    return [
      {
        code: 'firewall.kube-chains-missing',
        subject: family,
        text: `${k3s.unit} has run for ${minutes} min, but kube-proxy's ${familyNames[family]} nat rules are ${missing.length === kubeParts.length ? 'all gone' : `incomplete: without ${missing.join(', ')}`}. ${rules} ${familyNames[family]} rules are there in all.`,
        fix: [
          `\`systemctl restart ${k3s.unit}\``,
          ...(hostPorts.length > 0
            ? []
            : [
                'Then delete the pods that own host ports (ingress, svclb), so that their ports are mapped again',
              ]),
        ],
        evidence: { rules, missing: missing.join(', ') },
      },
    ]
  })
}
