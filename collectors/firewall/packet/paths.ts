import type { Condition, Probe } from './match.ts'
import { own, type Step, stepReader } from './steps.ts'
import { nameSet } from './tally.ts'
import { anyMark, packetsOf, type Table, walkedChains } from './walk.ts'

/** Room for steps of chains that packets to the node are known to reach, and of others that a later rule may jump to. */
const mostReached = 20_000
const mostOther = 4_000

/**
 * Gathers, rule by rule, what a walk through one table may need, and forgets the rest: rules that cannot
 * match any probe, and those after one that always ends the chain. `iptables-save` prints built-in chains
 * first, so that what they jump to is known before it comes.
 */
export function gatherPath(wanted: readonly Probe[]) {
  const probes = wanted.flatMap(packetsOf)
  const ports = new Set(probes.map((it) => String(it.port)))
  /** Which probes the rule at hand may still match, whatever their marks. */
  const left = new Uint8Array(probes.length)
  const matters = (holds: Condition) => {
    let any = false
    for (let at = 0; at < probes.length; at += 1) {
      if (left[at] && holds(probes[at] as Probe, anyMark) === 'no') left[at] = 0
      any ||= left[at] === 1
    }
    return any
  }
  const policies = new Map<string, string>()
  const names = nameSet()
  const chains = new Map<string, Step[]>()
  const reached = new Set<string>(walkedChains)
  const lost = nameSet()
  const over = new Set<string>()
  let kept = 0
  let others = 0
  const read = stepReader(names.has, matters)

  const table: Table = {
    policies,
    chains,
    // Where no target can be told from a chain, what has no steps may be either.
    lost: (chain) => lost.has(chain) || (names.isFull() && !chains.has(chain)),
  }
  return {
    table,
    /** `policy` is `-` for chains that people made. */
    chain(name: string, policy: string) {
      if (policy !== '-') policies.set(own(name), own(policy))
      else names.add(name)
    },
    rule(chain: string, text: string) {
      const on = reached.has(chain)
      if (probes.length === 0 || (!on && policies.has(chain)) || over.has(chain) || lost.has(chain)) return
      if (on ? kept >= mostReached : others >= mostOther) {
        lost.add(chain)
        return
      }
      if (namesOtherPort(text, ports)) return
      left.fill(1)
      const step = read(text)
      if (!step) return
      if (on) kept += 1
      else others += 1
      const steps = chains.get(chain)
      if (steps) steps.push(step)
      else chains.set(own(chain), [step])
      const { act } = step
      if (act.kind === 'jump' || act.kind === 'goto') {
        if (on) reached.add(act.chain)
      } else if (act.kind !== 'mark' && step.conditions.length === 0) over.add(own(chain))
    },
    /** There are no more rules. */
    end: names.clear,
  }
}

const portOption = ' --dport '

/**
 * Most rules name one destination port that nobody asks for, and need no reading. Behind all quotes it is
 * an option and no part of a comment.
 */
function namesOtherPort(rule: string, ports: ReadonlySet<string>): boolean {
  const at = rule.lastIndexOf(portOption)
  if (at < 0 || rule.endsWith(' !', at) || rule.includes('"', at)) return false
  const from = at + portOption.length
  const end = rule.indexOf(' ', from)
  const port = rule.slice(from, end < 0 ? undefined : end)
  return !port.includes(':') && !ports.has(port)
}
