import type { Cell } from '../cells.ts'
import { kubePart, kubeParts } from '../checks/kube.ts'
import { gatherForwards } from '../packet/forwards.ts'
import type { Probe } from '../packet/match.ts'
import { gatherPath } from '../packet/paths.ts'
import { own } from '../packet/steps.ts'
import { rolling, type Sum, sumOf } from '../packet/sums.ts'
import { beginsIn, type Table, type Tables } from '../packet/walk.ts'
import { type Copies, countCopies } from './copies.ts'
import { baseRuleOwner, chainOwner, type Owner } from './owners.ts'
import { isFiled, type UfwRules, ufwPart } from './ufw.ts'

/** The output of `iptables-save` in numbers, and the rules that a walk needs. */
export interface Saved {
  readonly rules: number
  readonly cells: Readonly<Record<string, Cell>>
  readonly policies: Readonly<Record<string, string>>
  readonly chains: readonly (readonly [chain: string, rules: number])[]
  readonly hash: string
  readonly own: string
  readonly copies?: Copies
  /** Host ports that are mapped, as `tcp 80 10.42.0.36:80`. */
  readonly forwards: readonly string[]
  /** Rules in ufw's chains; absent without such chains. */
  readonly ufw?: UfwRules
  readonly kube: readonly string[]
  /** Another network has chains here that may do kube-proxy's work as well: Cilium, Calico. */
  readonly replaced: boolean
  readonly hidden: readonly string[]
  /** Every table that was printed. */
  readonly names: readonly string[]
  readonly tables: Tables
  /** False when it ended in the middle of a table. */
  readonly whole: boolean
  /** The version line: "v1.8.9 (nf_tables)". */
  readonly version?: string
  /** There is text outside of the tables that is no comment: another program printed it. */
  readonly strange: boolean
}

const mostChainsCounted = 40
/** The kernel knows five tables; output with more than this is not from `iptables-save`. */
const mostTables = 16
const longestName = 64
const space = 32
/**
 * Owners whose rules in built-in chains are left out of `own`: the journal compares the number of Kubernetes' rules
 * instead, and those of the CNI plugins come and go with pods.
 */
const kubernetes = new Set<Owner>(['kube-proxy', 'kube-router', 'flannel', 'cni'])

interface Wanted {
  readonly podNetworks: readonly string[]
  readonly probes: readonly Probe[]
}

/**
 * Reads the output of `iptables-save` line by line (iptables-save(8); the format is that of libiptc and of iptables'
 * nft backend). Keeps numbers; of the rules themselves only those that a walk needs.
 */
export function readSaved(wanted: Wanted) {
  const reader = new Reader(wanted)
  return { line: (text: string) => reader.line(text), end: () => reader.end() }
}

/** The state of the reading. A class, since all of it changes with each of up to 100,000 lines. */
class Reader {
  readonly wanted: Wanted
  readonly cells = new Map<string, [number, number]>()
  /** Those of the current table. */
  readonly ofTable = new Map<Owner, [number, number]>()
  readonly policies: Record<string, string> = {}
  readonly tops: [chain: string, rules: number][] = []
  readonly kube = new Set<string>()
  readonly hidden: string[] = []
  readonly tables = new Map<string, Table>()
  readonly names = new Set<string>()
  readonly hash = rolling()
  readonly ownHash = rolling()
  readonly sum: Sum = { low: 0, high: 0 }
  readonly copies = countCopies()
  readonly forwards = gatherForwards()
  ufw: { -readonly [K in keyof UfwRules]: number } | undefined
  rules = 0
  version: string | undefined
  table: string | undefined
  path: ReturnType<typeof gatherPath> | undefined
  builtIn = new Set<string>()
  chain = ''
  /** The cell of the current chain; undefined in a built-in chain, in which every rule has its own owner. */
  cell: [number, number] | undefined
  inChain = 0
  /** Whether the rules of the current chain come and go with pods, services, containers or bans. */
  churns: boolean = false
  filed: keyof UfwRules | undefined
  replaced: boolean = false
  strange: boolean = false

  constructor(wanted: Wanted) {
    this.wanted = wanted
  }

  line(text: string): void {
    if (text.startsWith('-A ')) this.rule(text)
    else if (text.startsWith(':')) this.declaration(text)
    else if (text.startsWith('*')) this.beginTable(text)
    else if (text.startsWith('COMMIT')) this.endTable()
    else if (text.startsWith('#')) {
      if (text.length < 200) this.comment(text)
      // In a table it may be the second line of a rule whose comment holds a line break.
    } else if (text !== '' && this.table === undefined) this.strange = true
  }

