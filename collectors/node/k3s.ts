import type { Host } from '../../agent/model.ts'
import { HostError } from '../../agent/model.ts'

/**
 * What is known of k3s (or RKE2) on this node without asking it: where it is, how it was started, whether
 * it runs. Facts: k3s's documentation on configuration, and its install script for units and environment files.
 */
export interface K3s {
  readonly distribution: 'k3s' | 'rke2'
  /** A server has `DATA_DIR/server`; each server is an agent too unless told otherwise. */
  readonly role: 'server' | 'agent'
  readonly dataDir: string
  /** The systemd unit, without `.service`. */
  readonly unit: string
  readonly running?: { readonly pid: number; readonly since: number }
  /** The settings it was or will be started with: config files, then environment, then command line, which wins. */
  readonly flags: Readonly<Record<string, readonly string[]>>
  /** The program, for asking its version. */
  readonly binary: string
}

const homes = {
  k3s: { data: '/var/lib/rancher/k3s', config: '/etc/rancher/k3s', binary: '/usr/local/bin/k3s' },
  rke2: { data: '/var/lib/rancher/rke2', config: '/etc/rancher/rke2', binary: '/usr/local/bin/rke2' },
} as const

/** k3s names its process after what it is: `k3s-server`, `k3s-agent`; older ones `k3s`. */
const processNames = /^(k3s|rke2)(-server|-agent)?$/
const unitFolders = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
]
const unitNames = /^((k3s|rke2)(-[\w.@-]+)?)\.service$/

/** Undefined where k3s is neither installed nor running. `known` is the last answer: while its process lives, it is not searched for again. */
export async function findK3s(host: Host, known?: K3s): Promise<K3s | undefined> {
  const unit = await findUnit(host)
  const process = await findProcess(host, known)
  const distribution = process?.distribution ?? unit?.distribution ?? (await findData(host))
  if (!distribution) return undefined
  const home = homes[distribution]
  const argv = process?.argv ?? unit?.argv ?? []
  const flags = merge(
    await configFlags(host, home.config, argv),
    environmentFlags(unit?.environment ?? {}),
    commandFlags(argv),
  )
  // A running k3s exports K3S_DATA_DIR pointing at DATA_DIR/data/<hash>: only flags, files and the unit count.
  const dataDir = flags['data-dir']?.at(-1) ?? home.data
  const server =
    argv.includes('server') || (!argv.includes('agent') && (await exists(host, `${dataDir}/server`)))
  return {
    distribution,
    role: server ? 'server' : 'agent',
    dataDir,
    unit:
      unit?.name ??
      (distribution === 'k3s' ? (server ? 'k3s' : 'k3s-agent') : server ? 'rke2-server' : 'rke2-agent'),
    ...(process && { running: { pid: process.pid, since: process.since } }),
    flags,
    binary: unit?.argv[0] ?? home.binary,
  }
}

/** "v1.21.2+k3s1", or undefined if it could not be learnt. */
export async function k3sVersion(host: Host, k3s: K3s): Promise<string | undefined> {
  try {
    const { stdout } = await host.run([k3s.binary, '--version'], { timeout: 5_000, limit: 4096 })
    return /version (v\d+\.\d+\.\d+[^\s]*)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

/** What was seen, or undefined where there is nothing to see; other errors are told. */
export async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof HostError && error.code === 'missing') return undefined
    throw error
  }
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch {
    return undefined
  }
}

/** Whether there is such a path; one that may not be looked at is taken to be there. */
export async function exists(host: Host, path: string): Promise<boolean> {
  try {
    await host.stat(path)
    return true
  } catch (error) {
    return error instanceof HostError && error.code === 'denied'
  }
}

async function findData(host: Host): Promise<'k3s' | 'rke2' | undefined> {
  for (const name of ['k3s', 'rke2'] as const) if (await exists(host, homes[name].data)) return name
  return undefined
}

