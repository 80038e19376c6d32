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
 * What a change does is printed before its generation: each rule of a flushed table that goes, or a table as a whole,
 * and each rule that it puts there (measured with nftables 1.0.6). Families as nft(8) has them.
 */
const change =
  /^(?:(delete|add|insert) rule (ip6?|inet|netdev) ([\w.-]{1,64}) (\S{1,64}) |(delete) table (ip6?|inet|netdev) ([\w.-]{1,64})(?: |$))/

/** Where iptables keeps what leads to all its other chains: a flush takes that, a sync of kube-proxy does not. */
const builtIn = /^(?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/
const ofIptables = /^ip6? (?:raw|mangle|nat|filter|security)$/

/** Rules that a line of `nft monitor` says are taken from a table (`ipv4 nat`) or put there. */
export interface Touched {
  readonly table: string
  /** `all`: the table went as a whole. */
  readonly what: 'taken' | 'put' | 'all'
}

/** Undefined for what concerns no rule that leads to others: iptables has these in the built-in chains only. */
export function touched(line: string): Touched | undefined {
  if (!/^(?:delete|add|insert) /.test(line)) return undefined
  const [, rule, ruleKind, of, chain = '', whole, kind = ruleKind, name = of] =
    change.exec(line.slice(0, 200)) ?? []
  if (kind === undefined || name === undefined) return undefined
  if (!whole && ofIptables.test(`${kind} ${name}`) && !builtIn.test(chain)) return undefined
  const table = `${kind === 'ip6' ? 'ipv6' : 'ipv4'} ${name}`
  return { table, what: whole ? 'all' : rule === 'delete' ? 'taken' : 'put' }
}

/** Tables of one change that are noted, each for what is taken and what is put; a node has about ten. */
const mostNoted = 32

/** The so many first lines of a kind are handed on one by one; after them one for each quarter more. */
const exact = 16
const nextNoted = (count: number) => (count < exact ? count + 1 : Math.ceil(count * 1.25))

/**
 * Which lines of `nft monitor` start a run: who made each change, and before it how many rules it took from a table and
 * put there, to within a quarter, since a flush prints a line for every rule. The answer depends on the lines before.
 */
export function relevantLines(): (line: string) => boolean {
  const noted = new Map<string, { count: number; next: number }>()
  return (line) => {
    if (isGeneration(line)) {
      noted.clear()
      return true
    }
    const it = touched(line)
    if (!it) return false
    const key = `${it.what} ${it.table}`
    const known = noted.get(key) ?? { count: 0, next: 1 }
    if (known.count === 0 && noted.size >= mostNoted) return false
    known.count += 1
    noted.set(key, known)
    if (known.count < known.next) return false
    known.next = nextNoted(known.count)
    return true
  }
}

/** How many rules so many lines stand for, as `relevantLines` hands them on. */
function meant(lines: number): { readonly least: number; readonly most: number } {
  let least = 0
  for (let at = 0; at < lines; at += 1) least = nextNoted(least)
  return { least, most: lines === 0 ? 0 : nextNoted(least) - 1 }
}

/** The kernel cuts the names of processes to 15 characters; these a person has to know again. */
const longNames = ['iptables-restore', 'ip6tables-restore', 'iptables-nft-restore', 'ip6tables-nft-restore']
const kept = 15
const whole = (name: string) => (name.length === kept && longNames.find((it) => it.startsWith(name))) || name

export function authorOf({ at, text }: WakeEvent): Author | undefined {
  const [, pid, name = ''] = generation.exec(text.trim()) ?? []
  return pid === undefined
    ? undefined
    : { name: whole(name.replace(/[^\w.+:-]/g, '?').slice(0, 32)), pid: Number(pid), at }
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
export function likely(heard: readonly WakeEvent[]): readonly Author[] {
  const byName = new Map<string, Author>()
  for (const it of heard.map(authorOf)) if (it && !byName.has(it.name)) byName.set(it.name, it)
  const all = [...byName.values()]
  const others = all.filter((it) => !churn.test(it.name))
  return others.length > 0 ? others : all
}

/** What a table held in its built-in chains when it was well, and how many of that are gone. */
export interface Loss {
  readonly had: number
  readonly lost: number
}

/** So much of what is gone, at the least, is taken by whoever flushed: a few rules may have gone or come by themselves. */
const share = 2 / 3

interface Taking {
  readonly author: Author
  /** Rules that are fewer by it, at the most. */
  readonly net: number
}

/**
 * By table (`ipv4 nat`), who made its loss: the last change that can have taken most of what is gone, since what it took
 * was there until then; else, where all that was heard amounts to the loss, the change that took the most. Who deleted
 * too little, as a CNI plugin its own rule, is none; nor is who put back what he took. A table of which nothing like its
 * loss was heard is absent: its author is not known, or not yet.
 */
export function deleters(
  heard: readonly WakeEvent[],
  losses: ReadonlyMap<string, Loss>,
): ReadonlyMap<string, Author> {
  const changes = changesOf(heard)
  return new Map(
    [...losses].flatMap(([table, { had, lost }]) => {
      const all = changes.flatMap(({ author, lines }): Taking[] => {
        const { taken = 0, put = 0, all = 0 } = lines.get(table) ?? {}
        const most = all > 0 ? had : Math.min(had, meant(taken).most)
        return taken + put + all === 0 ? [] : [{ author, net: most - meant(put).least }]
      })
      const whole = all.findLast((it) => it.net > 0 && it.net >= lost * share)
      const others = all.filter((it) => !churn.test(it.author.name))
      const sum = others.reduce((net, it) => net + it.net, 0)
      const [most] = sum > 0 && sum >= lost ? others.toSorted((a, b) => b.net - a.net) : []
      const its = whole ?? most
      return its ? [[table, its.author] as const] : []
    }),
  )
}

type Lines = ReadonlyMap<string, Partial<Record<Touched['what'], number>>>

/** Each change, with its lines by table. */
function changesOf(heard: readonly WakeEvent[]): readonly { author: Author; lines: Lines }[] {
  const changes: { author: Author; lines: Lines }[] = []
  let lines = new Map<string, Partial<Record<Touched['what'], number>>>()
  for (const it of heard) {
    const its = touched(it.text)
    if (its) {
      const known = lines.get(its.table) ?? {}
      lines.set(its.table, { ...known, [its.what]: (known[its.what] ?? 0) + 1 })
    }
    const author = authorOf(it)
    if (author) changes.push({ author, lines })
    if (isGeneration(it.text)) lines = new Map()
  }
  return changes
}
