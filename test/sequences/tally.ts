import type { Flaw } from './score.ts'
import type { Sequence } from './sequence.ts'

/** What the goals are, in one place. Percent, counts, and messages a fault. */
export const goals = {
  wrong: 1,
  swallowed: 0,
  falseAlarms: 0,
  stale: 0,
  messages: 1.2,
  unknown: 15,
} as const

/**
 * What is held by now: the goals, with what fifty sequences differ from a thousand by, and less where more is reached. To
 * be lowered as the core gets better, never raised.
 */
export const held: Readonly<Record<keyof typeof goals, number>> = {
  ...goals,
  messages: 1.22,
  unknown: 5,
}

export interface Tally {
  readonly sequences: number
  readonly faults: number
  readonly told: number
  readonly messages: number
  readonly caused: number
  readonly counts: Readonly<Record<Flaw['kind'], number>>
}

export function tally(all: readonly Sequence[]): Tally {
  const sum = (of: (it: Sequence) => number) => all.reduce((before, it) => before + of(it), 0)
  const count = (kind: Flaw['kind']) => sum((it) => it.flaws.filter((one) => one.kind === kind).length)
  return {
    sequences: all.length,
    faults: sum((it) => it.faults.length),
    told: sum((it) => it.told),
    messages: sum((it) => it.messages.filter((one) => one.rings).length),
    caused: sum((it) => it.caused),
    counts: {
      'wrong cause': count('wrong cause'),
      swallowed: count('swallowed'),
      'false alarm': count('false alarm'),
      stale: count('stale'),
      'unknown cause': count('unknown cause'),
      'one more message': count('one more message'),
    },
  }
}

const percent = (part: number, of: number) => (of === 0 ? 0 : (100 * part) / of)

/** The figures that have goals: name, value, goal, in words. */
export function figures({ counts, told, messages, faults, caused }: Tally) {
  const wrong = percent(counts['wrong cause'], told)
  const unknown = percent(counts['unknown cause'], caused)
  const rate = faults === 0 ? 0 : messages / faults
  return [
    {
      name: 'wrong causes',
      value: wrong,
      goal: goals.wrong,
      held: held.wrong,
      text: `${wrong.toFixed(1)} % (${counts['wrong cause']} of ${told} findings told)`,
    },
    {
      name: 'swallowed faults',
      value: counts.swallowed,
      goal: goals.swallowed,
      held: held.swallowed,
      text: `${counts.swallowed} of ${faults}`,
    },
    {
      name: 'false alarms',
      value: counts['false alarm'],
      goal: goals.falseAlarms,
      held: held.falseAlarms,
      text: `${counts['false alarm']} of ${messages} messages`,
    },
    {
      name: 'stale statements',
      value: counts.stale,
      goal: goals.stale,
      held: held.stale,
      text: `${counts.stale}`,
    },
    {
      name: 'new messages a fault',
      value: rate,
      goal: goals.messages,
      held: held.messages,
      text: `${rate.toFixed(2)} (${messages} for ${faults})`,
    },
    {
      name: 'unknown causes',
      value: unknown,
      goal: goals.unknown,
      held: held.unknown,
      text: `${unknown.toFixed(1)} % (${counts['unknown cause']} of ${caused} with a cause on the node)`,
    },
  ] as const
}

export function table(it: Tally): string {
  const rows = figures(it).map(({ name, text, goal, value }) => [
    name,
    text,
    `<= ${goal}`,
    value <= goal ? 'reached' : 'missed',
  ])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

/** The most frequent flaws of each kind, with a seed of each: where to look first. */
export function worst(all: readonly Sequence[], most = 12): string {
  const groups = new Map<string, { count: number; seeds: number[] }>()
  for (const { seed, flaws } of all)
    for (const { kind, what } of flaws) {
      const it = groups.get(`${kind}: ${what}`) ?? { count: 0, seeds: [] }
      it.count += 1
      if (!it.seeds.includes(seed)) it.seeds.push(seed)
      groups.set(`${kind}: ${what}`, it)
    }
  const lines = [...groups].sort((a, b) => b[1].count - a[1].count)
  return lines
    .slice(0, most)
    .map(
      ([what, { count, seeds }]) =>
        `${`${count}`.padStart(5)}  ${what}  (seeds ${seeds.slice(0, 3).join(', ')})`,
    )
    .join('\n')
}
