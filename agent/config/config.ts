import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type {
  Collector,
  MaintenanceWindow,
  Notice,
  Properties,
  Rules,
  Settings,
  Severity,
  Sink,
  WeeklyTime,
} from '../model/index.ts'
import { hour } from '../text/times.ts'
import { type Checks, group, openChecks } from './checks.ts'
import { validCron } from './cron.ts'
import { defaults } from './defaults.ts'
import { type Read, readDocument } from './document.ts'
import { fallbackFlaws } from './fallbacks.ts'
import { type HeartbeatConfig, heartbeatsOf } from './heartbeats.ts'
import { collectorProperties, generalProperties, kubernetesProperties, sinkProperties } from './keys.ts'
import { defaultPlaces } from './places.ts'
import { type Path, type Problem, problemText } from './problems.ts'
import { formsIn, generalSchema, sinkSchema } from './schema.ts'
import { type Environment, type Secrets, secretReader, secretsOf } from './secrets.ts'
import { maintenanceOf, ownZone, type QuietConfig, quietOf, weeklyOf, zoneOf } from './windows.ts'

/** The settings in force: complete and checked. */
export interface Config {
  /** The file they were read from; absent when there is none and everything is default. */
  readonly file?: string
  readonly node: string
  /** What stands in every message beside the node. */
  readonly letterhead: Pick<Notice, 'cluster' | 'runbookUrl' | 'command'>
  readonly stateDir: string
  readonly socket: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** ms; 0 for never. */
  readonly remind: number
  /** The most new messages for each sink in ten minutes. */
  readonly mostMessages: number
  readonly metrics: MetricsConfig
  readonly collectors: Readonly<Record<string, CollectorConfig>>
  readonly sinks: readonly SinkConfig[]
  /** What is written to Kubernetes. */
  readonly kubernetes: Settings<typeof kubernetesProperties>
  readonly heartbeats: readonly HeartbeatConfig[]
  /** The time zone of what comes at a time of the day; absent where nothing does, and none is given. */
  readonly zone?: string
  readonly quiet: readonly QuietConfig[]
  readonly maintenance: readonly MaintenanceWindow[]
}

/** Where the metrics are beside the socket. */
export interface MetricsConfig {
  /** `HOST:PORT`. */
  readonly listen?: string
  /** The path of a `web.config.file`. */
  readonly webConfig?: string
  readonly textfile?: string
}

export interface CollectorConfig {
  readonly enabled: boolean
  readonly every: string
  readonly settings: Settings<Properties>
}

export interface SinkConfig {
  readonly name: string
  readonly type: string
  readonly min: Severity
  /** Whether a connection is kept open between letters. */
  readonly keepOpen: boolean
  /** The sinks that have to fail before this one is used; absent: it always is. */
  readonly onlyWhen?: readonly string[]
  /** When it gets a digest of the week; absent: never. */
  readonly weekly?: WeeklyTime
  readonly settings: Settings<Properties>
  /** Keys of secrets that are given by `_file` or `_credential`, but were not read. */
  readonly unread: readonly string[]
  /** What names a secret without being one, as it was given: `url_file` and the path. */
  readonly forms?: Readonly<Record<string, string>>
}

/** The most errors shown: one missing quote makes an error of every line after it. */
const shownFlaws = 20

/** Everything that is wrong with the settings, at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export const defaultFile = '/etc/murphy/config.yaml'

export interface ConfigOptions {
  /** Must exist if named; the default file may be absent. */
  readonly file?: string
  readonly collectors: readonly Collector[]
  readonly sinks: readonly Sink[]
  readonly environment?: Environment
  readonly secrets?: Secrets
  /** Called when this user may not read the default file; defaults are used then. Absent: that is an error. */
  readonly unreadable?: (file: string) => void
  readonly read?: (file: string) => string
}

