import { gravest } from '../core/cascade.ts'
import { blindCode, type Outcome } from '../core/round.ts'
import type { Silence } from '../core/silence.ts'
import type {
  Collector,
  Deadline,
  Finding,
  HeartbeatState,
  Incident,
  Passes,
  Properties,
  Sample,
  Settings,
  Severity,
  Unseen,
} from '../model/index.ts'
import { fingerprintOf } from '../text/fingerprint.ts'
import { hour } from '../text/times.ts'

/** What `agent status --json` prints and the socket answers. `version` rises when a field changes meaning or goes. */
export interface Snapshot {
  readonly version: 2
  readonly node: string
  /** What the owner calls the cluster. */
  readonly cluster?: string
  readonly at: number
  readonly agent: { readonly version: string; readonly pid: number; readonly started: number }
  /** The highest open severity; `unknown` while a collector has not finished a round yet, or nothing can be seen. */
  readonly state: 'ok' | 'warning' | 'critical' | 'unknown'
  /** What machine this is, in words. */
  readonly machine: string
  /** Open ones, and those resolved within the last hour. */
  readonly incidents: readonly ShownIncident[]
  readonly collectors: readonly CollectorRow[]
  readonly sinks: readonly SinkRow[]
  /** Absent for none. */
  readonly heartbeats?: readonly HeartbeatState[]
  /** Where the metrics are shown beside the socket; absent for nowhere. */
  readonly exposed?: readonly ExposedRow[]
  readonly deadlines: readonly Deadline[]
  /** Silences in force. */
  readonly silences: readonly Silence[]
}

/** `fingerprint`: the same for the same cause on other nodes (`fingerprintOf`). */
export type ShownIncident = Incident & { readonly fingerprint?: string }

export const withFingerprint = (it: Incident, node: string): ShownIncident => ({
  ...it,
  fingerprint: fingerprintOf(it.cause, node),
})

/**
 * A socket's answer as a Snapshot. Throws where it cannot be one: another version, or another program. Only the top
 * level is checked; whoever shows it must be prepared for anything below that.
 */
export function snapshotOf(answer: unknown): Snapshot {
  const it = (typeof answer === 'object' && answer !== null ? answer : {}) as Partial<Snapshot>
  const lists = [it.incidents, it.collectors, it.sinks, it.deadlines, it.silences]
  const states: readonly unknown[] = ['ok', 'warning', 'critical', 'unknown']
  if (
    it.version !== 2 ||
    !states.includes(it.state) ||
    typeof it.node !== 'string' ||
    !Number.isFinite(it.at) ||
    !lists.every(Array.isArray)
  )
    throw new Error('what it answers is no status of this version of Murphy')
  return it as Snapshot
}

export interface CollectorRow {
  readonly name: string
  readonly title: string
  readonly state: 'ok' | 'findings' | 'blind' | 'waiting' | 'off'
  readonly summary: string
  /** When its last round was, and how long that took, ms. */
  readonly last?: number
  readonly took?: number
  readonly next?: number
  readonly blindSince?: number
  /** Nothing of what it watches is on this machine: it `never` was, as far as is known, or is `gone`. */
  readonly absent?: 'never' | 'gone'
  readonly unseen: readonly Unseen[]
  readonly findings: number
  /** The last day of its first series, oldest first, for a sparkline. */
  readonly trend: readonly number[]
}

export interface SinkRow {
  readonly name: string
  readonly type: string
  readonly lastSent?: number
  readonly failing?: { readonly since: number; readonly why: string; readonly next?: number }
  readonly gone?: string
  /** What people miss, as the service is too old for it: a sentence. */
  readonly lacks?: string
  /** The sinks that have to fail before it is used. */
  readonly onlyWhen?: readonly string[]
  /** Quiet hours that are now, and the mildest that is sent in them. */
  readonly quiet?: { readonly until: number; readonly passes: Passes }
  readonly waiting: number
}

/** An address or a file, and why the metrics are not there. */
export interface ExposedRow {
  readonly place: string
  /** Set while they are not there. */
  readonly failing?: { readonly since: number; readonly why: string }
}

/** What is known of a collector when its row is made. */
export interface Seen {
  readonly settings: Settings<Properties>
  readonly at: number
  /** All open findings; the collector's own are picked by their code. */
  readonly open: readonly Finding[]
  readonly enabled?: boolean
  /** Its last round; before the first one, the sample of an earlier daemon is shown. */
  readonly outcome?: Outcome | undefined
  readonly sample?: Sample | undefined
  readonly last?: number | undefined
  readonly next?: number | undefined
  readonly trend?: readonly number[]
}

/** The row of one collector. */
export function rowOf(collector: Collector, seen: Seen): CollectorRow {
  const { open, enabled = true, outcome, trend = [], next } = seen
  const own = open.filter((it) => it.resolved === undefined && it.code.startsWith(`${collector.name}.`))
  const blind = own.find((it) => it.code === blindCode(collector.name))
  const findings = own.length - (blind ? 1 : 0)
  const sample = outcome?.sample ?? seen.sample
  const last = outcome?.at ?? seen.last
  const looked = last !== undefined
  const absent = sample && collector.absent?.(sample)
  return {
    name: collector.name,
    title: collector.title,
    state: !enabled ? 'off' : !looked ? 'waiting' : blind ? 'blind' : findings > 0 ? 'findings' : 'ok',
    summary: sample ? collector.summary(sample, seen.settings, seen.at) : '',
    ...(looked && { last }),
    ...(outcome && { took: outcome.took }),
    ...(next !== undefined && { next }),
    ...(blind && { blindSince: blind.since }),
    ...(absent && { absent }),
    unseen: outcome?.unseen ?? [],
    findings,
    trend,
  }
}

/** The state of the whole node: `unknown` too where what is to be watched was there and is gone. */
export function overall(
  incidents: readonly Incident[],
  collectors: readonly CollectorRow[],
): Snapshot['state'] {
  const open = incidents.filter((it) => it.resolved === undefined)
  const severity: Severity = gravest(open)
  if (severity !== 'info') return severity
  const looking = collectors.filter((it) => it.state !== 'off')
  // What was there and is not any more is not well, though nothing of it is wrong.
  const sighted = looking.filter(
    (it) => (it.state === 'ok' || it.state === 'findings') && it.absent !== 'gone',
  )
  return sighted.length < looking.length ? 'unknown' : 'ok'
}

/** 0 ok, 1 warning, 2 critical, 3 unknown: the exit codes of Nagios plugins, which monitoring scripts expect. */
export const exitCode = (state: Snapshot['state']) =>
  (({ ok: 0, warning: 1, critical: 2, unknown: 3 }) as const)[state]

/** The incidents a status shows: open ones, most severe first and the newest of them, then those resolved within the last hour. */
export function shown(incidents: readonly Incident[], node: string, now: number): readonly ShownIncident[] {
  const rank = { critical: 0, warning: 1, info: 2 }
  const open = incidents.filter((it) => it.resolved === undefined)
  const over = incidents.filter((it) => it.resolved !== undefined && now - it.resolved < hour)
  return [...open.sort((a, b) => rank[a.severity] - rank[b.severity] || b.since - a.since), ...over].map(
    (it) => withFingerprint(it, node),
  )
}
