import { type Host, HostError } from '../../../agent/model/index.ts'
import type { Cell, Family } from '../cells.ts'
import { type NativeTable, nativeTable } from '../packet/native.ts'
import { rolling } from '../packet/sums.ts'
import type { RuleSet } from '../rule-set.ts'
import { type Owner, tableOwner } from './owners.ts'

/** nftables tables that iptables did not create, and what they mean for walking the others. */
export interface Native {
  readonly sets: readonly RuleSet[]
  /** Those that filter, for each family, and those that may drop packets at these hooks and are not followed. */
  readonly followed: readonly NativeTable[]
  readonly deciding: readonly { readonly table: string; readonly hooks: readonly string[] }[]
  /** Host ports that portmap maps with nftables, as `tcp 80`. */
  readonly ports: readonly string[]
  /** The tables could not be read, so nothing of the above is known. */
  readonly unread?: true
}

/**
 * How many tables are read, those that may be Kubernetes' first. Each of the others is only known as one that may drop
 * packets.
 */
const mostTables = 16
/** What a kernel without nftables makes it say: there is none, which is an answer. */
const noBackend = /(Protocol|Operation|Address family) not supported|Invalid argument/
/** At which hooks a table decides that could not be read, or has too much in it. */
const everywhere = ['prerouting', 'input', 'forward', 'output', 'postrouting']
/** A table in JSON, bytes: firewalld's take some 40 kB, ten thousand elements of sets 1 MB. */
const largest = 1024 * 1024
/** The tables of iptables' nft backend. */
const compatible = new Set(['filter', 'nat', 'mangle', 'raw', 'security'])
const familyOf: Readonly<Record<string, Family>> = { ip: 'ipv4', inet: 'ipv4', netdev: 'ipv4', ip6: 'ipv6' }
/** The families whose packets come to a table. */
const familiesOf = (kind: string): readonly Family[] =>
  kind === 'ip' ? ['ipv4'] : kind === 'ip6' ? ['ipv6'] : ['ipv4', 'ipv6']

/**
 * Reads the native tables. `names`: tables that iptables has printed, by family. Costs one process, one more for
 * each table, and another for each that filters. Throws a HostError where `nft` prints something else, or no whole table.
 */