interface Unit {
  readonly name: string
  readonly distribution: 'k3s' | 'rke2'
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

async function findUnit(host: Host): Promise<Unit | undefined> {
  for (const folder of unitFolders) {
    const names = (await orNothing(host.list(folder))) ?? []
    for (const { name } of names) {
      const [, unit, distribution] = unitNames.exec(name) ?? []
      const text = unit && (await orNothing(host.text(`${folder}/${name}`)))
      if (!unit || !text) continue
      const argv = execStart(text)
      if (!argv.some((word) => word === 'server' || word === 'agent')) continue
      const environment: Record<string, string> = {}
      for (const [, path = ''] of text.matchAll(/^EnvironmentFile=-?(.+)$/gm))
        Object.assign(
          environment,
          parseEnvironment((await orNothing(host.text(path.trim().replaceAll('%N', unit)))) ?? ''),
        )
      return { name: unit, distribution: distribution as 'k3s' | 'rke2', argv, environment }
    }
  }
  return undefined
}

/** The words of a unit's ExecStart, which k3s's installer spreads over lines with backslashes. */
export function execStart(unit: string): string[] {
  const [, command = ''] = /^ExecStart=[-@:+!]*(.*)$/m.exec(unit.replace(/\\\n/g, ' ')) ?? []
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
}

export function parseEnvironment(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, key = '', value = ''] of text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/gm))
    found[key] = value.trim().replace(/^(["'])(.*)\1$/, '$2')
  return found
}

interface Process {
  readonly pid: number
  readonly since: number
  readonly distribution: 'k3s' | 'rke2'
  readonly argv: readonly string[]
}

async function findProcess(host: Host, known?: K3s): Promise<Process | undefined> {
  if (known?.running) {
    const still = await readProcess(host, known.running.pid)
    if (still?.since === known.running.since) return still
  }
  const entries = (await orNothing(host.list('/proc'))) ?? []
  for (const { name } of entries) {
    if (!/^\d+$/.test(name)) continue
    const comm = (await orNothing(host.text(`/proc/${name}/comm`)))?.trim() ?? ''
    if (!processNames.test(comm)) continue
    const process = await readProcess(host, Number(name))
    if (process) return process
  }
  return undefined
}

async function readProcess(host: Host, pid: number): Promise<Process | undefined> {
  const comm = (await orNothing(host.text(`/proc/${pid}/comm`)))?.trim() ?? ''
  const [, distribution] = processNames.exec(comm) ?? []
  // `kubectl` and `crictl` are the same program; only a server or an agent is a node.
  const argv = ((await orNothing(host.text(`/proc/${pid}/cmdline`))) ?? '').split(/[\0 ]+/).filter(Boolean)
  if (!distribution || !argv.some((word) => word === 'server' || word === 'agent')) return undefined
  return { pid, distribution: distribution as 'k3s' | 'rke2', argv, since: await started(host, pid) }
}

/** When a process started, ms since the epoch, from field 22 of its stat (clock ticks of 10 ms since boot; proc(5)). 0 if unknown. */
export async function started(host: Host, pid: number): Promise<number> {
  const stat = await orNothing(host.text(`/proc/${pid}/stat`))
  const boot = await orNothing(host.text('/proc/stat', { limit: 4 * 1024 * 1024 }))
  const ticks = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  const booted = Number(/^btime (\d+)$/m.exec(boot ?? '')?.[1])
  return Number.isFinite(ticks) && Number.isFinite(booted) ? booted * 1000 + ticks * 10 : 0
}

type Flags = Record<string, readonly string[]>

function merge(...layers: readonly Flags[]): Flags {
  return Object.assign({}, ...layers)
}

/** `-d` and `-c` are the short forms of what matters here. */
const short: Readonly<Record<string, string>> = { d: 'data-dir', c: 'config' }

/** `--flag value`, `--flag=value` and `--flag`, by name; a flag given more than once keeps every value. */
export function commandFlags(argv: readonly string[]): Flags {
  const found: Record<string, string[]> = {}
  for (let at = 0; at < argv.length; at += 1) {
    const [, dashes, name = '', , value] = /^(--?)([a-z][\w-]*)(=(.*))?$/i.exec(argv[at] ?? '') ?? []
    if (!dashes) continue
    const following = argv[at + 1]
    const given = value ?? (following !== undefined && !following.startsWith('-') ? following : 'true')
    const key = dashes === '-' ? (short[name] ?? name) : name
    found[key] = [...(found[key] ?? []), given]
  }
  return found
}

const environmentNames: Readonly<Record<string, string>> = {
  K3S_DATA_DIR: 'data-dir',
  RKE2_DATA_DIR: 'data-dir',
  K3S_CONFIG_FILE: 'config',
  RKE2_CONFIG_FILE: 'config',
  K3S_URL: 'server',
  K3S_NODE_NAME: 'node-name',
}

function environmentFlags(environment: Readonly<Record<string, string>>): Flags {
  const found: Flags = {}
  for (const [name, flag] of Object.entries(environmentNames)) {
    const value = environment[name]
    if (value) found[flag] = [value]
  }
  return found
}

async function configFlags(host: Host, folder: string, argv: readonly string[]): Promise<Flags> {
  const file = commandFlags(argv).config?.at(-1) ?? `${folder}/config.yaml`
  const more = (await orNothing(host.list(`${file}.d`))) ?? []
  const files = [file, ...more.filter((it) => /\.ya?ml$/.test(it.name)).map((it) => `${file}.d/${it.name}`)]
  const flags: Flags = {}
  for (const path of files) Object.assign(flags, configFile((await orNothing(host.text(path))) ?? ''))
  return flags
}

/**
 * The top level of k3s's config file: scalars and lists of scalars are all it may hold, so this needs no
 * YAML library, which a process that reads everything as root does better without.
 */
export function configFile(text: string): Flags {
  const found: Record<string, string[]> = {}
  let key: string | undefined
  for (const line of text.split('\n')) {
    const scalar = (raw: string) =>
      raw
        .replace(/\s+#.*$/, '')
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2')
    const [, name, value = ''] = /^([A-Za-z][\w-]*)\+?:\s*(.*)$/.exec(line) ?? []
    if (name) {
      key = name
      const flow = /^\[(.*)\]/.exec(value)?.[1]
      const text = scalar(value)
      found[key] = flow !== undefined ? flow.split(',').map(scalar).filter(Boolean) : text ? [text] : []
      continue
    }
    const [, item] = /^\s*-\s+(.*)$/.exec(line) ?? []
    if (key && item !== undefined) found[key]?.push(scalar(item))
  }
  return found
}
