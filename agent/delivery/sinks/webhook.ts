import { createHash, createHmac } from 'node:crypto'
import type { Finding, Incident, Letter, Notice } from '../../model/index.ts'
import { severityOfAll, sink, titleOf } from '../../model/index.ts'
import { fingerprintOf } from '../../text/fingerprint.ts'
import { jsonBytes, shorten } from '../../text/lengths.ts'
import { underName } from '../../text/own-name.ts'
import { line } from '../../text/sanitize.ts'
import { timestamp } from '../../text/times.ts'
import { bySeverity, gravestOf } from './digest.ts'
import { words } from './message.ts'
import { gravestFirst, marks, runbook } from './parts.ts'
import { plainText } from './plain-text.ts'
import { severalTitle } from './several.ts'

/**
 * A POST of JSON as Standard Webhooks 1.0.0 describes it (standardwebhooks.com). The body, version 2:
 *
 *     { "type": "incident.opened" | "incident.worse" | "incident.grew" | "incident.merged"
 *             | "incident.reminder" | "incident.resolved" | "digest" | "weekly" | "test"
 *             | "incidents.opened" and so on, the same of several in one message,
 *       "timestamp": "2026-03-05T03:12:07.000Z",        when it happened
 *       "title": "node1: …",                            for receivers that show a text, as Slack, Mattermost and
 *       "text": "🔴 node1: …\\nwhat, impact, fix …",      Teams do: all of it for people
 *       "data": { "version": 2, "node": "node1", "cluster"?, "machine"?: "Raspberry Pi 4 Model B, …", "runbook"?,
 *                 "incident": { "id", "fingerprint", "severity", "since", "resolved"?, "title", "fix": [], "avoid": [],
 *                               "why"?: { "certainty", "cause"?: id, "text" },
 *                               "cause": Finding, "affected": [Finding], "more": 0 },
 *                 "incidents": [ … ], "more": 0,        a digest and "incidents.…" have these instead of "incident"
 *                 "group": { "id", "of", "title", "severity", "since", "resolved"?, "total", "open", "fix", "avoid" },
 *                 "into"?: { … } } }                    of several; into: what they turned out to follow from
 *     Finding: { "id", "code", "subject", "severity", "title", "text", "since", "resolved"?,
 *                "pod"?: { "namespace", "name", "container"? },
 *                and for a cause "impact", "evidence"? }
 *
 * Affected findings and incidents of several: what is open first, graver before milder. Times are RFC 3339 in UTC.
 * `more` counts what was left out to stay under the 20 kB that Standard Webhooks
 * recommends. With `secret` the request is signed: `webhook-signature: v1,` and the base64 of HMAC-SHA256
 * over `webhook-id.webhook-timestamp.body`. `webhook-id` is the same for every attempt at the same notice;
 * a receiver that has seen it may ignore the request. `merged`: an incident that was sent before turned out to follow
 * from this one, and is now among the affected.
 */
export const webhook = sink({
  name: 'webhook',
  settings: {
    url: { type: 'string', description: 'Where to POST.', secret: true },
    secret: {
      type: 'string',
      description: 'Signs each request as Standard Webhooks does: whsec_ and base64, or any text.',
      secret: true,
    },
  },
  required: ['url'],
  check({ url, secret }) {
    const parsed = url === undefined ? undefined : URL.parse(url)
    return [
      ...(parsed === null || (parsed && !/^https?:$/.test(parsed.protocol))
        ? ['url: is not an http or https URL']
        : []),
      ...(parsed && (parsed.username || parsed.password)
        ? ['url: may not hold a user or password; sign with `secret` instead']
        : []),
      ...(secret === '' ? ['secret: is empty'] : []),
      ...(secret?.startsWith('whsec_') && !/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(secret)
        ? ['secret: after whsec_ must come 24 to 64 bytes in base64']
        : []),
    ]
  },
  compose(notice, { url = '', secret }): readonly Letter[] {
    if (!URL.canParse(url)) throw new Error('the URL is not a URL')
    const body = JSON.stringify(event(notice))
    const id = /^[\w-]{1,64}$/.test(notice.id) ? notice.id : `murphy_${hash(notice.id)}`
    const seconds = String(Math.floor(notice.at / 1000))
    return [
      {
        method: 'POST',
        url,
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': seconds,
          ...(secret && { 'webhook-signature': `v1,${sign(secret, `${id}.${seconds}.${body}`)}` }),
        },
        body,
      },
    ]
  },
  // Standard Webhooks, "410 Gone"; an HTML page is from a proxy.
  read: ({ status, headers: { 'content-type': type = '' }, body }) =>
    status === 410 && !/html/i.test(type) && !body.trimStart().startsWith('<')
      ? { outcome: 'gone', why: 'answered 410: it wants no more of these' }
      : undefined,
})

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)

