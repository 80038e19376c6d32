import type { WakeEvent } from '../../../agent/model/index.ts'

/** Who changed the rules, as the kernel recorded it with the change. */
export interface Author {
  /**
   * The name of the process. A process chooses its own name, so it is untrusted; already cut to harmless characters.
   */
  readonly name: string
  readonly pid: number
  readonly at: number
}

/**
 * `nft monitor` ends every change with `# new generation 9 by process 25978 (iptables)` (nftables src/monitor.c), but
 * only in its text mode, and without the name with `-n`.
 */
const generation = /^# new generation \d+ by process (\d{1,10}) \((.{1,64})\)$/

/** Whether a line of `nft monitor` says that something changed. */
export const isGeneration = (line: string) => line.startsWith('# new generation ')

/**
 * What a change deletes is printed before its generation: each rule of a flushed table, or a table as a whole (measured
 * with nftables 1.0.6). Families as nft(8) has them.
 */
const deletion = /^delete (?:rule|table) (ip6?|inet|netdev) ([\w.-]{1,64})(?: |$)/

/** From which table a line of `nft monitor` says that rules are deleted: `ipv4 nat`. */
export function deletedFrom(line: string): string | undefined {
  if (!line.startsWith('delete ')) return undefined
  const [, kind, table] = deletion.exec(line.slice(0, 100)) ?? []
  return kind === undefined ? undefined : `${kind === 'ip6' ? 'ipv6' : 'ipv4'} ${table}`
}

/** Tables of one change that are noted; a node has about ten. */
const mostTables = 32

/**
 * Which lines of `nft monitor` start a run: who made each change, and before it each table once from which it deletes,
 * since a flush prints a line for every rule. The answer depends on the lines before.
 */
export function relevantLines(): (line: string) => boolean {
  const noted = new Set<string>()
  return (line) => {
    if (isGeneration(line)) {
      noted.clear()
      return true
    }
    const table = deletedFrom(line)
    if (table === undefined || noted.has(table) || noted.size >= mostTables) return false
    noted.add(table)
    return true
  }
}

export function authorOf({ at, text }: WakeEvent): Author | undefined {
  const [, pid, name = ''] = generation.exec(text.trim()) ?? []
  return pid === undefined
    ? undefined
    : { name: name.replace(/[^\w.+:-]/g, '?').slice(0, 32), pid: Number(pid), at }
}

/**
 * Processes that rewrite rules all the time without deleting any: k3s itself, and `iptables-restore`, with which
 * kube-proxy and kube-router write (the kernel cuts names to 15 characters).
 */
const churn = /^(k3s(-server|-agent)?|rke2|kube-proxy|kube-router|flanneld?|ip6?tables-restor.*)$/

/**
 * Who may have made a change: the processes not known for churn, or all if there are only such. Each name once, in the
 * order of the events.
 */
export const likely = (heard: readonly WakeEvent[]): readonly Author[] =>
  ranked(heard.map(authorOf).filter((it) => it !== undefined))

function ranked(authors: readonly Author[]): readonly Author[] {
  const byName = new Map<string, Author>()
  for (const it of authors) if (!byName.has(it.name)) byName.set(it.name, it)
  const all = [...byName.values()]
  const others = all.filter((it) => !churn.test(it.name))
  return others.length > 0 ? others : all
}

/**
 * By table (`ipv4 nat`), the likeliest author of the loss of its rules: the first that deleted from it, since repairs
 * come after it. Whoever changed something else is none.
 */
export function deleters(heard: readonly WakeEvent[]): ReadonlyMap<string, Author> {
  const all = new Map<string, Author[]>()
  let tables: string[] = []
  for (const it of heard) {
    const table = deletedFrom(it.text)
    if (table !== undefined) tables.push(table)
    const author = authorOf(it)
    if (author) for (const each of tables) all.set(each, [...(all.get(each) ?? []), author])
    if (isGeneration(it.text)) tables = []
  }
  return new Map(
    [...all].flatMap(([table, authors]) => {
      const [first] = ranked(authors)
      return first ? [[table, first] as const] : []
    }),
  )
}
