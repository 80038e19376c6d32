/**
 * The lines of the kernel's OOM killer, from 3.10 to 6.x (mm/oom_kill.c, mm/memcontrol.c). Each is known by
 * how it begins, so that no process can forge one by its name (15 bytes at most), and read by searching for
 * fixed words from the end that no name can move: linear in the length, whatever a name holds. Texts stay
 * as escaped as they came.
 */

/** `<process> invoked oom-killer: …`: a dump begins. It is left out when ten came within 5 s. */
export interface Header {
  readonly kind: 'header'
  /** Before 5.0 the only sign that no set of memory nodes was the limit. */
  readonly anyNode: boolean
}

/** `oom-kill:constraint=…` (since 5.0), or `Task in A killed as a result of limit of B` before. */
export interface Choice {
  readonly kind: 'choice'
  readonly constraint: string
  readonly pid?: number
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

/** `…: Kill process N (NAME) score …`: before 5.2; the victim named next may be a child of it. */
export interface Sacrifice {
  readonly kind: 'sacrifice'
  readonly pid: number
  readonly cgroup: boolean
}

export interface Killed {
  readonly kind: 'killed'
  /** Whether a cgroup's limit was reached; undefined where only the line before it says. */
  readonly cgroup?: boolean
  readonly pid: number
  readonly comm: string
  readonly uid?: number
  /** Bytes. */
  readonly totalVm?: number
  readonly anonRss?: number
  readonly adj?: number
}

/** `Tasks in X are going to be killed due to memory.oom.group set`: after the first of them was killed. */
export interface Group {
  readonly kind: 'group'
  readonly cgroup: string
}

/** `…: OOM victim N (NAME) is already exiting`: nobody was killed. */
export interface Exiting {
  readonly kind: 'exiting'
  readonly pid: number
}

export type Line = Header | Choice | Usage | Sacrifice | Killed | Group | Exiting

const node = 'Out of memory'
const limit = 'Memory cgroup out of memory'

/** What the line says, or undefined for all that is not the OOM killer's. */
export function oomLine(text: string): Line | undefined {
  if (text.startsWith('oom-kill:constraint=')) return choice(text)
  if (text.startsWith('memory: usage ')) return usage(text)
  if (text.startsWith('Tasks in ')) return group(text)
  if (text.startsWith('Task in ')) return choiceBefore5(text)
  if (text.startsWith(limit) || text.startsWith(node) || text.startsWith('Killed process ')) return kill(text)
  // The name before it is 15 bytes, up to 60 characters once escaped.
  const at = text.slice(0, 80).indexOf(' invoked oom-killer: ')
  return at < 0 ? undefined : { kind: 'header', anyNode: text.includes('nodemask=(null)', at) }
}

/** Whether the line says that a process was killed: the kernel counts one in /proc/vmstat for each of these (__oom_kill_process). */
export const isKill = (text: string) =>
  (text.startsWith(limit) || text.startsWith(node) || text.startsWith('Killed process ')) &&
  text.includes('Killed process ')

/** The lines that are printed piece by piece, and may therefore come in more than one record. */
export const comesInPieces = (text: string) =>
  text.startsWith('oom-kill:') || text.startsWith('Task in ') || text.startsWith('Tasks in ')

/** The number behind `word`. */
function number(text: string, word: string, from = 0): number | undefined {
  const at = text.indexOf(word, from)
  const value = at < 0 ? Number.NaN : Number.parseInt(text.slice(at + word.length, at + word.length + 20), 10)
  return Number.isSafeInteger(value) ? value : undefined
}

const kilobytes = (text: string, word: string, from: number) => {
  const value = number(text, word, from)
  return value === undefined ? undefined : value * 1024
}

function choice(text: string): Choice | undefined {
  const uid = text.lastIndexOf(',uid=')
  const pidAt = text.lastIndexOf(',pid=', uid)
  const task = text.lastIndexOf(',task=', pidAt)
  const of = text.lastIndexOf(',task_memcg=', task)
  const by = text.indexOf(',oom_memcg=')
  const pid = number(text, ',pid=', pidAt)
  const start = text.indexOf('=') + 1
  const constraint = text.slice(start, text.indexOf(',', start))
  if (uid < 0 || pidAt < 0 || pid === undefined) return undefined
  return {
    kind: 'choice',
    constraint,
    pid,
    ...(of > 0 && task > of && { cgroup: text.slice(of + ',task_memcg='.length, task) }),
    ...(by > 0 && of > by && { limitedBy: text.slice(by + ',oom_memcg='.length, of) }),
  }
}

function choiceBefore5(text: string): Choice | undefined {
  const words = ' killed as a result of limit of '
  const at = text.lastIndexOf(words)
  if (at < 0) return undefined
  return {
    kind: 'choice',
    constraint: 'CONSTRAINT_MEMCG',
    cgroup: text.slice('Task in '.length, at),
    limitedBy: text.slice(at + words.length).trimEnd(),
  }
}

function usage(text: string): Usage {
  const value = kilobytes(text, ', limit ', 0)
  // No limit is the greatest number of pages there is (PAGE_COUNTER_MAX).
  return { kind: 'usage', ...(value !== undefined && value < 2 ** 53 && { limit: value }) }
}

function group(text: string): Group | undefined {
  const at = text.lastIndexOf(' are going to be killed due to memory.oom.group set')
  return at < 0 ? undefined : { kind: 'group', cgroup: text.slice('Tasks in '.length, at) }
}

function kill(text: string): Killed | Sacrifice | Exiting | undefined {
  const killed = text.indexOf('Killed process ')
  const chosen = text.indexOf(': Kill process ')
  const victim = text.indexOf(': OOM victim ')
  const cgroup = text.startsWith(limit)
  if (killed >= 0) {
    const pid = number(text, 'Killed process ', killed)
    const open = text.indexOf(' (', killed)
    // Nothing behind the name has a parenthesis, but the name may.
    const close = text.lastIndexOf(')')
    if (pid === undefined || open < 0 || close < open) return undefined
    const uid = number(text, ' UID:', close) ?? number(text, ', UID ', close)
    const found = {
      uid,
      totalVm: kilobytes(text, 'total-vm:', close),
      anonRss: kilobytes(text, 'anon-rss:', close),
      adj: number(text, 'oom_score_adj:', close),
    }
    return {
      kind: 'killed',
      ...(killed > 0 && { cgroup }),
      pid,
      comm: text.slice(open + 2, close),
      ...(Object.fromEntries(Object.entries(found).filter(([, it]) => it !== undefined)) as Partial<Killed>),
    }
  }
  const pid = number(text, chosen >= 0 ? ': Kill process ' : ': OOM victim ')
  if (pid === undefined) return undefined
  if (chosen >= 0) return { kind: 'sacrifice', pid, cgroup }
  return victim >= 0 ? { kind: 'exiting', pid } : undefined
}