  rule(line: string): void {
    const { table, names, sum, wanted } = this
    if (table === undefined) return
    // The rules of a chain follow one another, so most lines need only this comparison.
    if (
      this.chain === '' ||
      !line.startsWith(this.chain, 3) ||
      line.charCodeAt(3 + this.chain.length) !== space
    ) {
      const end = line.indexOf(' ', 3)
      this.beginChain(line.slice(3, end < 0 ? undefined : end))
    }
    const { chain, cell } = this
    this.rules += 1
    this.inChain += 1
    sumOf(line, names.size, sum)
    this.hash.mix(sum)
    this.copies.add(sum.low, sum.high, table, chain, line)
    if (cell) {
      cell[0] += 1
      if (!this.churns) this.ownHash.mix(sum)
      if (this.filed && this.ufw && isFiled(line)) this.ufw[this.filed] += 1
    } else {
      const owner = baseRuleOwner(line, wanted.podNetworks)
      const anchored = this.cellOf(owner)
      anchored[0] += 1
      anchored[1] += 1
      if (!kubernetes.has(owner)) this.ownHash.mix(sum)
      if (table === 'nat') this.part(line)
    }
    if (table === 'nat' && (!cell || chain.startsWith('CNI-'))) this.forwards.rule(chain, line)
    this.path?.rule(chain, line)
  }

  declaration(text: string): void {
    const { table, builtIn } = this
    const [name, policy] = chainIn(text)
    if (table === undefined || !name) return
    this.path?.chain(name, policy)
    if (policy === '-') {
      if (ufwPart(name)) this.ufw ??= { user: 0, frame: 0 }
      return
    }
    builtIn.add(own(name))
    if (policy !== 'ACCEPT' && builtIn.size < mostTables) this.policies[`${table} ${own(name)}`] = own(policy)
    this.hash.add(`${table} ${name} ${policy}`)
    if (policy !== 'ACCEPT') this.ownHash.add(`${table} ${name} ${policy}`)
  }

  beginTable(text: string): void {
    this.endTable()
    if (this.names.size >= mostTables) return
    this.table = own(text.slice(1, longestName))
    this.names.add(this.table)
    this.ofTable.clear()
    this.builtIn = new Set()
    if (beginsIn(this.table, this.wanted.probes).size > 0) {
      this.path = gatherPath(this.wanted.probes, this.table)
      this.tables.set(this.table, this.path.table)
    }
  }

  endTable(): void {
    this.endChain()
    this.table = undefined
    this.path?.end()
    this.path = undefined
  }

  beginChain(name: string): void {
    this.endChain()
    const chain = name.slice(0, longestName)
    this.chain = chain
    this.replaced ||= chain.startsWith('CILIUM_') || chain.startsWith('cali')
    const owner = this.builtIn.has(chain) ? undefined : (chainOwner(chain) ?? 'other')
    this.cell = owner && this.cellOf(owner)
    this.churns = owner !== undefined && owner !== 'ufw' && owner !== 'other'
    this.filed = owner === 'ufw' && this.table === 'filter' ? ufwPart(chain) : undefined
    if (this.table === 'nat' && owner === 'kube-proxy') this.part('')
  }

  endChain(): void {
    if (this.inChain > 0) {
      this.tops.push([`${this.table} ${this.chain}`, this.inChain])
      if (this.tops.length >= 2 * mostChainsCounted) keepTop(this.tops)
    }
    this.chain = ''
    this.inChain = 0
  }

  comment(text: string): void {
    this.version ??= /^# Generated by \S+ (v\S+(?: \(\w+\))?)/.exec(text)?.[1]
    const name = /^# Table [`'](\w+)' is incompatible/.exec(text)?.[1]
    if (name && this.hidden.length < mostTables) this.hidden.push(own(name))
  }

  cellOf(whose: Owner): [number, number] {
    const known = this.ofTable.get(whose)
    if (known) return known
    const place = `${this.table} ${whose}`
    const cell = this.cells.get(place) ?? [0, 0]
    this.cells.set(place, cell)
    this.ofTable.set(whose, cell)
    return cell
  }

  /** `rule` is empty except in built-in chains. */
  part(rule: string): void {
    const found = kubePart(this.chain, rule)
    if (found) this.kube.add(found)
  }

  end(): Saved {
    const whole = this.table === undefined
    this.endTable()
    keepTop(this.tops)
    const { rules, policies, replaced, hidden, names, tables, ufw, version, strange } = this
    const copies = this.copies.end()
    return {
      ...{ rules, policies, replaced, hidden, tables, whole, strange },
      cells: Object.fromEntries(this.cells),
      chains: this.tops.map(([chain, count]) => [own(chain), count] as const),
      hash: this.hash.text(),
      own: this.ownHash.text(),
      forwards: this.forwards.end(),
      ...(ufw !== undefined && { ufw }),
      ...(copies && { copies }),
      kube: kubeParts.filter((it) => this.kube.has(it)),
      names: [...names],
      ...(version !== undefined && { version: own(version) }),
    }
  }
}

/** `:INPUT DROP [0:0]`: a chain and its policy, which is `-` for a user-defined chain. */
function chainIn(text: string): [chain: string, policy: string] {
  const middle = text.indexOf(' ')
  const end = text.indexOf(' ', middle + 1)
  return end < 0 || end > 200 ? ['', ''] : [text.slice(1, middle), text.slice(middle + 1, end)]
}

function keepTop(tops: [string, number][]) {
  tops.sort((a, b) => b[1] - a[1])
  tops.length = Math.min(tops.length, mostChainsCounted)
}
