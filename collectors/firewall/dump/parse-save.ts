import type { Cell } from '../cells.ts'
import { type Copies, countCopies } from '../checks/copies.ts'
import { kubePart, kubeParts } from '../checks/kube.ts'
import { baseRuleOwner, chainOwner, type Owner } from '../checks/owners.ts'
import { gatherForwards } from '../packet/forwards.ts'
import type { Probe } from '../packet/match.ts'
import { gatherPath } from '../packet/paths.ts'
import { own } from '../packet/steps.ts'
import { rolling, type Sum, sumOf } from '../packet/sums.ts'
import { type Table, type Tables, walkedTables } from '../packet/walk.ts'
import { isFiled, type UfwRules, ufwPart } from './ufw.ts'

/** What `iptables-save` printed, in numbers, and what a walk needs of it. */
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
}

const mostChainsCounted = 40
/** The kernel knows five tables; what claims more is no `iptables-save`. */
const mostTables = 16
const longestName = 64
const space = 32
/** Those rules of theirs by which their chains are reached are told apart by their number. */
const kubernetes = new Set<Owner>(['kube-proxy', 'kube-router', 'flannel', 'cni'])

/**
 * Reads the output of `iptables-save` line by line (iptables-save(8); the format is that of libiptc and of
 * iptables' nft backend). Keeps numbers, never rules, but for those a walk needs.
 */
export function readSaved({
  podNetworks,
  probes,
}: {
  podNetworks: readonly string[]
  probes: readonly Probe[]
}) {
  const cells = new Map<string, [number, number]>()
  const policies: Record<string, string> = {}
  const tops: [chain: string, rules: number][] = []
  const kube = new Set<string>()
  const hidden: string[] = []
  const tables = new Map<string, Table>()
  const names = new Set<string>()
  const hash = rolling()
  const ownHash = rolling()
  const sum: Sum = { low: 0, high: 0 }
  const copies = countCopies()
  const forwards = gatherForwards()
  let ufw: { -readonly [K in keyof UfwRules]: number } | undefined
  let rules = 0
  let version: string | undefined
  let table: string | undefined
  let path: ReturnType<typeof gatherPath> | undefined
  let builtIn = new Set<string>()
  let chain = ''
  /** Of the chain at hand, unless it is a built-in one, in which every rule has its own owner. */
  let cell: [number, number] | undefined
  let inChain = 0
  /** Of the chain at hand: whether its rules come and go with pods, services, containers or bans. */
  let churns = false
  let filed: keyof UfwRules | undefined
  let replaced = false

  const endChain = () => {
    if (inChain > 0) {
      tops.push([`${table} ${chain}`, inChain])
      if (tops.length >= 2 * mostChainsCounted) keepTop(tops)
    }
    chain = ''
    inChain = 0
  }
  const endTable = () => {
    endChain()
    table = undefined
    path?.end()
    path = undefined
  }

  const cellOf = (whose: Owner) => {
    const place = `${table} ${whose}`
    const cell = cells.get(place) ?? [0, 0]
    cells.set(place, cell)
    return cell
  }
  const beginChain = (name: string) => {
    endChain()
    chain = name.slice(0, longestName)
    replaced ||= chain.startsWith('CILIUM_') || chain.startsWith('cali')
    const owner = builtIn.has(chain) ? undefined : (chainOwner(chain) ?? 'other')
    cell = owner && cellOf(owner)
    churns = owner !== undefined && owner !== 'ufw' && owner !== 'other'
    filed = owner === 'ufw' && table === 'filter' ? ufwPart(chain) : undefined
    if (table === 'nat') part(owner === 'kube-proxy' ? '' : undefined)
  }
  /** `rule` only of built-in chains. */
  const part = (rule: string | undefined) => {
    const found = rule !== undefined && kubePart(chain, rule)
    if (found) kube.add(found)
  }

  const rule = (line: string) => {
    if (table === undefined) return
    // Rules of one chain follow one another, so that most lines need no more than this comparison.
    if (chain === '' || !line.startsWith(chain, 3) || line.charCodeAt(3 + chain.length) !== space) {
      const end = line.indexOf(' ', 3)
      beginChain(line.slice(3, end < 0 ? undefined : end))
    }
    rules += 1
    inChain += 1
    sumOf(line, names.size, sum)
    hash.mix(sum)
    copies.add(sum.low, sum.high, table, chain, line)
    if (cell) {
      cell[0] += 1
      if (!churns) ownHash.mix(sum)
      if (filed && ufw && isFiled(line)) ufw[filed] += 1
    } else {
      const owner = baseRuleOwner(line, podNetworks)
      const anchored = cellOf(owner)
      anchored[0] += 1
      anchored[1] += 1
      if (!kubernetes.has(owner)) ownHash.mix(sum)
      if (table === 'nat') part(line)
    }
    if (table === 'nat' && (!cell || chain.startsWith('CNI-'))) forwards.rule(chain, line)
    path?.rule(chain, line)
  }

  const line = (text: string) => {
    if (text.startsWith('-A ')) return rule(text)
    if (text.startsWith(':')) {
      const [name, policy] = chainIn(text)
      if (table === undefined || !name) return
      path?.chain(name, policy)
      if (policy === '-') {
        if (ufwPart(name)) ufw ??= { user: 0, frame: 0 }
        return
      }
      builtIn.add(own(name))
      if (policy !== 'ACCEPT' && builtIn.size < mostTables) policies[`${table} ${own(name)}`] = own(policy)
      hash.add(`${table} ${name} ${policy}`)
      if (policy !== 'ACCEPT') ownHash.add(`${table} ${name} ${policy}`)
      return
    }
    if (text.startsWith('*')) {
      endTable()
      if (names.size >= mostTables) return
      table = own(text.slice(1, longestName))
      names.add(table)
      builtIn = new Set()
      if (walkedTables.has(table)) {
        path = gatherPath(probes)
        tables.set(table, path.table)
      }
      return
    }
    if (text.startsWith('COMMIT')) return endTable()
    if (text.startsWith('#') && text.length < 200) {
      version ??= /^# Generated by \S+ (v\S+(?: \(\w+\))?)/.exec(text)?.[1]
      const name = /^# Table [`'](\w+)' is incompatible/.exec(text)?.[1]
      if (name && hidden.length < mostTables) hidden.push(own(name))
    }
  }

  const end = (): Saved => {
    const whole = table === undefined
    endTable()
    keepTop(tops)
    const found = copies.end()
    return {
      rules,
      cells: Object.fromEntries(cells),
      policies,
      chains: tops.map(([chain, count]) => [own(chain), count] as const),
      hash: hash.text(),
      own: ownHash.text(),
      forwards: forwards.end(),
      ...(ufw !== undefined && { ufw }),
      ...(found && { copies: found }),
      kube: kubeParts.filter((it) => kube.has(it)),
      replaced,
      hidden,
      names: [...names],
      tables,
      whole,
      ...(version !== undefined && { version: own(version) }),
    }
  }
  return { line, end }
}

/** `:INPUT DROP [0:0]`: a chain and its policy, which is `-` for one that people made. */
function chainIn(text: string): [chain: string, policy: string] {
  const middle = text.indexOf(' ')
  const end = text.indexOf(' ', middle + 1)
  return end < 0 || end > 200 ? ['', ''] : [text.slice(1, middle), text.slice(middle + 1, end)]
}

function keepTop(tops: [string, number][]) {
  tops.sort((a, b) => b[1] - a[1])
  tops.length = Math.min(tops.length, mostChainsCounted)
}
