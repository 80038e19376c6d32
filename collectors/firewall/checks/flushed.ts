import type { Observation } from '../../../agent/model/index.ts'
import { familyNames } from '../../../agent/text/families.ts'
import { list } from '../../../agent/text/lists.ts'
import { timeOfDay } from '../../../agent/text/times.ts'
import { byOwner, type Cells, type Family, families, inTables, total } from '../cells.ts'
import { type Flush, latestOf, type Step, tablesOf } from '../history/flush.ts'
import { cellsOf } from '../rule-set.ts'
import { type Code, rebuildUfw } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'

/** One finding for each flush whose rules are not back. */
export function flushed(sample: FirewallSample): Observation<Code>[] {
  const cells = cellsOf(sample.sets)
  return (sample.memory.flushes ?? []).map((it) => observed(it, cells, sample))
}

function observed(flush: Flush, cells: Cells, sample: FirewallSample): Observation<Code> {
  const tables = tablesOf(flush)
  const first = flush.steps[0]
  const had = sum(tables, (it) => flush.steps.find(({ tables }) => tables[it])?.tables[it]?.before ?? 0)
  const least = sum(tables, (it) => Math.min(...flush.steps.flatMap(({ tables }) => tables[it]?.least ?? [])))
  const present = inTables(cells, tables)
  const left = total(present)
  const back = left > least ? ` Now there ${left === 1 ? 'is 1 rule' : `are ${left} rules`}.` : ''
  const missing = missingOf(flush.needs, present)
  const drops = sample.sets.some(
    (it) => tables.includes(`${it.family} filter`) && it.policies['filter FORWARD'] === 'DROP',
  )
  return {
    code: 'firewall.flushed',
    subject: flush.subject,
    text: `${flush.steps.map(stepText).join('; ')}.${back}${missing && ` Missing now: ${missing}.`}`,
    ...(first && { at: first.at, wellAt: first.seen ?? first.at, latest: latestOf(flush) }),
    fix: nextAfterFlush(sample, tables),
    evidence: {
      family: familiesOf(tables).join(', '),
      table: [...new Set(tables.map(nameOf))].join(', '),
      before: had,
      least,
      now: left,
      ...(drops && { forward: 'DROP' }),
      ...(first?.by && { process: first.by.name, pid: first.by.pid }),
    },
  }
}

const sum = (tables: readonly string[], of: (table: string) => number) =>
  tables.reduce((all, it) => all + of(it), 0)

const nameOf = (table: string) => table.slice(table.indexOf(' ') + 1)
const familiesOf = (tables: readonly string[]): readonly Family[] =>
  families.filter((family) => tables.some((it) => it.startsWith(`${family} `)))

/** "filter and nat flushed: 91 of 91 IPv4 rules gone, by `iptables` (pid 25978) at 03:12:07 UTC" */
function stepText(step: Step): string {
  const tables = Object.keys(step.tables)
  const before = sum(tables, (it) => step.tables[it]?.before ?? 0)
  const least = sum(tables, (it) => step.tables[it]?.least ?? 0)
  const named = list([...new Set(tables.map(nameOf))])
  const kinds = list(familiesOf(tables).map((it) => familyNames[it]))
  return `${named} flushed: ${before - least} of ${before} ${kinds} rules gone, ${when(step)}`
}

const when = ({ by, at, seen }: Step) =>
  by
    ? `by \`${by.name}\` (pid ${by.pid}) at ${timeOfDay(at)}`
    : seen === undefined
      ? `before ${timeOfDay(at)}`
      : `between ${timeOfDay(seen)} and ${timeOfDay(at)}`

/** "kube-proxy 53 of 53, kube-router 38 of 38" */
function missingOf(needs: Cells, present: Cells): string {
  const still = new Map(byOwner(present))
  return byOwner(needs)
    .map(([owner, rules]) => [owner, rules - (still.get(owner) ?? 0), rules] as const)
    .filter(([, missing]) => missing > 0)
    .map(([owner, missing, rules]) => `${owner} ${missing} of ${rules}`)
    .join(', ')
}

function nextAfterFlush({ k3s, ufw, ssh, hostPorts = [] }: FirewallSample, tables: readonly string[]) {
  const port = ssh.ports.ipv4[0] ?? ssh.ports.ipv6[0] ?? 22
  return [
    // ufw writes to no other table.
    ...(ufw?.enabled && tables.some((it) => nameOf(it) === 'filter')
      ? [
          `Let SSH in first: \`iptables -I INPUT -p tcp --dport ${port} -j ACCEPT\``,
          `Rebuild ufw's chains: \`${rebuildUfw}\``,
        ]
      : []),
    ...(k3s
      ? [
          `Restart k3s, which writes its rules again: \`systemctl restart ${k3s.unit}\``,
          // Host ports known to be missing have findings of their own, which name the pods.
          ...(hostPorts.length > 0 || !tables.some((it) => nameOf(it) === 'nat')
            ? []
            : [
                'Then delete the pods that own host ports (ingress, svclb): a restart does not map these ports again',
              ]),
        ]
      : []),
    'See which rules are missing: `agent firewall diff`',
    'Print the last good rules, as input for iptables-restore: `agent firewall show good`',
  ]
}
