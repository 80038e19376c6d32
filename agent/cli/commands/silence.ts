import { askFor } from '../../api/ask.ts'
import { snapshotOf } from '../../api/snapshot.ts'
import {
  longestSilence,
  matches,
  mayBeHidden,
  placesOf,
  type Silence,
  silenceNames,
} from '../../core/silence.ts'
import type { Finding, Incident } from '../../model/index.ts'
import { duration, parseDuration } from '../../text/durations.ts'
import { listed } from '../../text/lists.ts'
import { didYouMean } from '../../text/near.ts'
import { safe } from '../../text/sanitize.ts'
import { quoted } from '../../text/shell.ts'
import { commandOf } from '../../text/terminal.ts'
import { day, hour } from '../../text/times.ts'
import { clockIn } from '../../text/zones.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { here, nameOf } from './output.ts'
import { settings } from './settings.ts'
import { notRunning } from './status.ts'

export interface SilenceArguments extends Common {
  readonly for?: string
  readonly why?: string
  /** End the silence instead of starting one. */
  readonly end?: boolean
}

const usual = hour

/** Mutes notifications of what matches, for a while; without `what`, lists the silences. */
export async function silence(what: string | undefined, options: SilenceArguments): Promise<Exit> {
  const { socket } = settings(options, { needed: true })
  const { zone } = here(options)
  if (what === undefined) {
    mustBeAlone(options)
    const { silences, at } = await daemon(socket, askFor<unknown>(socket, '/v1/status').then(snapshotOf))
    print(
      silences.length === 0
        ? 'Nothing is silenced.\n'
        : silences.map((it) => `${silenceText(it, at, zone)}\n`).join(''),
    )
    return 0
  }
  const length = options.end ? 0 : options.for === undefined ? usual : parseDuration(options.for)
  if (length === undefined || length > longestSilence)
    throw new Refusal(
      `--for ${options.for}: right is for example 90m, 2h or 1d, at most ${longestSilence / day}d`,
    )
  if (/^[^/|]*\.blind(?:$|[/|])|^agent(?:$|\.)/.test(what))
    throw new Refusal(`${what} cannot be silenced: that Murphy cannot see or send is never hidden`)
  const { silences, incidents } = await daemon(socket, askFor<unknown>(socket, '/v1/status').then(snapshotOf))
  if (options.end) mustBeSilenced(what, silences)
  else {
    const findings = await daemon(socket, askFor<Finding[]>(socket, '/v1/history?since=0'))
    mustBeKnown(what, incidents, findings)
  }
  const query = new URLSearchParams({ what, for: String(length), ...(options.why && { why: options.why }) })
  const given = await daemon(socket, askFor<Silence>(socket, `/v1/silence?${query}`, 5_000, 'PUT'))
  print(
    length === 0
      ? `Notifications of ${safe(what)} are sent again.\n`
      : `${silenceText(given, given.since, zone)}\n${stillSent(given, incidents)}`,
  )
  return 0
}

/** Whoever gives one of these wants more than the list, and would take that for done. */
function mustBeAlone({ for: length, why, end }: SilenceArguments): void {
  const given =
    length !== undefined ? `--for ${quoted(length)}` : why !== undefined ? `--why ${quoted(why)}` : '--end'
  if (length === undefined && why === undefined && !end) return
  const wish = given === '--end' ? 'what is to be heard again' : 'what to mute'
  throw new Refusal(`${safe(given)}: say ${wish}: \`${commandOf(here())} silence all ${safe(given)}\``)
}

const findingsOf = ({ cause, affected }: Incident) => [cause, ...affected]

/** Of what follows from something else people go on hearing in the messages about that. */
function stillSent(it: Silence, incidents: readonly Incident[]): string {
  const within = incidents.filter(
    (one) =>
      one.resolved === undefined &&
      !matches(it, one) &&
      findingsOf(one).some((finding) => silenceNames(finding).includes(it.what)),
  )
  const names = [...new Set(within.map(({ cause }) => safe(nameOf(cause))))]
  const [first = ''] = names
  return names.length === 0
    ? ''
    : `It is also part of ${listed(names)}, which is not silenced: \`${commandOf(here())} silence ${quoted(first)}\`\n`
}

function mustBeSilenced(what: string, silences: readonly Silence[]): void {
  const known = silences.filter((it) => it.what === what)
  if (known.some((it) => !it.recurs)) return
  const [recurring] = known
  if (recurring)
    throw new Refusal(
      `${safe(what)} is silenced by a maintenance window; change it under \`maintenance:\` in /etc/murphy/config.yaml`,
    )
  const names = silences.map((it) => safe(it.what))
  throw new Refusal(
    `${safe(what)} is not silenced; ${names.length > 0 ? `silenced: ${names.join(', ')}` : 'nothing is'}`,
  )
}

/** A word that matches nothing would mute nothing, and whoever wrote it would sleep badly for another reason. */
function mustBeKnown(what: string, incidents: readonly Incident[], findings: readonly Finding[]): void {
  const rules = Object.keys(allRules()).filter((it) => !/\.blind$|^agent\./.test(it))
  const areas = [...new Set(rules.map((it) => it.split('.')[0] ?? ''))]
  const open = incidents.filter((it) => it.resolved === undefined)
  const found = [...open.flatMap(findingsOf), ...findings].filter(mayBeHidden)
  const names = new Set(found.flatMap(silenceNames))
  const places = new Set(found.flatMap(placesOf))
  if (what === 'all' || areas.includes(what) || rules.includes(what) || names.has(what)) return
  // A code of what has not happened yet, of something that is known.
  const code = rules.find((it) => what.startsWith(`${it}/`))
  if (code !== undefined && places.has(what.slice(code.length + 1))) return
  const known = ['all', ...areas, ...rules, ...[...names].filter((it) => !it.includes('|'))]
  const hint =
    didYouMean(what, [...new Set(known)]) ||
    `; use all, an area (${areas.join(', ')}), a code, a subject, or both as \`agent status -o name\` has them`
  throw new Refusal(`there is no finding, area or subject called ${safe(what)}${safe(hint)}`)
}

/** `all: silenced until 05:00 UTC (2 h): disk swap` */
export const silenceText = (it: Silence, now: number, zone?: string) =>
  `${safe(it.what)}: silenced until ${clockIn(zone, it.until, now)} (${duration(it.until - now)})${it.why ? `: ${safe(it.why)}` : ''}`

async function daemon<T>(socket: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const why = notRunning(error as NodeJS.ErrnoException, socket, 'only a running agent mutes')
    throw new Refusal(why, 3, { cause: error })
  }
}
