import type { Condition, Probe } from './match.ts'
import { own, type Step, stepReader } from './steps.ts'
import { nameSet } from './tally.ts'
import { anyMark, beginsIn, packetsOf, type Table } from './walk.ts'

/**
 * How many steps are kept of chains that packets to the node are known to reach, and of others to which a later rule
 * may jump.
 */
const mostReached = 20_000
const mostOther = 4_000

/**
 * Collects, rule by rule, what a walk through the table `name` may need, and skips the rest: rules that cannot match any
 * probe, and those after a rule that always ends the chain. `iptables-save` prints built-in chains first, so that the
 * chains they jump to are known before they are printed.
 */
export function gatherPath(wanted: readonly Probe[], name: string) {
  const probes = wanted.flatMap(packetsOf)
  const ports = new Set(probes.map((it) => String(it.port)))
  /** Which probes the current rule may still match, whatever their marks. */
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
  const reached = new Set<string>(beginsIn(name, wanted))
  const lost = nameSet()
  const over = new Set<string>()
  let kept = 0
  let others = 0
  const read = stepReader(names.has, matters)

  const table: Table = {
    policies,
    chains,
    // When the set of chain names is full, targets and chains cannot be told apart: then a chain without steps may be a
    // lost one.
    lost: (chain) => lost.has(chain) || (names.isFull() && !chains.has(chain)),
  }
  return {
    table,
    /** `policy` is `-` for user-defined chains. */
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
    /** To be called after the last rule. */
    end: names.clear,
  }
}

const portOption = ' --dport '

/**
 * Most rules name one destination port that no probe uses, and need not be parsed. Behind the last quote the port is an
 * option and not part of a comment.
 */
function namesOtherPort(rule: string, ports: ReadonlySet<string>): boolean {
  const at = rule.lastIndexOf(portOption)
  if (at < 0 || rule.endsWith(' !', at) || rule.includes('"', at)) return false
  const from = at + portOption.length
  const end = rule.indexOf(' ', from)
  const port = rule.slice(from, end < 0 ? undefined : end)
  return !port.includes(':') && !ports.has(port)
}
