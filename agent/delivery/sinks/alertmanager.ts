import type { Letter, Notice, Properties, Settings, Standing } from '../../model/index.ts'
import { leadOf, sink } from '../../model/index.ts'
import { shorten } from '../../text/lengths.ts'
import { underName } from '../../text/own-name.ts'
import { line } from '../../text/sanitize.ts'
import { minute, timestamp } from '../../text/times.ts'
import { words } from './message.ts'
import { about, alsoAffected, avoids, limits, runbook, steps } from './parts.ts'

/** Beside what is open, each node has an alert that is always there: once it ends, the node is silent. */
const watchdogName = 'MurphyWatchdog'

/** How long the watchdog outlives its last word, ms. */
const watchdogHolds = 5 * minute
/** So little before the present time something ends that has ended, ms: only an end that is past counts there. */
const justNow = 1000
/** Alerts in one request, as Prometheus sends them (notifier/manager.go, maxBatchSize). */
const batch = 256

/**
 * Alertmanager, by its API v2 (api/v2/openapi.yaml: POST /api/v2/alerts). It wants all that is open again and again, since it
 * forgets at each start, and sends "resolved" when an alert is no longer renewed. It groups, reminds, silences and
 * chooses receivers by itself. Measured with 0.25 and 0.31: an alert ends by an `endsAt` that is past by its own clock, and
 * a later `endsAt` is never shortened otherwise; so all times are given by its clock, and ends are told again.
 */
export const alertmanager = sink({
  name: 'alertmanager',
  settings: {
    urls: {
      type: 'array',
      description:
        'The base address of each Alertmanager of one cluster, such as http://am1.example:9093: each gets everything.',
      items: { type: 'string', pattern: '^https?://[^\\s]{1,300}$' },
    },
    user: { type: 'string', description: 'A user, where they ask for a password.' },
    password: { type: 'string', description: 'The password of `user`.', secret: true },
    token: {
      type: 'string',
      description: 'A bearer token, where a proxy before them asks for one.',
      secret: true,
    },
    ca: { type: 'string', description: 'The certificate authority that signed theirs, PEM.', secret: true },
    cert: { type: 'string', description: 'A client certificate, PEM.', secret: true },
    key: { type: 'string', description: 'The key of `cert`, PEM.', secret: true },
    server_name: {
      type: 'string',
      description: 'The name in their certificates, where it is not the one in `urls`.',
      pattern: '^[A-Za-z0-9._-]{1,253}$',
    },
    hold_minutes: {
      type: 'integer',
      description:
        'How long what is open stays so there after the last word of this node; until then a node that is cut off is not taken for well.',
      default: 60,
      minimum: 5,
      maximum: 1440,
    },
  },
  required: ['urls'],
  check({ urls, user, password, token, cert, key, ca }) {
    return [
      ...(urls?.length === 0 ? ['urls: is empty'] : []),
      ...(urls?.some((it) => !URL.canParse(it)) ? ['urls: one of them is not a URL'] : []),
      ...(urls?.some((it) => isSpecial(URL.parse(it)))
        ? ['urls: may hold no user, password or query; give `user` and `password`']
        : []),
      ...(urls && new Set(urls).size < urls.length ? ['urls: names one of them twice'] : []),
      ...((user === undefined) !== (password === undefined)
        ? ['user: a user and a password belong together']
        : []),
      ...(token !== undefined && user !== undefined
        ? ['token: give either a token or a user and password']
        : []),
      ...(token !== undefined && !/^[\x21-\x7e]+$/.test(token)
        ? ['token: has a character no token has']
        : []),
      ...((cert === undefined) !== (key === undefined)
        ? ['cert: a certificate and its key belong together']
        : []),
      ...(Object.entries({ ca, cert, key }) as [string, string | undefined][]).flatMap(([name, it]) =>
        it !== undefined && !it.includes('-----BEGIN ') ? [`${name}: is not PEM`] : [],
      ),
    ]
  },
  compose(notice, settings): readonly Letter[] {
    if (notice.kind !== 'test') return []
    const said = words(notice)
    const cluster = notice.cluster === undefined ? {} : { cluster: line(notice.cluster, limits.node) }
    const alert = {
      labels: {
        ...{ alertname: 'MurphyTest', severity: 'warning', node: line(notice.node, limits.node) },
        ...cluster,
      },
      annotations: { summary: said.headline, description: said.text },
      // Without times, as the clock of this node may be wrong: it ends after Alertmanager's own resolve_timeout.
    }
    return eachOf(settings).flatMap((it) => letters([alert], it))
  },
  restate(all, settings, head, { at, ahead }) {
    const until = at + holdOf(settings)
    const alerts = all.map((it) => ({
      labels: it.labels,
      annotations: annotations(it, head),
      ...timesOf(it, it.labels.alertname === watchdogName ? at + watchdogHolds : until, at, ahead),
    }))
    // One request is one moment: what follows from a cause must not be there before it, or it is told by itself.
    const isLater = (it: (typeof alerts)[number]) => it.labels.role === 'consequence'
    return [alerts.filter((it) => !isLater(it)), alerts.filter(isLater)].flatMap((part) =>
      letters(part, settings),
    )
  },
  watchdog: watchdogName,
  holds: (settings) => holdOf(settings),
  each: (settings) => eachOf(settings),
  tls: ({ ca, cert, key, server_name }) => ({
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(server_name !== undefined && { servername: server_name }),
  }),
  // By its own clock the times that it is told are made.
  read: ({ status, headers: { date } }) =>
    status >= 200 && status < 300 ? { outcome: 'accepted', ...(date && { receipt: date }) } : undefined,
})

