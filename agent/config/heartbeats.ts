import {
  type HeartbeatReport,
  type HeartbeatSettings,
  type HeartbeatType,
  heartbeatPlaces,
  heartbeatSecrets,
  heartbeatTypeOf,
} from '../model/index.ts'
import { second } from '../text/times.ts'
import { type Checks, group } from './checks.ts'
import { defaults } from './defaults.ts'
import { heartbeatProperties } from './keys.ts'
import type { Path } from './problems.ts'
import { formsIn, heartbeatSchema } from './schema.ts'
import { type SecretReader, secretsOf } from './secrets.ts'

/** One entry of `heartbeats`, complete. */
export interface HeartbeatConfig {
  readonly name: string
  /** The period, ms. */
  readonly every: number
  /** Whether it is said that the agent has begun. */
  readonly start: boolean
  /** `url` is empty where it was not read. */
  readonly settings: HeartbeatSettings
  /** Keys of secrets that are given by `_file` or `_credential`, but were not read. */
  readonly unread: readonly string[]
  /** What names a secret without being one, as it was given: `url_file` and the path. */
  readonly forms: Readonly<Record<string, string>>
}

/** The heartbeats, complete and with unique names; what is wrong with them is in `checks`. */
export function heartbeatsOf(
  given: unknown,
  checks: Checks,
  secret: SecretReader,
): readonly HeartbeatConfig[] {
  const entries: readonly unknown[] = Array.isArray(given) ? given : []
  const all = entries.map((entry, at) => heartbeatOf(group(entry), ['heartbeats', at], checks, secret))
  const names = all.map((it) => it.name)
  names.forEach((name, at) => {
    if (names.indexOf(name) !== at)
      checks.problem(['heartbeats', at, 'name'], 'another heartbeat has this name; names must be unique')
  })
  return all
}

function heartbeatOf(
  own: Record<string, unknown>,
  path: Path,
  { problems, problem, check }: Checks,
  secret: SecretReader,
): HeartbeatConfig {
  const before = problems.length
  check(heartbeatSchema, own, path)
  const unread: string[] = []
  const needs = { settings: heartbeatSecrets, required: ['url'] }
  const secrets = secretsOf(needs, own, path, secret, unread, problem)
  const it = { ...defaults(heartbeatProperties), ...own }
  const url = typeof secrets.url === 'string' ? secrets.url : ''
  const settings: HeartbeatSettings = {
    type: (own.type as HeartbeatType | undefined) ?? heartbeatTypeOf(url),
    url,
    ...(typeof secrets.token === 'string' && { token: secrets.token }),
    report: it.report as HeartbeatReport,
    ...(own.method !== undefined && { method: own.method as 'GET' | 'POST' }),
  }
  const every = Number(it.every_seconds)
  // Only where all settings are valid and all secrets read, because a check relies on them.
  if (problems.length === before && unread.length === 0)
    for (const [key, text] of flawsOf(settings, every, it.start)) problem([...path, key], text)
  return {
    ...{ name: String(it.name), every: every * second, start: it.start === true, settings, unread },
    forms: formsIn(own, heartbeatSecrets),
  }
}

const allPlaces = heartbeatPlaces.map((it) => `{${it}}`)
const isPlace = (text: string) => allPlaces.includes(text)

/** healthchecks.io ignores more than five pings in a minute; with its tries again there are three in each period. */
const leastHosted = 30

/** What is wrong with valid settings, by key. */
function flawsOf(
  it: HeartbeatSettings,
  every: number,
  start: boolean,
): readonly (readonly [string, string])[] {
  const { type, url, token, report, method } = it
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return [['url', 'is not an http or https URL']]
  const flaws: (readonly [string, string])[] = []
  if (parsed.username || parsed.password) flaws.push(['url', 'may not hold a user or password'])
  if (type === 'url' && [...url.matchAll(/\{([^{}]*)\}?|\}/g)].some(([whole]) => !isPlace(whole)))
    flaws.push(['url', `a place in braces must be one of ${allPlaces.join(', ')}`])
  if (type === 'healthchecks' && /\/(?:start|fail|log|\d{1,3})\/?$/.test(parsed.pathname))
    flaws.push(['url', 'is to end with the check, without /start, /fail, /log or an exit status'])
  if (type === 'healthchecks' && parsed.hostname === 'hc-ping.com' && every < leastHosted)
    flaws.push([
      'every_seconds',
      `must be at least ${leastHosted}: healthchecks.io ignores more than five pings in a minute`,
    ])
  if (type === 'gatus' && token === undefined)
    flaws.push(['token', 'missing; set token, token_file or token_credential'])
  if (type !== 'gatus' && token !== undefined) flaws.push(['token', 'is only for Gatus'])
  if (type !== 'healthchecks' && start) flaws.push(['start', 'is only for healthchecks'])
  if (type !== 'url' && method !== undefined)
    flaws.push(['method', 'is only for a URL with places of its own'])
  if (report === 'exit-status' && type !== 'healthchecks' && !/\{(?:exit|state)\}/.test(url))
    flaws.push(['report', 'exit-status is only for healthchecks, and for a URL with {exit} or {state}'])
  return flaws
}

/** An entry as `agent config print` shows it; `hidden` stands for a secret that is written into the file. */
export function printedHeartbeat({ name, every, start, settings, forms }: HeartbeatConfig, hidden: string) {
  const { type, url, token, report, method } = settings
  const secret = (key: string, value: string | undefined) =>
    value && !Object.keys(forms).some((it) => it.startsWith(`${key}_`))
      ? { [`${key}_credential`]: hidden }
      : {}
  return {
    ...{ name, every_seconds: every / second, report, start },
    ...((url !== '' || type !== 'url') && { type }),
    ...(method && { method }),
    ...{ ...secret('url', url), ...secret('token', token), ...forms },
  }
}
