import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { date, day, iso, minute, moment } from '../../agent/text/times.ts'
import { advice, renewal } from './advice.ts'
import { judgeClock } from './clock.ts'
import { type Group, groups, type Item } from './groups.ts'
import { judgeK3s } from './live.ts'
import { rules } from './rules.ts'
import type { CertsSample, SeenFile } from './sample.ts'
import { staleFiles, staleness } from './stale.ts'
import { lastStage, ofOthers, stage, stageNumber } from './window.ts'

/** How long after `client-admin.crt` was written k3s may take to write its kubeconfig too, ms. */
const starting = 2 * minute

/**
 * k3s renews the certificate it serves within hours once it may; only if it has not after this time, ms, is it
 * reported.
 */
const grace = day

export type Code = keyof typeof rules

/**
 * Newer releases renew 120 days ahead. People who restart k3s every quarter renew before this limit, ms, and are not
 * warned.
 */
const dueSoon = 90 * day

/** What is wrong with the certificates of a sample, one observation for each group and rule. */
export function assess(sample: CertsSample, warnDays: number, now: number): readonly Observation<Code>[] {
  const all = groups(withoutTheGood(sample, warnDays, now), warnDays)
  const stale = staleFiles(sample)
  return [
    ...all.flatMap((group) => [
      // An old copy that is still valid is reported by `staleness` instead, since nothing renews a copy in place.
      ...ended(group, sample, now).filter(
        (it) =>
          group.kind !== 'kubeconfig' ||
          (it.code === 'certs.expired' ? !beingRenewed(group, sample, now) : !stale.has(group.subject)),
      ),
      ...early(group, sample, now),
      ...unreadable(group, sample),
      ...authoritiesEnding(group, sample, now),
    ]),
    ...staleness(sample, now),
    ...judgeK3s(sample, now),
    ...judgeClock(sample, now),
  ]
}

/** k3s's own kubeconfig holds the same certificate as `client-admin.crt`, and is written shortly after it. */
const beingRenewed = ({ subject }: Group, { files, k3s }: CertsSample, now: number) =>
  subject === `/etc/rancher/${k3s?.distribution}/${k3s?.distribution}.yaml` &&
  files.some(
    (it) => it.of === 'k3s' && it.path.endsWith('/client-admin.crt') && now - (it.changed ?? 0) < starting,
  )

/** Leaves out files of the settings without a problem early, so that thousands of them cost next to nothing. */
function withoutTheGood(sample: CertsSample, warnDays: number, now: number): CertsSample {
  const limits = ofOthers(warnDays)
  const good = (it: SeenFile) =>
    it.of === 'extra' &&
    it.problem === undefined &&
    it.certificates.every((one) => stage(one, limits, now) === 'good')
  return { ...sample, files: sample.files.filter((it) => !good(it)) }
}

/**
 * The stage of an item, adjusted for reporting: a valid authority is `good`, and an item that renews itself has a day
 * of grace.
 */
export function stageOf(item: Item, group: Pick<Group, 'limits'>, now: number): ReturnType<typeof stage> {
  const at = stage(item.certificate, group.limits, now)
  if (item.authority && at !== 'expired' && at !== 'early') return 'good'
  return at === 'soon' && item.renewsItself ? stage(item.certificate, group.limits, now - grace) : at
}

const byEnd = (a: Item, b: Item) => a.certificate.to - b.certificate.to

/**
 * Expired or soon to expire. If any item has expired, the others get no finding of their own, since the same step
 * renews all.
 */
