import type { LogRecord } from '../node/kernel-log.ts'
import { unescaped } from '../node/kernel-log.ts'
import { podOfCgroup } from '../node/pods.ts'
import type { Choice, Killed } from './oom-lines.ts'
import { comesInPieces, oomLine } from './oom-lines.ts'

/**
 * Whose limit was reached: that of a memory cgroup, of the whole node, or of the memory nodes that a cpuset or a policy
 * allows. Only `constraint=` distinguishes the latter two; their kill lines are the same.
 */
export type Scope = 'cgroup' | 'node' | 'set' | 'unknown'

/** One OOM kill. Plain JSON; names are unescaped, but still untrusted. */
export interface Kill {
  readonly sequence: number
  /** Microseconds since the machine was started. */
  readonly uptime: number
  readonly pid: number
  readonly comm: string
  readonly uid?: number
  /** Bytes. */
  readonly totalVm?: number
  readonly anonRss?: number
  readonly adj?: number
  readonly scope: Scope
  /** As the kernel prints it; further values are possible. */
  readonly constraint?: string
  /** The memory cgroup whose limit was reached, and the limit in bytes. */
  readonly limitedBy?: string
  readonly limit?: number
  /** The victim's memory cgroup. */
  readonly cgroup?: string
  /** The kernel left out the cgroup; it is taken from earlier kills of the same name. */
  readonly inferred?: boolean
  /** Processes killed together: more than one with memory.oom.group. */
  readonly processes: number
}

/** What the kernel printed about a kill before the line of the kill itself. */
interface Dump {
  readonly anyNode?: boolean
  readonly constraint?: string
  readonly pid?: number
  readonly uid?: number
  readonly cgroup?: string
  readonly limitedBy?: string
  readonly limit?: number
  readonly sacrifice?: { readonly pid: number; readonly cgroup: boolean }
}

/**
 * The state of the reading between two records. It is kept over runs and restarts, since a run may end in the middle of
 * a dump. Plain JSON.
 */
export interface Reading {
  readonly dump?: Dump
  /** The beginning of a line that comes in several records. */
  readonly piece?: string
  /** The group that is being killed: the sequence number and pid of its first kill, and when it last lost a process. */
  readonly group?: { readonly first: number; readonly pid: number; readonly uptime: number }
  /** The last kill, and whether the log named the cgroup of its process. */
  readonly last?: {
    readonly sequence: number
    readonly uptime: number
    readonly pid: number
    readonly named: boolean
  }
  /** The kills of the last minute that had a full dump, newest last. */
  readonly recent?: readonly Told[]
}

type Told = Pick<Kill, 'uptime' | 'comm' | 'adj' | 'scope' | 'cgroup' | 'limitedBy' | 'limit'>

const longestPiece = 16 * 1024
/**
 * Microseconds for which earlier dumps are remembered. After ten dumps the kernel leaves them out for 5 s, so even in a
 * storm a kill with its dump comes every few seconds.
 */
const storm = 60_000_000
const mostRecent = 10
/** Microseconds between two processes of a group that are killed together. */
const oneGo = 1_000_000

/** Reads one record: calls `kill` for each new kill, and `amend` when more becomes known of an earlier one. */
export function readKills(
  reading: Reading,
  record: LogRecord,
  kill: (it: Kill) => void,
  amend: (sequence: number, change: (it: Kill) => Kill) => void,
): Reading {
  if (record.text === undefined) return reading
  const text = record.continues && reading.piece ? reading.piece + record.text : record.text
  const piece = comesInPieces(text) && text.length < longestPiece ? text : undefined
  const line = oomLine(text)
  if (!line) return piece === undefined ? reading : { ...reading, piece }
  const { dump, piece: _, group, ...history } = reading
  switch (line.kind) {
    case 'header':
      return { ...history, dump: { anyNode: line.anyNode } }
    case 'choice':
      return { ...history, ...(piece && { piece }), dump: { ...dump, ...chosen(line) } }
    case 'usage':
      return dump && line.limit !== undefined ? { ...reading, dump: { ...dump, limit: line.limit } } : reading
    case 'sacrifice': {
      // Two such lines without a kill between them: the first found no process to kill.
      const its = dump?.sacrifice ? undefined : dump
      return { ...history, dump: { ...its, sacrifice: { pid: line.pid, cgroup: line.cgroup } } }
    }
    case 'exiting':
      return dump?.pid === line.pid ? history : reading
    case 'group': {
      const { last } = history
      const cgroup = unescaped(line.cgroup)
      if (!last || record.uptime - last.uptime > oneGo) return reading
      // In a storm only this line names the cgroup of the processes.
      if (!last.named) amend(last.sequence, ({ inferred: _, ...it }) => ({ ...it, cgroup }))
      return { ...history, group: { first: last.sequence, pid: last.pid, uptime: record.uptime } }
    }
    case 'killed': {
      if (!dump && group && record.uptime - group.uptime < oneGo) {
        // The first process of the group is killed again with the rest, if it still has memory then.
        if (line.pid !== group.pid) amend(group.first, (it) => ({ ...it, processes: it.processes + 1 }))
        return { ...reading, group: { ...group, uptime: record.uptime } }
      }
      const { recent = [] } = forgetting(history, record.uptime)
      const known = told(record, line, dump)
      const found = known ?? inferred(record, line, line.cgroup ?? dump?.sacrifice?.cgroup, recent)
      kill(found)
      const last = {
        sequence: found.sequence,
        uptime: found.uptime,
        pid: found.pid,
        named: known !== undefined,
      }
      return { last, recent: known ? [...recent.slice(1 - mostRecent), brief(known)] : recent }
    }
  }
}

