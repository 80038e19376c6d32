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
 * kube-proxy's chains of single services and their endpoints, of which there may be tens of thousands: what leads to
 * them names the address of a service. Unless one is known to be reached, nothing is kept of it.
 */
const isOfService = (chain: string) => /^KUBE-(?:SVC|SVL|SEP|EXT|FW|XLB)-/.test(chain)

/**
 * Collects, rule by rule, what a walk through the table `name` may need, and skips the rest: rules that cannot match any
 * probe, and those after a rule that always ends the chain. `iptables-save` prints built-in chains first, so that the
 * chains they jump to are known before they are printed.
 */
export const gatherPath = (wanted: readonly Probe[], name: string) => new Path(wanted, name)

/** A class, since the same code runs for each of up to 100,000 rules of each look: closures made anew would be compiled anew. */
class Path {
  readonly #probes: readonly Probe[]
  readonly #ports: ReadonlySet<string>
  /** Which probes the current rule may still match, whatever their marks. */
  readonly #left: Uint8Array
  readonly #policies = new Map<string, string>()
  readonly #names = nameSet()
  readonly #chains = new Map<string, Step[]>()
  readonly #reached: Set<string>
  readonly #lost = nameSet()
  readonly #over = new Set<string>()
  /** Chains of services that are reached, and read. */
  readonly #services = new Set<string>()
  readonly #read: ReturnType<typeof stepReader>
  #kept = 0
  #others = 0
  /** The chain whose rules are read: whether packets are known to reach it, and whether its rules matter no more. */
  #chain = ''
  #on: boolean = false
  #skips: boolean = false
  readonly table: Table

  constructor(wanted: readonly Probe[], name: string) {
    this.#probes = wanted.flatMap(packetsOf)
    this.#ports = new Set(this.#probes.map((it) => String(it.port)))
    this.#left = new Uint8Array(this.#probes.length)
    this.#reached = new Set(beginsIn(name, wanted))
    this.#read = stepReader(this.#names.has, (holds) => this.#matters(holds))
    this.table = {
      policies: this.#policies,
      chains: this.#chains,
      // When the set of chain names is full, targets and chains cannot be told apart: then a chain without steps may be
      // a lost one.
      lost: (chain) =>
        this.#lost.has(chain) ||
        (isOfService(chain) && !this.#services.has(chain)) ||
        (this.#names.isFull() && !this.#chains.has(chain)),
    }
  }

  /** `policy` is `-` for user-defined chains. */
  chain(name: string, policy: string): void {
    if (policy !== '-') this.#policies.set(own(name), own(policy))
    else this.#names.add(name)
  }

  rule(chain: string, text: string): void {
    if (chain !== this.#chain) this.#enter(chain)
    if (this.#skips) return
    if (this.#on ? this.#kept >= mostReached : this.#others >= mostOther) {
      this.#lose()
      return
    }
    if (namesOtherPort(text, this.#ports)) return
    this.#left.fill(1)
    const step = this.#read(text)
    if (step) this.#keep(step)
  }

  /** To be called after the last rule. */
  end(): void {
    this.#names.clear()
  }

  #enter(chain: string): void {
    this.#chain = chain
    this.#on = this.#reached.has(chain)
    if (this.#on && isOfService(chain)) this.#services.add(own(chain))
    this.#skips =
      this.#probes.length === 0 ||
      (!this.#on && (isOfService(chain) || this.#policies.has(chain))) ||
      this.#over.has(chain) ||
      this.#lost.has(chain)
  }

  #lose(): void {
    this.#lost.add(this.#chain)
    this.#skips = true
  }

  #keep(step: Step): void {
    const chain = this.#chain
    if (this.#on) this.#kept += 1
    else this.#others += 1
    const steps = this.#chains.get(chain)
    if (steps) steps.push(step)
    else this.#chains.set(own(chain), [step])
    const { act } = step
    if (act.kind === 'jump' || act.kind === 'goto') {
      if (this.#on) this.#reached.add(act.chain)
    } else if (act.kind !== 'mark' && step.conditions.length === 0) {
      this.#over.add(own(chain))
      this.#skips = true
    }
  }

  #matters(holds: Condition): boolean {
    let any = false
    for (let at = 0; at < this.#probes.length; at += 1) {
      if (this.#left[at] && holds(this.#probes[at] as Probe, anyMark) === 'no') this.#left[at] = 0
      any ||= this.#left[at] === 1
    }
    return any
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
