import { isInside, type Origin, type Probe } from './match.ts'
import { contains, type Network, network } from './networks.ts'
import type { Tables, Verdict } from './walk.ts'

/** How many places are distinguished: a ban list of a thousand addresses takes 60 ms. */
const mostOrigins = 1024
/** Names in each dimension, since all are compared with all. */
const mostNamed = 1000
const mostShown = 5

type Names = Readonly<Record<keyof Origin, ReadonlySet<string>>>

/**
 * For a verdict that is `maybe` only because rules distinguish sources, destinations and interfaces: the certain
 * verdicts of each such place. Undefined where it depends on more, or there are too many places.
 */
export function byOrigin(
  tables: readonly Tables[],
  probe: Probe,
  verdictOf: (probe: Probe) => Verdict | undefined,
): Verdict | undefined {
  const accepted: string[] = []
  const dropped: string[] = []
  let verdict: Verdict | undefined
  let elsewhere: Verdict['verdict'] | undefined
  for (const { origin, name } of origins(namesIn(tables), probe)) {
    const one = verdictOf({ ...probe, origin })
    if (!one || one.verdict === 'maybe') return undefined
    ;(one.verdict === 'accept' ? accepted : dropped).push(name)
    if (name === '') elsewhere = one.verdict
    if (verdict?.verdict !== 'accept') verdict = one
  }
  if (!verdict || accepted.length === 0 || dropped.length === 0) return verdict
  return elsewhere === 'accept'
    ? { ...verdict, except: shown(dropped) }
    : { ...verdict, only: shown(accepted) }
}

/** " from 192.0.2.0/24 alone", ", but not from 198.51.100.7/32": follows a word such as "accepted". */
export const limits = ({ only, except }: Pick<Verdict, 'only' | 'except'>) =>
  only ? ` ${only.join(', ')} alone` : except ? `, but not ${except.join(', ')}` : ''

const shown = (names: readonly string[]) =>
  names.length > mostShown ? [...names.slice(0, mostShown), `${names.length - mostShown} more`] : names

function namesIn(tables: readonly Tables[]): Names {
  const names = { from: new Set<string>(), to: new Set<string>(), on: new Set<string>() }
  for (const table of tables.flatMap((it) => [...it.values()]))
    for (const step of [...table.chains.values()].flat())
      for (const key of ['from', 'to', 'on'] as const) {
        for (const name of [step.names[key] ?? []].flat())
          if (names[key].size < mostNamed) names[key].add(name)
      }
  return names
}

/** Every place that rules distinguish; the name '' stands for everything that no rule names. */
function origins(names: Names, { inside }: Probe): { readonly origin: Origin; readonly name: string }[] {
  const from = placesIn(names.from, inside)
  const to = placesIn(names.to, inside)
  const on = ['+', ...names.on].filter((it, at, all) => !isInside(it) && all.indexOf(it) === at)
  if (
    from.length * to.length * on.length > mostOrigins ||
    [...Object.values(names)].some((it) => it.size >= mostNamed)
  )
    return []
  return from.flatMap((source) =>
    to.flatMap((target) =>
      on.map((name) => ({
        origin: { from: source.network, to: target.network, on: name },
        name: [
          source.name && `from ${source.name}`,
          target.name && `to ${target.name}`,
          name !== '+' && `on ${name}`,
        ]
          .filter(Boolean)
          .join(' '),
      })),
    ),
  )
}

/**
 * Addresses from which nobody connects and at which no server listens: "this network", multicast, broadcast (RFC 6890).
 */
const nobody = ['0.0.0.0/8', '224.0.0.0/3', 'ff00::/8']
  .map(network)
  .filter((it): it is Network => it !== undefined)

interface Place {
  readonly name: string
  readonly network: Network
}

/**
 * The networks that rules name, once each, and one for all other addresses. Left out are networks that hold no outside
 * address, and those that smaller named networks cover completely.
 */
function placesIn(names: ReadonlySet<string>, own: readonly Network[]): readonly Place[] {
  const inside = [...own, ...nobody]
  const named = [...names]
    .map((name) => ({ name, network: network(name) }))
    .filter((it): it is Place => it.network !== undefined && it.network.prefix > 0)
  const rest: Place = {
    name: '',
    network: { bits: named[0]?.network.bits ?? 32, words: [0, 0, 0, 0], prefix: 0 },
  }
  const all = [rest, ...named]
  const cuts = [...inside, ...named.map((it) => it.network)]
  return all.filter(({ network }) => !inside.some((it) => contains(it, network)) && !isFilled(network, cuts))
}

function isFilled(outer: Network, cuts: readonly Network[]): boolean {
  const parts = cuts.filter((it) => it.prefix > outer.prefix && contains(outer, it))
  const filled = parts
    .filter((it, at) => !parts.some((one, other) => other !== at && holds(one, it, other < at)))
    .reduce((sum, it) => sum + (1n << BigInt(it.bits - it.prefix)), 0n)
  return filled === 1n << BigInt(outer.bits - outer.prefix)
}

/** Of two equal networks the earlier counts as containing the later. */
const holds = (one: Network, it: Network, earlier: boolean) =>
  contains(one, it) && (one.prefix < it.prefix || earlier)
