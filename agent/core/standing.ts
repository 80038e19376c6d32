import { createHash } from 'node:crypto'
import type { Finding, Incident, Labels, Severity, Standing } from '../model/index.ts'
import { severities, statementsOf } from '../model/index.ts'
import { fingerprintOf } from '../text/fingerprint.ts'
import { line } from '../text/sanitize.ts'
import { minute } from '../text/times.ts'
import { tellFrom } from './ledger.ts'
import { type Silence, silencing } from './silence.ts'

/** What such a service was told, kept over restarts: so that what is over can be ended. */
export interface Stated {
  readonly labels: Labels
  /** The id of its finding. */
  readonly finding: string
  readonly starts: number
  readonly ended?: number
}

/** What may be said of one finding now. */
export interface Current {
  readonly labels: Labels
  readonly finding: string
  /** It is not to begin now, as somebody knows already or it has not lasted; what has begun goes on, as an end would say that it is over. */
  readonly muted: boolean
}

export interface StandingPolicy {
  readonly node: string
  readonly cluster?: string | undefined
  /** The lowest severity that is told. */
  readonly min: Severity
  readonly silences: readonly Silence[]
}

/**
 * How long the end of something is told again at least, ms: as long as Prometheus does (rules/alerting.go,
 * resolvedRetention). On top of it comes how long the service holds what is open without being told: an end that was
 * never heard would else be true there only then.
 */
export const endedFor = 15 * minute

/** Characters of a label, of which some services make columns and names. */
const limits = { subject: 200, name: 80 }

/** `firewall.kube-chains-missing` as `FirewallKubeChainsMissing`. */
export const alertName = (code: string): string =>
  code.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9]?)/g, (_, first: string) => first.toUpperCase())

/** By which a node is known. */
export const nodeLabels = ({ node, cluster }: Pick<StandingPolicy, 'node' | 'cluster'>): Labels => ({
  node: line(node, limits.name),
  ...(cluster && { cluster: line(cluster, limits.name) }),
})

/** Incidents are told apart by it: of the form that any label may have. */
const shortId = (id: string) => createHash('sha256').update(id).digest('hex').slice(0, 12)

/**
 * Every open finding that is grave enough, of the incidents there are: each with labels that stay the same for as long
 * as it is open, as grave as it is, and has the same cause. No two have the same labels. Pure.
 */
export function current(
  incidents: readonly Incident[],
  policy: StandingPolicy,
  now: number,
): readonly Current[] {
  const found = new Map<string, Current>()
  const { node, min, silences } = policy
  const own = nodeLabels(policy)
  const told = (it: Finding) =>
    it.resolved === undefined && severities.indexOf(it.severity) >= severities.indexOf(min)
  for (const incident of incidents) {
    const { cause } = incident
    const muted = silencing(silences, incident, now) !== undefined
    for (const it of statementsOf(incident).filter(told)) {
      const labels: Labels = {
        alertname: alertName(it.code),
        severity: it.severity,
        ...own,
        subject: line(it.subject, limits.subject),
        incident: shortId(incident.id),
        cause: line(cause.code, limits.name),
        fingerprint: fingerprintOf(cause, node),
        role: it.id === cause.id ? 'cause' : 'consequence',
      }
      const key = keyOf(labels)
      const entry = { labels, finding: it.id, muted: muted || tellFrom(it) > now }
      const last = found.get(key)
      if (!last || (last.muted && !entry.muted)) found.set(key, entry)
    }
  }
  return [...found.values()]
}

/**
 * What is to be said from now on: what is so, each since it was first said, and what has ended, for `held` and `endedFor`.
 * `held`: how long the service holds what it was told to be open, ms. Pure.
 */
export function stated(
  before: readonly Stated[],
  all: readonly Current[],
  now: number,
  held: number,
): readonly Stated[] {
  const known = new Map(before.map((it) => [keyOf(it.labels), it]))
  const fresh = ({ ended }: Stated) => ended === undefined || now - ended < held + endedFor
  const open = all.flatMap(({ labels, finding, muted }): Stated[] => {
    const last = known.get(keyOf(labels))
    if (last && last.ended === undefined) return [last.finding === finding ? last : { ...last, finding }]
    if (!muted) return [{ labels, finding, starts: now }]
    // It got graver, say, while nobody is to be told of it: an end of what was said would be taken for an all-clear.
    return before.filter((it) => it.finding === finding && it.ended === undefined)
  })
  const keys = new Set(open.map((it) => keyOf(it.labels)))
  const over = before
    .filter((it) => !keys.has(keyOf(it.labels)))
    // A clock that was set back must not keep an end for ever.
    .map((it) => (it.ended === undefined || it.ended > now ? { ...it, ended: now } : it))
  return [...open, ...over.filter(fresh)]
}

/** The same with what is known of each: causes before what follows from them. Pure. */
export function standing(all: readonly Stated[], incidents: readonly Incident[]): readonly Standing[] {
  const known = new Map(
    incidents.flatMap((incident) =>
      [incident.cause, ...incident.affected].map((it) => [it.id, { finding: it, incident }] as const),
    ),
  )
  return all
    .map(({ labels, starts, ended, finding }) => ({
      ...{ labels, starts },
      ...(ended !== undefined && { ended }),
      ...known.get(finding),
    }))
    .toSorted((a, b) => rank(a) - rank(b))
}

const rank = ({ labels }: Pick<Stated, 'labels'>) => (labels.role === 'consequence' ? 1 : 0)

/** The same for the same labels. */
export const keyOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** What was kept of it, as far as it can be that. */
export function readStated(kept: unknown): readonly Stated[] {
  const { stated: all } = (typeof kept === 'object' && kept !== null ? kept : {}) as { stated?: unknown }
  return Array.isArray(all) ? all.filter(isStated) : []
}

function isStated(it: unknown): it is Stated {
  const { labels, finding, starts, ended } = (
    typeof it === 'object' && it !== null ? it : {}
  ) as Partial<Stated>
  return (
    typeof labels === 'object' &&
    labels !== null &&
    Object.values(labels).every((value) => typeof value === 'string') &&
    typeof finding === 'string' &&
    Number.isFinite(starts) &&
    (ended === undefined || Number.isFinite(ended))
  )
}
