import { type Condition, condition, type Origin } from './match.ts'
import { partEnd, wordEnd, wordFrom, words } from './tokens.ts'

/**
 * What a rule does to a packet that it matches. `ask`: that cannot be told from the rules (NFQUEUE, DNAT, an unknown
 * target).
 */
export type Act =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'ask' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'mark'; readonly bits: number }

/** One rule, as far as it can decide about a packet. */
export interface Step {
  readonly conditions: readonly Condition[]
  readonly act: Act
  /** The networks and interfaces that it names. */
  readonly names: Readonly<Partial<Record<keyof Origin, string | readonly string[]>>>
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

/** A copy that does not keep in memory the longer text it was cut from. */
export const own = (text: string) => Buffer.from(text).toString()

/** One option of a rule: its condition, and the network or interface it names. */
interface Part {
  readonly asks: Condition | undefined
  readonly origin: keyof Origin | undefined
  readonly name: string
}

function readPart(text: string): Part {
  const not = text.startsWith('! ')
  const [option = '', ...values] = words(not ? text.slice(2) : text)
  return { asks: condition(option, values, not), origin: origins[option], name: values[0] ?? '' }
}

/** How many parsed options are cached by their text: most rules share most of their options. */
const mostParts = 500

/**
 * Parses rules as `iptables-save` prints them, `-A CHAIN …` (iptables(8), iptables-extensions(8)). Undefined for a rule
 * that decides nothing, and as soon as `matters` is false for a condition. `isChain` tells whether a target is a chain
 * of the table.
 */
export function stepReader(
  isChain: (name: string) => boolean,
  matters: (it: Condition) => boolean = () => true,
) {
  const known = new Map<string, Part>()
  const partOf = (text: string): Part => {
    const found = known.get(text)
    if (found) return found
    const part = readPart(text)
    // Options with an address are not cached: addresses seldom repeat.
    if (part.origin) return part
    if (known.size >= mostParts) known.clear()
    known.set(own(text), { ...part, name: '' })
    return part
  }

  return (rule: string): Step | undefined => {
    const conditions: Condition[] = []
    const names: Partial<Record<keyof Origin, string>> = {}
    for (let at = wordFrom(rule, wordEnd(rule, 3)); at < rule.length; ) {
      if (rule.startsWith('-j ', at) || rule.startsWith('-g ', at)) {
        // What follows are the target's own options.
        const act = actOf(words(rule.slice(at)), isChain)
        return act && { conditions, act, names, text: own(rule.slice(0, longestText)) }
      }
      const end = partEnd(rule, at)
      if (!rule.startsWith('--comment ', at)) {
        const { asks, origin, name } = partOf(rule.slice(at, end))
        if (asks && !matters(asks)) return undefined
        if (asks) conditions.push(asks)
        if (origin) names[origin] = own(name)
      }
      at = wordFrom(rule, end)
    }
    return undefined
  }
}

function actOf(
  [option = '', target = '', ...rest]: readonly string[],
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
