import { type Dice, dice } from '../../sequences/dice.ts'
import type { RealFault } from './faults/fault.ts'
import { killFaults, quick, slow } from './faults/index.ts'

/** How one fault comes and goes. */
export interface Step {
  readonly fault: RealFault
  /** When it comes: with the fault before it, when that was found, when people were told of it, or was repaired. */
  readonly comes: 'at once' | 'found' | 'told' | 'repaired'
  /** How it is repaired once it was told: rightly, after the fault behind it was told, at first in vain, or in part. */
  readonly repair: 'soon' | 'late' | 'in vain' | 'in part'
  /** How long somebody takes to begin with the repair, and how long after the moment of `comes` it comes, ms. */
  readonly thinks: number
  readonly pause: number
}

/** What is nobody's trouble: before the fault of that number. */
export interface Ordinary {
  readonly kind: 'restart' | 'ufw reload' | 'agent restart'
  readonly before: number
}

export interface Plan {
  readonly seed: number
  /** What it is made of: `slow` takes a minute and more, `kills` reads the kernel's log. */
  readonly profile: 'quick' | 'slow' | 'kills'
  readonly steps: readonly Step[]
  readonly ordinary: readonly Ordinary[]
}

/** Of twelve seeds one has kills, as these must be alone in the log for a minute, and three have slow faults. */
const profileOf = (seed: number): Plan['profile'] =>
  seed % 12 === 0 ? 'kills' : seed % 4 === 1 ? 'slow' : 'quick'

/** The sequence of a seed: two to four faults, none of which takes what another one takes. */
export function draw(seed: number): Plan {
  const random = dice(seed)
  const profile = profileOf(seed)
  const rare = profile === 'kills' ? killFaults : slow
  const chosen: RealFault[] = []
  const add = (from: readonly RealFault[], count: number) => {
    for (let index = 0; index < count; index += 1) {
      const free = from.filter(
        (it) => !chosen.some((one) => one.facts.some((fact) => it.facts.includes(fact))),
      )
      if (free.length > 0) chosen.push(random.one(free))
    }
  }
  if (profile !== 'quick') add(rare, random.whole(1, 2))
  // A start of k3s makes it too young for what is slow to be judged.
  const calm = quick.filter((it) => profile !== 'slow' || it.kind !== 'k3s crashes once')
  add(calm, profile === 'quick' ? random.whole(2, 4) : random.whole(1, 2))
  const order = shuffled(random, chosen)
  return {
    seed,
    profile,
    steps: order.map((it, at) => step(random, it, at, profile)),
    ordinary: acts(random, profile, order),
  }
}

function step(random: Dice, fault: RealFault, at: number, profile: Plan['profile']): Step {
  const repairs: Step['repair'][] = ['soon', 'soon', 'late']
  if (profile !== 'slow') repairs.push('in vain')
  if (fault.partial) repairs.push('in part', 'in part')
  return {
    fault,
    comes: at === 0 ? 'at once' : random.one(['at once', 'found', 'told', 'told', 'repaired'] as const),
    repair: random.one(repairs),
    thinks: random.between(0, 3000),
    pause: random.between(0, 1500),
  }
}

function acts(random: Dice, profile: Plan['profile'], faults: readonly RealFault[]): readonly Ordinary[] {
  if (!random.yes(0.6)) return []
  const kinds: Ordinary['kind'][] = ['agent restart']
  if (profile !== 'slow') kinds.push('restart')
  // With ufw's rules broken it would be their repair.
  if (!faults.some((it) => it.facts.includes('ufw'))) kinds.push('ufw reload')
  return [{ kind: random.one(kinds), before: random.whole(0, faults.length - 1) }]
}

function shuffled<T>(random: Dice, all: readonly T[]): readonly T[] {
  const left = [...all]
  const order: T[] = []
  while (left.length > 0) order.push(...left.splice(random.whole(0, left.length - 1), 1))
  return order
}
