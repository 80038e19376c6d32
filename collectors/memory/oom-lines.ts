import { comm, form } from '../node/kernel-log.ts'

/**
 * Parses the lines of the kernel's OOM killer, from 3.10 to 6.x (mm/oom_kill.c, mm/memcontrol.c). Each is recognised by
 * its whole form, from the first character to the last. Names in it may contain the same words, so fields before a name
 * are searched from the front, and fields after it from the back. Linear in the length. Texts stay escaped.
 */

/** `<process> invoked oom-killer: …`: a dump begins. Left out by the kernel after ten within 5 s. */
export interface Header {
  readonly kind: 'header'
  /**
   * The allocation could use any memory node. Before 5.0 this is the only sign that no cpuset or policy was the limit.
   */
  readonly anyNode: boolean
}

/** `oom-kill:constraint=…` (since 5.0), or `Task in A killed as a result of limit of B` before. */
export interface Choice {
  readonly kind: 'choice'
  readonly constraint: string
  readonly pid?: number
  /** The uid of its owner; the line of the kill has it only since 5.4. */
  readonly uid?: number
  /** The memory cgroup whose limit was reached. */
  readonly limitedBy?: string
  /** The memory cgroup of the victim. */
  readonly cgroup?: string
}

/** `memory: usage …kB, limit …kB`: of the cgroup whose limit was reached, in bytes. */
export interface Usage {
  readonly kind: 'usage'
  readonly limit?: number
}

/** `…: Kill process N (NAME) score …`, before 5.2; the process killed next may be a child of this one. */
export interface Sacrifice {
  readonly kind: 'sacrifice'
  readonly pid: number
  readonly cgroup: boolean
}

export interface Killed {
  readonly kind: 'killed'
  /** Whether a cgroup's limit was reached; undefined where only the line before says that. */
  readonly cgroup?: boolean
  readonly pid: number
  readonly comm: string
  readonly uid?: number
  /** Bytes. */
  readonly totalVm?: number
  readonly anonRss?: number
  readonly adj?: number
}

/** `Tasks in X are going to be killed due to memory.oom.group set`: printed after the first of them was killed. */
export interface Group {
  readonly kind: 'group'
  readonly cgroup: string
}

/** `…: OOM victim N (NAME) is already exiting`: no process was killed. */
export interface Exiting {
  readonly kind: 'exiting'
  readonly pid: number
}

export type Line = Header | Choice | Usage | Sacrifice | Killed | Group | Exiting

const message = String.raw`(Out of memory(?: \(oom_kill_allocating_task\))?|Memory cgroup out of memory)`
const pid = String.raw`(\d{1,10})`
const kb = String.raw`(\d{1,15})kB`

/** What follows the three sizes depends on the version, but is always words with numbers. */
const killed = form(
  String.raw`(?:${message}: )?Killed process ${pid} \((${comm})\)(?:, UID (\d{1,10}),)? total-vm:${kb}, anon-rss:${kb}, file-rss:${kb}((?:,? [A-Za-z_-]{1,20}:-?\d{1,15}(?:kB)?){0,8})`,
)
const sacrifice = form(
  String.raw`${message}: Kill process ${pid} \(${comm}\) score \d{1,10} or sacrifice child`,
)
const exiting = form(
  String.raw`${message}: OOM victim ${pid} \(${comm}\) is already exiting\. Skip killing the task`,
)
const header = form(
  String.raw`${comm} invoked oom-killer: gfp_mask=0x[\da-f]{1,16}(?:\([\w|]{0,400}\))?(?:, nodemask=(\(null\)|[\d,-]{1,400}?))?, {1,2}order=-?\d{1,3}, oom_score_adj=-?\d{1,5}`,
)
const usage = form(String.raw`memory: usage \d{1,20}kB, limit (\d{1,20})kB, failcnt \d{1,20}`)
const group = form(String.raw`Tasks in (\/[^]{0,16384}) are going to be killed due to memory\.oom\.group set`)
const choiceBegins = /^oom-kill:constraint=([^,]{1,64}),nodemask=(?:\(null\)|[\d,-]{1,400})(?=,)/
const choiceEnds = new RegExp(String.raw`,task=${comm},pid=${pid},uid=(\d{1,10})$`)

/** The longest line that comes in pieces, bytes: two cgroups of 4 KiB at most, of which each byte may be escaped. */
const longest = 40 * 1024

