import { type Kept, type PageReach, Refusal } from '../../../agent/model/index.ts'
import { rulesWhole } from '../dump/whole.ts'
import { aboutRules, type KeptRules, unpackRules } from '../history/kept-rules.ts'
import type { FirewallSample } from '../sample.ts'

type Reach = PageReach<FirewallSample, unknown>

/** The kept rule set that people mean by `good` or a number. Refuses where there is none. */
export function chosen(list: readonly Kept[], which: string): Kept {
  if (list.length === 0)
    throw new Refusal('no rules are kept yet: the agent keeps them while it runs, from its first look on')
  const it =
    which === 'good'
      ? (list.find((one) => aboutRules(one.about).good) ?? list[0])
      : list.find(({ id }) => String(id) === which)
  if (it) return it
  const there = list.map(({ id }) => id).slice(0, 10)
  throw new Refusal(`nothing is kept as ${which}; there is good, now, and ${there.join(', ')}`)
}

/** What is in it. Refuses where it has had to go meanwhile. */
export async function keptRules(reach: Reach, { id }: Kept): Promise<readonly KeptRules[]> {
  const body = await reach.body(id)
  if (!body) throw new Refusal(`${id} is not kept any more`)
  return unpackRules(body)
}

/** The rules that are there now, read as whole as those that are kept. Refuses where that may not be. */
export async function rulesNow(reach: Reach, { sets }: FirewallSample): Promise<readonly KeptRules[]> {
  const body = await reach.asking((host) => rulesWhole(host, sets))
  if (!body) throw new Refusal('the rules that are there now cannot be read; as root they can')
  return unpackRules(body)
}
