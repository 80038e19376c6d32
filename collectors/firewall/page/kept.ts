import { type ArtifactEntry, type PageReach, Refusal } from '../../../agent/model/index.ts'
import { rulesWhole } from '../dump/whole.ts'
import { aboutRules, type KeptRules, unpackRules } from '../history/kept-rules.ts'
import type { FirewallSample } from '../sample.ts'

type Reach = PageReach<FirewallSample, unknown>

/** The snapshot that `good` or a number stands for. Refuses where there is none. */
export function chosen(list: readonly ArtifactEntry[], which: string): ArtifactEntry {
  if (list.length === 0)
    throw new Refusal(
      'no rule set is kept yet: the agent keeps one from its first round on; a recording has none',
    )
  const it =
    which === 'good'
      ? (list.find((one) => aboutRules(one.about).good) ?? list[0])
      : list.find(({ id }) => String(id) === which)
  if (it) return it
  const there = list.map(({ id }) => id).slice(0, 10)
  throw new Refusal(`no kept rule set ${which}; valid: good, now, ${there.join(', ')}`)
}

/** The rules in a snapshot. Refuses if it has been deleted to make room meanwhile. */
export async function keptRules(reach: Reach, { id }: ArtifactEntry): Promise<readonly KeptRules[]> {
  const body = await reach.body(id)
  if (!body) throw new Refusal(`rule set ${id} was deleted meanwhile; see \`agent firewall\``)
  return unpackRules(body)
}

/** The complete rules as they are now, in the form of a snapshot. Refuses where they may not be read. */
export async function rulesNow(reach: Reach, { sets }: FirewallSample): Promise<readonly KeptRules[]> {
  const body = await reach.asking((host) => rulesWhole(host, sets))
  if (!body) throw new Refusal('cannot read the current rules; run the same command as root')
  return unpackRules(body)
}
