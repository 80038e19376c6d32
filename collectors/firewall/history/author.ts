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
export function likely(heard: readonly WakeEvent[]): readonly Author[] {
  const byName = new Map<string, Author>()
  for (const it of heard) {
    const author = authorOf(it)
    if (author && !byName.has(author.name)) byName.set(author.name, author)
  }
  const all = [...byName.values()]
  const others = all.filter((it) => !churn.test(it.name))
  return others.length > 0 ? others : all
}

/** The likeliest author of a loss: the first, since repairs come after it. */
export const likeliest = (heard: readonly WakeEvent[]): Author | undefined => likely(heard)[0]