/** Without remembered kills that are too old to explain one now; `uptime` in microseconds. */
export function forgetting({ recent = [], ...reading }: Reading, uptime: number): Reading {
  const young = recent.filter((it) => uptime - it.uptime < storm)
  return { ...reading, ...(young.length > 0 && { recent: young }) }
}

const brief = ({ uptime, comm, adj, scope, cgroup, limitedBy, limit }: Kill): Told => ({
  uptime,
  comm,
  scope,
  ...(adj !== undefined && { adj }),
  ...(cgroup !== undefined && { cgroup }),
  ...(limitedBy !== undefined && { limitedBy }),
  ...(limit !== undefined && { limit }),
})

function chosen({ kind: _, cgroup, limitedBy, ...more }: Choice): Dump {
  return {
    ...more,
    ...(cgroup !== undefined && { cgroup: unescaped(cgroup) }),
    ...(limitedBy !== undefined && { limitedBy: unescaped(limitedBy) }),
  }
}

const bare = (record: LogRecord, { kind: _, cgroup: __, comm, ...killed }: Killed) => ({
  sequence: record.sequence,
  uptime: record.uptime,
  ...killed,
  comm: unescaped(comm),
  processes: 1,
})

/** A kill with the facts of its dump; undefined if the dump is of another kill or says nothing. */
function told(record: LogRecord, line: Killed, dump: Dump | undefined): Kill | undefined {
  if (!dump) return undefined
  const { constraint, pid, uid, cgroup, limitedBy, limit, sacrifice } = dump
  const its = pid === undefined || pid === line.pid || pid === sacrifice?.pid
  if (!its) return undefined
  const byCgroup = line.cgroup ?? sacrifice?.cgroup
  if (constraint === undefined && !(byCgroup === false && dump.anyNode)) return undefined
  return {
    // A child that was killed in place of the chosen process need not be of the same user.
    ...(uid !== undefined && pid === line.pid && { uid }),
    ...bare(record, line),
    scope: constraint === undefined ? 'node' : scopeOf(constraint),
    ...(constraint !== undefined && { constraint }),
    ...(cgroup !== undefined && { cgroup }),
    ...(limitedBy !== undefined && { limitedBy }),
    ...(limit !== undefined && { limit }),
  }
}

function scopeOf(constraint: string): Scope {
  if (constraint === 'CONSTRAINT_MEMCG') return 'cgroup'
  if (constraint === 'CONSTRAINT_NONE') return 'node'
  return /^CONSTRAINT_(CPUSET|MEMORY_POLICY)$/.test(constraint) ? 'set' : 'unknown'
}

/**
 * A kill whose line came without a dump. The cgroup of an earlier kill is assumed only if all kills of that name in the
 * last minute were in one pod (or one cgroup). "The node is out of memory" is assumed only if the last kill of this
 * kind was one.
 */
function inferred(
  record: LogRecord,
  line: Killed,
  byCgroup: boolean | undefined,
  recent: readonly Told[],
): Kill {
  const own = bare(record, line)
  const same = recent.filter((it) => (it.scope === 'cgroup') === byCgroup)
  const scope = same.at(-1)?.scope ?? (byCgroup ? 'cgroup' : 'unknown')
  const alike = same.filter((it) => it.cgroup !== undefined && it.comm === own.comm && it.adj === own.adj)
  const owners = new Set(alike.map((it) => podOfCgroup(it.cgroup ?? '')?.uid ?? it.cgroup))
  const like = owners.size === 1 ? alike.at(-1) : undefined
  return {
    ...own,
    scope,
    ...(like?.cgroup !== undefined && { cgroup: like.cgroup, inferred: true }),
    ...(like?.limitedBy !== undefined && { limitedBy: like.limitedBy }),
    ...(like?.limit !== undefined && { limit: like.limit }),
  }
}