export async function readNative(
  host: Host,
  nft: string,
  names: Readonly<Record<Family, ReadonlySet<string>>>,
): Promise<Native> {
  const listing = [nft, 'list', 'tables']
  const { stdout, stderr, exit } = await host.run(listing, { limit: 256 * 1024 })
  if (exit !== 0 && noBackend.test(stderr)) return { sets: [], followed: [], deciding: [], ports: [] }
  const doing = `running \`${listing.join(' ')}\``
  if (exit !== 0) throw new HostError('failed', `${doing}: exit code ${exit}: ${stderr.trim().slice(0, 200)}`)
  // `#` begins a comment (nft(8)), as its warnings of tables that belong to another program.
  if (stdout.split('\n').some((it) => it !== '' && !/^(?:table |#)/.test(it)))
    throw new HostError('failed', `${doing}: it did not print nftables' tables`)
  const tables = [...stdout.matchAll(/^table (\w+) ([\w.-]{1,64})$/gm)]
    .map(([, kind = '', name = '']) => ({ kind, name, family: familyOf[kind] }))
    .filter(
      ({ kind, name, family }) =>
        family && !((kind === 'ip' || kind === 'ip6') && compatible.has(name) && names[family].has(name)),
    )
    .sort((a, b) => Number(tableOwner(a.name) === 'other') - Number(tableOwner(b.name) === 'other'))
  const sets: RuleSet[] = []
  const followed: NativeTable[] = []
  const deciding = tables
    .slice(mostTables)
    .map(({ kind, name }) => ({ table: `${kind} ${name}`, hooks: everywhere }))
  const ports = new Set<string>()
  for (const { kind, name, family = 'ipv4' } of tables.slice(0, mostTables)) {
    const argv = [nft, '-s', 'list', 'table', kind, name]
    const reading = readTable({ kind, name, family, argv })
    let last = ''
    const ran = await host.run(argv, {
      line: (text) => {
        if (text !== '') last = text
        reading.line(text)
      },
    })
    // A table that is gone by now is ignored.
    if (ran.exit !== 0) continue
    if (last !== '}')
      throw new HostError('failed', `running \`${argv.join(' ')}\`: its output is not a whole table`)
    const it = reading.end()
    sets.push(it.set)
    if (it.decides.length > 0) {
      const all = await follow(host, nft, kind, name)
      followed.push(...all)
      if (all.length === 0) deciding.push({ table: `${kind} ${name}`, hooks: it.decides })
    }
    for (const port of it.ports) ports.add(port)
  }
  return { sets, followed, deciding, ports: [...ports] }
}

/** The rules of a table, for each of its families; none where they cannot be followed. */
async function follow(host: Host, nft: string, kind: string, name: string): Promise<readonly NativeTable[]> {
  try {
    const { stdout, exit } = await host.run([nft, '-j', 'list', 'table', kind, name], { limit: largest })
    if (exit !== 0 || kind === 'netdev') return []
    const printed: unknown = JSON.parse(stdout)
    const all = familiesOf(kind).map((family) => nativeTable(printed, `${kind} ${name}`, family))
    return all.every((it) => it !== undefined) ? all : []
  } catch {
    // It is gone, too large, or of another nft: it decides, and how is not known.
    return []
  }
}

interface TableName {
  readonly kind: string
  readonly name: string
  readonly family: Family
  readonly argv: readonly string[]
}

/** What a table may do to a packet that matters here. */
const deciding = /\b(drop|reject|queue|dnat|redirect|tproxy|synproxy)\b/

/** Parses what `nft -s list table` prints (nft(8)): chains are indented by one tab, rules by two. */
export function readTable({ kind, name, family, argv }: TableName) {
  const owner: Owner = tableOwner(name)
  const sums = rolling()
  const policies: Record<string, string> = {}
  const ports: string[] = []
  let rules = 0
  let anchors = 0
  let chain: string | undefined
  let base = false
  const hooks = new Set<string>()
  let drops = false
  const line = (text: string) => {
    drops ||= deciding.test(text)
    const begun = /^\tchain (\S{1,64}) \{$/.exec(text.slice(0, 100))?.[1]
    if (begun) {
      chain = begun
      base = false
      sums.add(text)
    } else if (text === '\t}') chain = undefined
    if (chain === undefined || !text.startsWith('\t\t') || begun) return
    // The continuation of the rule on the line before.
    if (text.startsWith('\t\t\t')) return sums.add(text)
    const words = text.trim()
    if (/^type \w+ hook /.test(words)) {
      base = true
      hooks.add(/ hook (\w+) /.exec(words)?.[1] ?? '')
      if (/policy drop;/.test(words)) policies[`${name} ${chain}`] = 'DROP'
      sums.add(text)
      return
    }
    if (/^(policy|comment) /.test(words)) return
    rules += 1
    if (base) anchors += 1
    sums.add(text)
    if (owner !== 'cni' || !words.includes('dnat')) return
    const protocol = /\b(tcp|udp|sctp)\b/.exec(words)?.[1]
    const port = /\bdport (\d{1,5})\b/.exec(words)?.[1]
    if (protocol && port && ports.length < 1000) ports.push(`${protocol} ${port}`)
  }
  const end = () => {
    const cell: Cell = [rules, anchors]
    const hash = sums.text()
    const set: RuleSet = {
      family,
      backend: 'native',
      table: `${kind} ${name}`,
      rules,
      cells: rules > 0 ? { [`${name} ${owner}`]: cell } : {},
      policies,
      chains: [],
      hash,
      own: owner === 'other' ? hash : '',
      kube: [],
      argv,
    }
    // Kubernetes' own tables drop only packets to services without pods, never to the node's ports.
    const decides = drops && owner !== 'kube-proxy' && owner !== 'cni'
    return { set, decides: decides ? [...hooks] : [], ports }
  }
  return { line, end }
}