function sign(secret: string, text: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
  return createHmac('sha256', key).update(text).digest('base64')
}

// ---------------------------------------------------------------------------------------------------
// The body. Each limit is in bytes as encoded in JSON; together they stay under 20 kB.

const limits = {
  id: 150,
  code: 60,
  subject: 150,
  title: 120,
  name: 80,
  brief: 200,
  text: 1500,
  impact: 600,
  step: 500,
}
const most = { affected: 6, incidents: 10, steps: 6, avoids: 3, evidence: 12, deadlines: 10, unseen: 10 }

const fit = (text: string, limit: number) => shorten(line(text), limit, jsonBytes)

const machineOf = ({ machine }: Notice) => (machine ? { machine: fit(machine, limits.impact) } : {})

function event(notice: Notice): object {
  const said = words(notice)
  const { type, happened, data } = content(notice)
  const link = runbook(notice.runbookUrl, said.code)
  return {
    type,
    timestamp: timestamp(happened),
    title: fit(said.headline, 3 * limits.title),
    text: `${marks[said.tone]} ${fit(said.headline, 3 * limits.title)}\n${plainText(said)}`,
    data: {
      version: 2,
      node: fit(notice.node, limits.name),
      ...(notice.cluster !== undefined && { cluster: fit(notice.cluster, limits.name) }),
      ...machineOf(notice),
      ...(link !== undefined && { runbook: link }),
      ...data,
    },
  }
}

interface Content {
  readonly type: string
  /** When it happened, ms. */
  readonly happened: number
  readonly data: object
}

function content(notice: Notice): Content {
  if (notice.kind === 'test') return { type: 'test', happened: notice.at, data: {} }
  if (notice.kind === 'digest') return digest(notice)
  if (notice.kind === 'weekly') return weekly(notice)
  if (notice.kind === 'several') return several(notice)
  const { incident, kind } = notice
  const happened = kind === 'opened' ? incident.since : kind === 'resolved' ? incident.resolved : undefined
  return {
    type: `incident.${kind}`,
    happened: happened ?? notice.at,
    data: { incident: whole(incident, notice) },
  }
}

const brief = (it: Incident, node: string) => ({
  ...frame(it, node),
  cause: finding(it.cause, limits.brief),
})

const whole = (incident: Incident, { node, command }: Notice) => ({
  ...frame(incident, node),
  title: fit(titleOf(incident), 2 * limits.title),
  ...steps(incident, command),
  ...(incident.why && {
    why: {
      certainty: incident.why.certainty,
      ...(incident.why.cause !== undefined && { cause: name(incident.why.cause) }),
      text: fit(incident.why.text, limits.impact),
    },
  }),
  cause: { ...finding(incident.cause, limits.text), ...details(incident.cause) },
  affected: gravestFirst(incident.affected)
    .slice(0, most.affected)
    .map((it) => finding(it, limits.brief)),
  more: Math.max(0, incident.affected.length - most.affected),
})

/** As many as have room, as short as in a digest, and how many do not. */
const listed = (all: readonly Incident[], node: string) => ({
  incidents: all.slice(0, most.incidents).map((it) => brief(it, node)),
  more: Math.max(0, all.length - most.incidents),
})

