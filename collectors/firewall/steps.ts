import { type Condition, condition, type Origin } from './match.ts'

/** What a rule does to a packet it matches. `ask`: it cannot be told from here (NFQUEUE, DNAT, or a target that is not known). */
export type Act =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'ask' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'mark'; readonly bits: number }

/** One rule, as far as it can decide over a packet. */
export interface Step {
  readonly conditions: readonly Condition[]
  readonly act: Act
  /** The networks and the interface it names. */
  readonly names: Readonly<Partial<Record<keyof Origin, string>>>
  /** The rule as `iptables-save` prints it, cut to `longestText` characters. */
  readonly text: string
}

const longestText = 200
const origins: Readonly<Record<string, keyof Origin>> = { '-s': 'from', '-d': 'to', '-i': 'on' }

/** Targets after which the packet goes on to the next rule. */
const passing = new Set(
  `LOG NFLOG ULOG SET TRACE AUDIT CT NOTRACK TCPMSS HL TTL CHECKSUM CLASSIFY DSCP TOS CONNSECMARK SECMARK LED
  RATEEST IDLETIMER TEE ECN TCPOPTSTRIP`.split(/\s+/),
)
const acts: Readonly<Record<string, Act>> = {
  ACCEPT: { kind: 'accept' },
  DROP: { kind: 'drop' },
  REJECT: { kind: 'drop' },
  TARPIT: { kind: 'drop' },
  RETURN: { kind: 'return' },
  QUEUE: { kind: 'ask' },
  NFQUEUE: { kind: 'ask' },
  SYNPROXY: { kind: 'ask' },
}

/** A copy that does not keep the longer text alive it was cut from. */
export const own = (text: string) => Buffer.from(text).toString()

/** Words of a rule; a quoted one keeps its first quote, so that no value can be taken for an option. */
export function words(rule: string): string[] {
  return [...rule.matchAll(/("(?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

const isOption = (word: string | undefined) => word === undefined || /^(!$|--?[a-zA-Z])/.test(word)

/**
 * Reads `-A CHAIN …` as `iptables-save` prints it (iptables(8), iptables-extensions(8)). Undefined for a rule
 * that decides nothing. `isChain` says whether a target is a chain of the table.
 */
export function readStep(rule: string, isChain: (name: string) => boolean): Step | undefined {
  const all = words(rule)
  const conditions: Condition[] = []
  const names: Partial<Record<keyof Origin, string>> = {}
  let act: Act | undefined
  for (let at = 2; at < all.length; ) {
    const not = all[at] === '!'
    if (not) at += 1
    const option = all[at] ?? ''
    const values: string[] = []
    for (at += 1; !isOption(all[at]); at += 1) values.push(all[at] ?? '')
    if (option === '-j' || option === '-g') {
      act = actOf(option, values[0] ?? '', all.slice(at), isChain)
      break // What follows are the target's own options.
    }
    const one = condition(option, values, not, all.slice(at))
    if (one) conditions.push(one)
    const origin = origins[option]
    if (origin) names[origin] = own(values[0] ?? '')
  }
  return act && { conditions, act, names, text: own(rule.slice(0, longestText)) }
}

function actOf(
  option: '-j' | '-g',
  target: string,
  rest: readonly string[],
  isChain: (name: string) => boolean,
): Act | undefined {
  const known = Object.hasOwn(acts, target) ? acts[target] : undefined
  if (known) return known
  if (target === 'MARK' || target === 'CONNMARK') return { kind: 'mark', bits: markBits(target, rest) }
  if (passing.has(target)) return undefined
  if (isChain(target)) return { kind: option === '-g' ? 'goto' : 'jump', chain: own(target) }
  return { kind: 'ask' }
}

/** The bits of a packet's mark that a MARK or CONNMARK target may set. */
export function markBits(target: string, rest: readonly string[]): number {
  if (target === 'CONNMARK') return rest[0] === '--restore-mark' ? 0xffffffff : 0
  const value = Number(rest[1]?.split('/')[0])
  return Number.isInteger(value) ? value >>> 0 : 0xffffffff
}