/** Parses a line; undefined if it is not the OOM killer's. */
export function oomLine(text: string): Line | undefined {
  if (text.length > longest) return undefined
  if (text.startsWith('oom-kill:constraint=')) return choice(text)
  if (text.startsWith('Task in ')) return choiceBefore5(text)
  const [, limit] = usage.exec(text) ?? []
  // "No limit" is printed as the greatest number of pages (PAGE_COUNTER_MAX).
  if (limit) return { kind: 'usage', ...(Number(limit) < 2 ** 43 && { limit: Number(limit) * 1024 }) }
  const [, cgroup] = group.exec(text) ?? []
  if (cgroup) return { kind: 'group', cgroup }
  const begins = header.exec(text)
  return begins ? { kind: 'header', anyNode: begins[1] === '(null)' } : kill(text)
}

/** Whether the line says that a process was killed; the kernel counts each in /proc/vmstat (__oom_kill_process). */
export const isKill = (text: string) => killed.test(text)

/** Whether the kernel prints this line piece by piece, so that it may come in several records. */
export const comesInPieces = (text: string) =>
  text.startsWith('oom-kill:') || text.startsWith('Task in ') || text.startsWith('Tasks in ')

function choice(text: string): Choice | undefined {
  const begins = choiceBegins.exec(text)
  // Long enough for a name of 15 bytes, each of them escaped, and two numbers.
  const tail = Math.max(0, text.length - 110)
  const ends = choiceEnds.exec(text.slice(tail))
  if (!begins || !ends) return undefined
  const between = text.slice(begins[0].length, tail + ends.index)
  return {
    kind: 'choice',
    constraint: begins[1] ?? '',
    pid: Number(ends[1]),
    uid: Number(ends[2]),
    ...cgroups(between),
  }
}

/**
 * `,cpuset=NAME,mems_allowed=LIST,oom_memcg=PATH,task_memcg=PATH`, or `,global_oom` instead of oom_memcg. The name
 * holds no slash, and paths begin with one.
 */
function cgroups(text: string): Pick<Choice, 'cgroup' | 'limitedBy'> {
  const by = text.indexOf(',oom_memcg=/')
  if (by >= 0) {
    const [limitedBy, cgroup] = split(text.slice(by + ',oom_memcg='.length), ',task_memcg=') ?? []
    return limitedBy === undefined || cgroup === undefined ? {} : { limitedBy, cgroup }
  }
  const of = text.indexOf(',task_memcg=/')
  return of < 0 ? {} : { cgroup: text.slice(of + ',task_memcg='.length) }
}

/**
 * Splits the text into the limited cgroup and the victim's. Names of cgroups may contain the separating words too, so a
 * split counts only if the victim's cgroup is the limited one or lies below it.
 */
function split(text: string, words: string, { victimFirst = false } = {}) {
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const parts = [text.slice(0, at), text.slice(at + words.length)] as const
    const [limit, victim] = victimFirst ? ([parts[1], parts[0]] as const) : parts
    if (limit === '/' ? victim.startsWith('/') : limit && `${victim}/`.startsWith(`${limit}/`))
      return [limit, victim] as const
  }
  return undefined
}

function choiceBefore5(text: string): Choice | undefined {
  const [limitedBy, cgroup] =
    split(text.slice('Task in '.length).trimEnd(), ' killed as a result of limit of ', {
      victimFirst: true,
    }) ?? []
  return limitedBy === undefined || cgroup === undefined
    ? undefined
    : { kind: 'choice', constraint: 'CONSTRAINT_MEMCG', cgroup, limitedBy }
}

const ofCgroup = (message: string | undefined) => message?.startsWith('Memory') ?? false

function kill(text: string): Killed | Sacrifice | Exiting | undefined {
  const found = killed.exec(text)
  if (found) {
    const [, by, id, comm = '', uid, totalVm, anonRss, , more = ''] = found
    const field = (name: string) => new RegExp(` ${name}:(-?\\d+)`).exec(more)?.[1]
    const numbers = {
      uid: uid ?? field('UID'),
      totalVm: Number(totalVm) * 1024,
      anonRss: Number(anonRss) * 1024,
      adj: field('oom_score_adj'),
    }
    return {
      kind: 'killed',
      ...(by !== undefined && { cgroup: ofCgroup(by) }),
      pid: Number(id),
      comm,
      ...(Object.fromEntries(
        Object.entries(numbers).flatMap(([name, it]) => (it === undefined ? [] : [[name, Number(it)]])),
      ) as Partial<Killed>),
    }
  }
  const chosen = sacrifice.exec(text)
  if (chosen) return { kind: 'sacrifice', pid: Number(chosen[2]), cgroup: ofCgroup(chosen[1]) }
  const spared = exiting.exec(text)
  return spared ? { kind: 'exiting', pid: Number(spared[2]) } : undefined
}