const digest = ({ incidents, of, node, at }: Extract<Notice, { kind: 'digest' }>): Content => ({
  type: 'digest',
  happened: at,
  data: {
    ...{ of: of ?? 'outage', total: incidents.length, severities: bySeverity(incidents) },
    ...listed(gravestOf(incidents), node),
  },
})

function weekly(notice: Extract<Notice, { kind: 'weekly' }>): Content {
  const { incidents, deadlines, unseen, versions, from, node, at } = notice
  const open = incidents.filter((it) => it.resolved === undefined).length
  return {
    type: 'weekly',
    happened: at,
    data: {
      ...{ from: timestamp(from), total: incidents.length, open, severities: bySeverity(incidents) },
      ...listed(gravestOf(incidents), node),
      deadlines: deadlines.slice(0, most.deadlines).map(({ what, at: end, confidence = 'date' }) => ({
        ...{ what: fit(what, limits.subject), at: timestamp(end), confidence },
      })),
      unseen: unseen.slice(0, most.unseen).map((it) => fit(it, limits.brief)),
      versions: fit(versions, limits.impact),
    },
  }
}

/** Several incidents, each as short as in a digest, and what to do about the gravest. */
function several(notice: Extract<Notice, { kind: 'several' }>): Content {
  const { incidents, change, group, into } = notice
  const open = incidents.filter((it) => it.resolved === undefined)
  const since = Math.min(...incidents.map((it) => it.since))
  const resolved = Math.max(...incidents.map((it) => it.resolved ?? since))
  const over = open.length === 0 && incidents.length > 0
  const [gravest] = incidents
  return {
    type: `incidents.${change}`,
    happened: change === 'opened' ? since : change === 'resolved' ? resolved : notice.at,
    data: {
      group: {
        id: name(group.id),
        of: group.of,
        title: fit(severalTitle(notice), 2 * limits.title),
        severity: severityOfAll(incidents),
        since: timestamp(since),
        ...(over && { resolved: timestamp(resolved) }),
        total: incidents.length,
        open: open.length,
        ...(gravest && steps(gravest, notice.command)),
      },
      ...listed(incidents, notice.node),
      ...(into && { into: { ...frame(into, notice.node), title: fit(titleOf(into), 2 * limits.title) } }),
    },
  }
}

/** Receivers compare ids, so one that is too long is hashed instead of cut. */
const name = (id: string) => (jsonBytes(id) <= limits.id && id === line(id) ? id : hash(id))

const frame = ({ id, cause, severity, since, resolved }: Incident, node: string) => ({
  id: name(id),
  fingerprint: fingerprintOf(cause, node),
  severity,
  since: timestamp(since),
  ...(resolved !== undefined && { resolved: timestamp(resolved) }),
})

const finding = ({ pod, ...it }: Finding, text: number) => ({
  id: name(it.id),
  code: fit(it.code, limits.code),
  subject: fit(it.subject, limits.subject),
  severity: it.severity,
  title: fit(it.title, limits.title),
  text: fit(it.text, text),
  since: timestamp(it.since),
  ...(it.resolved !== undefined && { resolved: timestamp(it.resolved) }),
  ...(pod && {
    pod: {
      namespace: fit(pod.namespace, limits.name),
      name: fit(pod.name, limits.name),
      ...(pod.container !== undefined && { container: fit(pod.container, limits.name) }),
    },
  }),
})

/** What to do about all of it, each whole: what is too long is left out. */
const steps = ({ fix, avoid }: Incident, command: string | undefined) => ({
  fix: fix
    .map((it) => underName(line(it), command))
    .filter(isShort)
    .slice(0, most.steps),
  avoid: avoid
    .map((it) => line(it))
    .filter(isShort)
    .slice(0, most.avoids),
})
const isShort = (it: string) => jsonBytes(it) <= limits.step

const details = ({ impact, evidence }: Finding) => ({
  impact: fit(impact, limits.impact),
  ...(evidence && {
    evidence: Object.fromEntries(
      Object.entries(evidence)
        .slice(0, most.evidence)
        .map(([key, it]) => [fit(key, limits.code), typeof it === 'string' ? fit(it, limits.name) : it]),
    ),
  }),
})