type Given = Settings<Properties> & {
  readonly urls?: readonly string[]
  readonly user?: string
  readonly password?: string
  readonly token?: string
  readonly hold_minutes?: number
}

const holdOf = ({ hold_minutes: hold = 60 }: Given) => hold * minute

const isSpecial = (url: URL | null) => url !== null && Boolean(url.username || url.password || url.search)

const eachOf = <S extends Given>(settings: S) =>
  (settings.urls ?? []).map((it) => ({ ...settings, urls: [it] }))

/** None for no alerts. */
function letters(alerts: readonly object[], { urls, user, password, token }: Given): Letter[] {
  const [base = ''] = urls ?? []
  if (!URL.canParse(base)) throw new Error('the URL is not a URL')
  const parts = Array.from({ length: Math.ceil(alerts.length / batch) }, (_, at) =>
    alerts.slice(at * batch, (at + 1) * batch),
  )
  return parts.map((part) => ({
    method: 'POST',
    url: `${base.replace(/\/+$/, '')}/api/v2/alerts`,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(user !== undefined && {
        authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`,
      }),
    },
    body: JSON.stringify(part),
  }))
}

/** `startsAt` and `endsAt` by the clock of Alertmanager, never the one after the other. */
function timesOf({ starts, ended }: Standing, until: number, at: number, ahead: number) {
  const ends = ended === undefined ? until : Math.min(ended - ahead, at - justNow)
  return { startsAt: timestamp(Math.min(starts - ahead, at, ends)), endsAt: timestamp(ends) }
}

/** For people, of what is known: what, impact, steps, prohibitions. What has ended keeps them, as it is told once more. */
function annotations(
  { finding, incident, labels }: Standing,
  { node, runbookUrl, command }: Pick<Notice, 'node' | 'runbookUrl' | 'command'>,
): Readonly<Record<string, string>> {
  const name = line(node, limits.node)
  if (labels.alertname === watchdogName)
    return {
      summary: `${name}: Murphy watches`,
      description: 'Always there while Murphy works on this node. Once this is resolved, the node is silent.',
    }
  if (!finding || !incident) return {}
  const title = line(finding.title, limits.title)
  const isCause = incident.cause.id === finding.id
  const whole = isCause ? incident : { ...incident, fix: finding.fix, avoid: finding.avoid ?? [] }
  const fix = steps(whole).map((it, index, all) => (all.length > 1 ? `${index + 1}. ${it}` : it))
  const also = isCause ? alsoAffected(incident) : ''
  const why = isCause
    ? line(incident.why?.text ?? '', limits.cause)
    : `${line(incident.cause.title, limits.title)}${about(incident.cause.pod, incident.cause.title)}`
  const link = runbook(runbookUrl, finding.code)
  const said = {
    summary: `${name}: ${title}${about(finding.pod, title)}`,
    description: line(finding.text, limits.text),
    impact: line(finding.impact, limits.impact),
    fix: fix.join('\n'),
    dont: avoids(whole).join('\n'),
    cause: why,
    also: isCause && leadOf(incident).id === finding.id ? also : '',
    since: timestamp(finding.since) ?? '',
    runbook_url: link ?? '',
  }
  return Object.fromEntries(
    Object.entries(said)
      .filter(([, text]) => text !== '')
      .map(([key, text]) => [key, shorten(underName(text, command), limits.text)]),
  )
}