/** Reads and checks the settings. Throws a ConfigError with everything that is wrong. */
export function loadConfig(options: ConfigOptions): Config {
  const { file = defaultFile, read = (it) => readFileSync(it, 'utf8') } = options
  let text: string | undefined
  try {
    text = read(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EACCES' && !options.file && options.unreadable) options.unreadable(file)
    else if (code !== 'ENOENT' || options.file)
      throw new ConfigError([
        { file, text: code === 'EACCES' ? forTheGroup : `cannot read the file: ${message}` },
      ])
  }
  return { ...parseConfig(text ?? '', { ...options, file }), ...(text !== undefined && { file }) }
}

const forTheGroup = 'only root may read it; run the command with sudo'

/** The settings in `text`; `file` is only for naming it. Throws a ConfigError. */
export function parseConfig(text: string, options: ConfigOptions & { readonly file: string }): Config {
  const { file, collectors, environment = process.env, secrets = 'read' } = options
  const read = documentOf(text, file)
  const { raw } = read
  if (group(raw) !== raw)
    throw new ConfigError([{ file, text: 'the top level must be a mapping (`key: value` lines)' }])
  const checks = openChecks(file, read)
  checks.check(generalSchema(collectors), raw, [])
  const collectorConfigs = collectors.map(
    (it) => [it.name, collectorConfig(it, group(raw.collectors)[it.name], checks)] as const,
  )
  const knownZone = hasTimes(raw) ? zoneOf(raw.zone, ownZone(), ['zone'], checks) : undefined
  const zone = knownZone ?? 'UTC'
  const sinkConfigs = sinksOf(raw.sinks, checks, { ...options, environment, zone })
  const named = sinkConfigs.map(({ name, type }) => ({
    name,
    isRestated: options.sinks.some((it) => it.name === type && it.restate !== undefined),
  }))
  const rules: Rules = Object.assign({}, ...collectors.map((it) => it.rules))
  const quiet = quietOf(raw.quiet, checks, zone, named)
  const maintenance = maintenanceOf(raw.maintenance, checks, zone, rules)
  const heartbeats = heartbeatsOf(raw.heartbeats, checks, secretReader(secrets, environment))
  if (Number(/:(\d+)$/.exec(String(raw.metrics_listen))?.[1] ?? 0) > 65_535)
    checks.problem(['metrics_listen'], 'its port is above 65535')
  if (raw.metrics_web_config !== undefined && raw.metrics_listen === undefined)
    checks.problem(['metrics_web_config'], 'protects nothing without metrics_listen')
  const problems = checks.problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
  if (problems.length > 0) throw new ConfigError(problems)

  const top = { ...defaults(generalProperties), ...raw } as Record<string, string | number | undefined>
  const places = defaultPlaces(environment)
  return {
    node: String(top.node || hostname()),
    letterhead: {
      ...(top.cluster && { cluster: String(top.cluster) }),
      ...(top.runbook_url && { runbookUrl: String(top.runbook_url) }),
    },
    stateDir: String(top.state_dir ?? places.stateDir),
    socket: String(top.socket ?? places.socket),
    logLevel: top.log_level as Config['logLevel'],
    remind: Number(top.remind_hours) * hour,
    mostMessages: Math.floor(Number(top.messages_per_10_minutes)),
    metrics: {
      ...(top.metrics_listen && { listen: String(top.metrics_listen) }),
      ...(top.metrics_web_config && { webConfig: String(top.metrics_web_config) }),
      ...(top.metrics_textfile && { textfile: String(top.metrics_textfile) }),
    },
    collectors: Object.fromEntries(collectorConfigs),
    sinks: sinkConfigs,
    kubernetes: { ...defaults(kubernetesProperties), ...group(raw.kubernetes) },
    ...{ heartbeats, quiet, maintenance, ...(knownZone !== undefined && { zone: knownZone }) },
  }
}

/** Parses the file. Throws a ConfigError where it is not YAML. */
function documentOf(text: string, file: string): Read {
  const read = readDocument(text)
  if ('raw' in read) return read
  const shown = read.slice(0, shownFlaws)
  const more = read.length - shown.length
  throw new ConfigError([
    ...shown.map(({ text, ...it }) => ({ file, ...it, text: `not valid YAML: ${text}` })),
    ...(more > 0 ? [{ file, text: `${more} more errors, which may follow from these` }] : []),
  ])
}

/** The settings of one collector, complete; what is wrong with them is in `checks`. */
function collectorConfig(it: Collector, given: unknown, { problems, problem }: Checks): CollectorConfig {
  const { enabled, every, ...settings } = {
    ...defaults({ ...collectorProperties(it), ...it.settings }),
    ...group(given),
  }
  if (typeof every === 'string' && !validCron(every))
    problem(
      ['collectors', it.name, 'every'],
      `must be a cron expression of six fields, seconds first, such as "${it.every}"`,
    )
  // Only where the types are right, because a check relies on them.
  if (!problems.some(({ key = '' }) => key.startsWith(`collectors.${it.name}.`)))
    for (const words of it.check?.(settings as Settings<Properties>) ?? []) {
      const [, key = '', text = words] = /^([\w.]+): (.*)$/s.exec(words) ?? []
      const below = key.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
      problem(['collectors', it.name, ...(key ? below : [])], text)
    }
  return { enabled, every, settings } as CollectorConfig
}

/** Whether anything in the settings needs a time zone: to know one takes 8 MB of memory, which most nodes can do without. */
const hasTimes = ({ zone, quiet, maintenance, sinks }: Record<string, unknown>): boolean =>
  [zone, quiet, maintenance].some((it) => it !== undefined) ||
  (Array.isArray(sinks) && sinks.some((it) => group(it).weekly !== undefined))

type SinkOptions = Pick<ConfigOptions, 'sinks' | 'secrets'> & {
  readonly environment: Environment
  readonly zone: string
}

/** The sinks, complete and with unique names; what is wrong with them is in `checks`. */
function sinksOf(given: unknown, checks: Checks, options: SinkOptions): readonly SinkConfig[] {
  const entries: readonly unknown[] = Array.isArray(given) ? given : []
  const configs = entries.map((entry, at) => sinkConfig(group(entry), ['sinks', at], checks, options))
  const names = configs.map((it) => it?.name)
  names.forEach((name, at) => {
    if (name !== undefined && names.indexOf(name) !== at)
      checks.problem(['sinks', at, 'name'], 'another sink has this name; names must be unique')
  })
  const all = configs.map((it, at) => ({ at, ...it }))
  for (const { at, text } of fallbackFlaws(all)) checks.problem(['sinks', at, 'only_when'], text)
  return configs.filter((it) => it !== undefined)
}

function sinkConfig(
  own: Record<string, unknown>,
  path: Path,
  { problems, problem, check }: Checks,
  { sinks, secrets = 'read', environment, zone }: SinkOptions,
): SinkConfig | undefined {
  const sink = sinks.find((it) => it.name === own.type)
  if (!sink) {
    problem([...path, 'type'], `must be one of ${sinks.map((it) => it.name).join(', ')}`)
    return undefined
  }
  const before = problems.length
  check(sinkSchema(sink), own, path)
  for (const key of sink.restate ? ['only_when', 'weekly'] : [])
    if (key in own)
      problem([...path, key], `is not for ${sink.name}: it gets all that is open, again every minute`)
  if (!sink.restate && 'only_when' in own && 'weekly' in own)
    problem(
      [...path, 'weekly'],
      'is not for a sink with only_when: it is used only while others fail; give it to one of those',
    )
  const unread: string[] = []
  const secret = secretReader(secrets, environment)
  const settings = { ...defaults(sink.settings), ...secretsOf(sink, own, path, secret, unread, problem) }
  // Only where all settings are valid and all secrets read, because a check relies on them.
  if (problems.length === before && unread.length === 0)
    for (const words of sink.check?.(settings as Settings<Properties>) ?? []) {
      const [, key = '', text = words] = /^(\w+): (.*)$/s.exec(words) ?? []
      problem(key ? [...path, key] : path, text)
    }
  const {
    name = sink.name,
    min,
    keep_open: keepOpen,
    only_when: onlyWhen,
  } = { ...defaults(sinkProperties), ...own }
  const weekly = weeklyOf(own.weekly, zone)
  const forms = formsIn(own, sink.settings)
  const more = { settings, unread, forms, ...(onlyWhen && { onlyWhen }), ...(weekly && { weekly }) }
  return { name, type: sink.name, min, keepOpen, ...more } as SinkConfig
}
