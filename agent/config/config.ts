import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Errors } from 'typebox/schema'
import { Settings as Library } from 'typebox/system'
import { stringify } from 'yaml'
import type { Collector, Properties, Settings, Severity, Sink } from '../model/index.ts'
import { hour } from '../text/times.ts'
import { validCron } from './cron.ts'
import { defaults } from './defaults.ts'
import { readDocument } from './document.ts'
import { defaultPlaces } from './places.ts'
import {
  explain,
  keyText,
  type Path,
  type Problem,
  placeOf,
  problemText,
  type SchemaError,
} from './problems.ts'
import {
  collectorProperties,
  generalProperties,
  generalSchema,
  sinkProperties,
  sinkSchema,
} from './schema.ts'
import { type Environment, type Secrets, secretReader, secretsOf } from './secrets.ts'

// By default the library stops after eight errors; whoever corrects a file wants to see all of them.
Library.Set({ maxErrors: 1000 })

/** The settings as Murphy goes by them: complete and checked. */
export interface Config {
  /** The file they were read from; absent when there is none and all is default. */
  readonly file?: string
  readonly node: string
  readonly stateDir: string
  readonly socket: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** ms; 0 for never. */
  readonly remind: number
  readonly collectors: Readonly<Record<string, CollectorConfig>>
  readonly sinks: readonly SinkConfig[]
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
  readonly settings: Settings<Properties>
  /** Secrets that are given, but were not read. */
  readonly unread: readonly string[]
}

/** One missing quote makes a fault of every line behind it. */
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
  /** The default file is there, but not for this user: called, and all is default. Without it that is an error. */
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
        { file, text: code === 'EACCES' ? forTheGroup : `it cannot be read: ${message}` },
      ])
  }
  return { ...parseConfig(text ?? '', { ...options, file }), ...(text !== undefined && { file }) }
}

const forTheGroup =
  'it may be read only by root and the group murphy; use sudo, or join the group: `usermod -aG murphy USER`'

/** The settings in `text`; `file` is only for naming it. Throws a ConfigError. */
export function parseConfig(text: string, options: ConfigOptions & { readonly file: string }): Config {
  const { file, collectors, sinks, environment = process.env, secrets = 'read' } = options
  const read = readDocument(text)
  if (!('raw' in read))
    throw new ConfigError([
      ...read
        .slice(0, shownFlaws)
        .map(({ text, ...it }) => ({ file, ...it, text: `not valid YAML: ${text}` })),
      ...(read.length > shownFlaws
        ? [{ file, text: `${read.length - shownFlaws} more, which may come of these` }]
        : []),
    ])
  const { raw } = read
  const problems: Problem[] = []
  const problem = (path: Path, words: string, unknown = false) => {
    problems.push({ file, key: keyText(path, unknown), text: words, ...placeOf(read, path) })
  }
  /** Checks a value against a schema, naming places as seen from the top of the file. */
  const check = (schema: object, value: unknown, at: Path) => {
    const before = problems.length
    const [fits, errors] = Errors(schema as never, value as never)
    for (const error of errors as readonly SchemaError[]) {
      const below = error.instancePath.split('/').slice(1)
      for (const { path, text, unknown } of explain(error, keysAt(schema, below)))
        problem([...at, ...path], text, unknown)
    }
    // The library stops counting before it has said what is wrong.
    if (!fits && problems.length === before) problem(at, 'more is wrong here than can be listed')
  }

  if (group(raw) !== raw)
    throw new ConfigError([{ file, text: 'the file has to be a list of `key: value` lines' }])
  check(generalSchema(collectors), raw, [])

  const given = group(raw)
  const readings = collectors.map((it) => {
    const own = group(group(given.collectors)[it.name])
    const { enabled, every, ...settings } = {
      ...defaults({ ...collectorProperties(it), ...it.settings }),
      ...own,
    }
    if (typeof every === 'string' && !validCron(every))
      problem(
        ['collectors', it.name, 'every'],
        `this is no cron expression of six fields, seconds first; right is for example "${it.every}"`,
      )
    // Only where the types are right: a check may rely on them.
    if (!problems.some(({ key = '' }) => key.startsWith(`collectors.${it.name}.`)))
      for (const words of it.check?.(settings as Settings<Properties>) ?? []) {
        const [, key = '', text = words] = /^([\w.]+): (.*)$/s.exec(words) ?? []
        const below = key.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
        problem(['collectors', it.name, ...(key ? below : [])], text)
      }
    return [it.name, { enabled, every, settings } as CollectorConfig] as const
  })
  const entries = Array.isArray(given.sinks) ? given.sinks : []
  const sinkConfigs = entries.map((entry: unknown, at) => {
    const own = group(entry)
    const path: Path = ['sinks', at]
    const sink = sinks.find((it) => it.name === own.type)
    if (!sink) {
      problem([...path, 'type'], `this has to be one of ${sinks.map((it) => it.name).join(', ')}`)
      return undefined
    }
    const before = problems.length
    check(sinkSchema(sink), own, path)
    const unread: string[] = []
    const secret = secretReader(secrets, environment)
    const settings = { ...defaults(sink.settings), ...secretsOf(sink, own, path, secret, unread, problem) }
    // A check may rely on all that is given.
    if (problems.length === before && unread.length === 0)
      for (const words of sink.check?.(settings as Settings<Properties>) ?? []) {
        const [, key = '', text = words] = /^(\w+): (.*)$/s.exec(words) ?? []
        problem(key ? [...path, key] : path, text)
      }
    const { name = sink.name, min, keep_open: keepOpen } = { ...defaults(sinkProperties), ...own }
    return { name, type: sink.name, min, keepOpen, settings, unread } as SinkConfig
  })
  const names = sinkConfigs.map((it) => it?.name)
  names.forEach((name, at) => {
    if (name !== undefined && names.indexOf(name) !== at)
      problem(['sinks', at, 'name'], 'another sink has this name already; give each one of its own')
  })
  if (problems.length > 0) throw new ConfigError(problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)))

  const top = { ...defaults(generalProperties), ...given } as Record<string, string | number | undefined>
  const places = defaultPlaces(environment)
  return {
    node: String(top.node || hostname()),
    stateDir: String(top.state_dir ?? places.stateDir),
    socket: String(top.socket ?? places.socket),
    logLevel: top.log_level as Config['logLevel'],
    remind: Number(top.remind_hours) * hour,
    collectors: Object.fromEntries(readings),
    sinks: sinkConfigs.filter((it) => it !== undefined),
  }
}

const group = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

function keysAt(schema: object, path: readonly string[]): readonly string[] {
  const at = path.reduce<unknown>((it, key) => group(group(it).properties)[key], schema)
  return Object.keys(group(group(at).properties))
}

/** The settings as `agent config print` shows them: YAML, secrets hidden. */
export function printed(config: Config, sinks: readonly Sink[]): string {
  return stringify({
    ...config,
    sinks: config.sinks.map(({ unread, ...it }) => {
      const properties = sinks.find(({ name }) => name === it.type)?.settings ?? {}
      const hidden = Object.entries(it.settings).map(([key, value]) => {
        const schema = properties[key]
        return [key, schema?.type === 'string' && schema.secret && value ? '<hidden>' : value]
      })
      return { ...it, settings: Object.fromEntries([...hidden, ...unread.map((key) => [key, '<hidden>'])]) }
    }),
  })
}