function ended(group: Group, sample: CertsSample, now: number): Observation<Code>[] {
  const staged = group.items.map((item) => ({ item, stage: stageOf(item, group, now) }))
  const pick = (...stages: string[]) =>
    staged
      .filter((it) => stages.includes(it.stage))
      .map((it) => it.item)
      .sort(byEnd)
  const over = pick('expired')
  const soon = pick('soon', 'last days')
  const items = over.length > 0 ? over : soon
  const [first] = items
  if (!first) return []
  const { to } = first.certificate
  const others = items.length - 1
  const mild = group.kind === 'kubeconfig'
  const kind = group.kind
  const left = to > now ? { in: duration(to - now) } : {}
  const evidence = { kind, first: first.source, not_after: iso(to), count: items.length, ...left }
  const about = { subject: group.subject, evidence, ...advice(group, over.length > 0, items, sample) }
  const count = items.length + (over.length > 0 ? soon.length : 0)
  const written = sample.files.find((it) => it.path === first.source)?.changed
  const renewed = renewal(group, count, sample, now, over.length > 0 ? to : undefined, written)
  if (over.length > 0) {
    const more = others > 0 ? `, and ${others} more since` : ''
    const next = soon[0] ? `; ${soon.length} more by ${date((soon.at(-1) as Item).certificate.to)}` : ''
    const text = `${first.where} expired ${moment(to)}, ${duration(now - to)} ago${more}${next}.${renewed}`
    const grade = mild ? ({ severity: 'warning' } as const) : {}
    return [{ code: 'certs.expired', ...about, ...grade, at: to, stage: lastStage, text }]
  }
  const last = (items.at(-1) as Item).certificate.to
  const more = others > 0 ? `; ${others} more follow by ${date(last)}` : ''
  const text = `${first.where} expires ${moment(to)}, in ${duration(to - now)}${more}.${renewed}`
  const grave = !mild && pick('last days').length > 0
  return [
    {
      code: 'certs.expiring',
      ...about,
      ...(grave && { severity: 'critical' }),
      ...(group.kind === 'restart' && to - now > dueSoon && { severity: 'info' }),
      stage: stageNumber(to - now),
      text,
    },
  ]
}

function early(group: Group, sample: CertsSample, now: number): Observation<Code>[] {
  const items = group.items
    .filter((it) => stageOf(it, group, now) === 'early')
    .sort((a, b) => b.certificate.from - a.certificate.from)
  const [first] = items
  if (!first) return []
  const { from } = first.certificate
  const more = items.length > 1 ? `; ${items.length - 1} more not valid yet` : ''
  return [
    {
      code: 'certs.not-yet-valid',
      subject: group.subject,
      impact: advice(group, true, items, sample).impact,
      text: `${first.where} is valid from ${moment(from)}, but the clock says ${moment(now)}${more}.`,
      evidence: { kind: group.kind, first: first.source, not_before: iso(from), count: items.length },
      ...(group.kind === 'kubeconfig' && { severity: 'warning' as const }),
    },
  ]
}

function unreadable(group: Group, sample: CertsSample): Observation<Code>[] {
  const [first] = group.problems
  if (first === undefined) return []
  const more = group.problems.length > 1 ? `; ${group.problems.length - 1} more like it` : ''
  const { fix, avoid } = advice(group, false, group.items, sample)
  const k3s = group.kind === 'restart' || group.kind === 'kubeconfig'
  return [
    {
      code: 'certs.unreadable',
      subject: group.subject,
      text: `${first}${more}.`,
      fix: k3s ? [...rules['certs.unreadable'].fix, ...fix.slice(0, 1)] : fix.slice(0, 1),
      ...(avoid && { avoid }),
      evidence: { kind: group.kind, count: group.problems.length },
    },
  ]
}

/** Critical below this time, ms: new authorities have to be copied to every node by hand. */
const lastMonth = 30 * day

/**
 * Reported on servers, where new authorities are created; an agent only has copies. Expired ones have a finding of
 * their own.
 */
function authoritiesEnding(group: Group, sample: CertsSample, now: number): Observation<Code>[] {
  if (group.kind !== 'authorities' || sample.k3s?.role !== 'server') return []
  if (group.items.some((it) => it.certificate.to < now)) return []
  const items = group.items
    .filter((it) => ['soon', 'last days'].includes(stage(it.certificate, group.limits, now)))
    .sort(byEnd)
  const [first] = items
  if (!first) return []
  const { to } = first.certificate
  const more =
    items.length > 1 ? `; ${items.length - 1} more by ${date((items.at(-1) as Item).certificate.to)}` : ''
  const { avoid, fix } = advice(group, false, items, sample)
  return [
    {
      code: 'certs.ca-expiring',
      subject: group.subject,
      text: `The CA ${first.where} expires ${moment(to)}, in ${duration(to - now)}${more}. k3s never renews it by itself.`,
      fix,
      ...(avoid && { avoid }),
      ...(to - now <= lastMonth && { severity: 'critical' as const }),
      stage: stageNumber(to - now),
      evidence: {
        first: first.source,
        not_after: iso(to),
        count: items.length,
        in: duration(to - now),
      },
    },
  ]
}
