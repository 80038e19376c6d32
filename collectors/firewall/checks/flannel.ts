import type { Observation } from '../../../agent/model/index.ts'
import { familyNames } from '../../../agent/text/families.ts'
import type { Cells, Family } from '../cells.ts'
import { gone } from '../history/flannel.ts'
import type { Code } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'
import { settled } from './kube.ts'

const listOf = (names: readonly string[]) => [...new Set(names)].join(', ')

/** flannel, while it works, restores its rules every minute, for which the rule's `pendingFor` leaves time. */
export function flannelMissing(sample: FirewallSample, now: number, cells: Cells): Observation<Code>[] {
  const { k3s, memory } = sample
  if (!k3s || !memory.flannel) return []
  const places = gone(memory.flannel, cells).filter((place) =>
    // Without an iptables tool, or where the table could not be read, nothing can be said.
    sample.sets.some((it) => place.startsWith(`${it.family} `) && !it.stale),
  )
  if (places.length === 0) return []
  const named = places
    .map((it) => it.replace(/\bipv[46]\b/, (family) => familyNames[family as Family]))
    .join(', ')
  return [
    {
      code: 'firewall.flannel-rules-missing',
      subject: 'flannel',
      ...(!settled(k3s, now) && { starting: true as const }),
      text: `No flannel rule is left in ${named}. ${k3s.running ? 'A healthy flannel restores its rules every minute' : `${k3s.unit} is stopped`}.`,
      ...(memory.flannel.missing !== undefined && { at: memory.flannel.missing }),
      fix: [`Restart k3s: \`systemctl restart ${k3s.unit}\``],
      evidence: {
        family: listOf(places.map((it) => it.split(' ', 1)[0] ?? '')),
        table: listOf(places.map((it) => it.slice(it.indexOf(' ') + 1))),
      },
    },
  ]
}
