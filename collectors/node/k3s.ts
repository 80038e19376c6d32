import { resolve } from 'node:path'
import type { Host } from '../../agent/model/index.ts'
import { exists, orNothing } from './ask.ts'
import { commandFlags, configFile, environmentFlags, type Flags, mergeFlags } from './flags.ts'
import { findProcess, type Process } from './process.ts'
import { remembered } from './remembered.ts'
import { findUnit } from './unit.ts'

export { exists, orMissing } from './ask.ts'
export { started } from './process.ts'

/**
 * What is known of k3s (or RKE2) on this node without asking it: where it is, how it was started, whether it runs.
 * Sources: k3s's documentation on configuration, and its install script for units and environment files.
 */
export interface K3s {
  readonly distribution: 'k3s' | 'rke2'
  /** A server has `DATA_DIR/server`; each server is an agent too unless told otherwise. */
  readonly role: 'server' | 'agent'
  readonly dataDir: string
  /** The systemd unit, without `.service`. */
  readonly unit: string
  /** `Restart=always`, as k3s's installer writes it. */
  readonly always?: true
  readonly running?: { readonly pid: number; readonly since: number }
  /**
   * The settings it was or will be started with: config files, then environment, then command line, which
   * wins. Tokens and passwords are left out.
   */
  readonly flags: Flags
  /** The program, for asking its version. */
  readonly binary: string
}

const homes = {
  k3s: { data: '/var/lib/rancher/k3s', config: '/etc/rancher/k3s', binary: '/usr/local/bin/k3s' },
  rke2: { data: '/var/lib/rancher/rke2', config: '/etc/rancher/rke2', binary: '/usr/local/bin/rke2' },
} as const

/**
 * Undefined where k3s is neither installed nor running. `known` is the previous result: while its process lives,
 * processes are not searched again.
 */
export async function findK3s(
  host: Host,
  known?: { readonly running?: K3s['running'] },
): Promise<K3s | undefined> {
  const process = await findProcess(host, known?.running ?? lastSeen(host))
  if (host.identity && process) running.set(host.identity, process)
  const { pid, since, ...about } = process ?? {}
  const found = await remembered(host, `k3s ${JSON.stringify(about)}`, (files) =>
    findSettings(files, process),
  )
  if (!found) return undefined
  const { asked, home, ...k3s } = found
  const dataDir = asked ?? (await extractedTo(host, pid)) ?? home
  const role = k3s.role ?? ((await exists(host, `${dataDir}/server`)) ? 'server' : 'agent')
  const usual = k3s.distribution === 'k3s' ? (role === 'server' ? 'k3s' : 'k3s-agent') : `rke2-${role}`
  return {
    ...{ distribution: k3s.distribution, role, dataDir, unit: k3s.unit ?? usual },
    ...(k3s.always && { always: true as const }),
    ...(process && { running: { pid: process.pid, since: process.since } }),
    // A copy has the prototype that flags must not have: anybody may name one `constructor`.
    ...{ flags: mergeFlags(k3s.flags), binary: k3s.binary },
  }
}

/** The process that was k3s on a machine when it was last looked for. */
const running = new WeakMap<object, { readonly pid: number; readonly since: number }>()
const lastSeen = ({ identity }: Host) => identity && running.get(identity)

interface Found extends Pick<K3s, 'distribution' | 'always' | 'flags' | 'binary'> {
  readonly role: K3s['role'] | undefined
  readonly unit: string | undefined
  /** Where its data are by its settings, and where they are by default. */
  readonly asked: string | undefined
  readonly home: string
}

/** All that its files say. */
async function findSettings(host: Host, process: Process | undefined): Promise<Found | undefined> {
  const unit = await findUnit(host, process)
  const distribution = process?.distribution ?? unit?.distribution ?? (await findData(host))
  if (!distribution) return undefined
  const home = homes[distribution]
  // A running k3s hides its flags, so the flags in its unit are read as well.
  const given = [
    environmentFlags(unit?.environment ?? {}),
    commandFlags(unit?.argv ?? []),
    commandFlags(process?.argv ?? []),
  ]
  const config = mergeFlags(...given).config?.at(-1) ?? `${home.config}/config.yaml`
  const flags = mergeFlags(...(await configFlags(host, config)), ...given)
  return {
    ...{ distribution, flags, home: home.data, asked: folder(flags['data-dir']?.at(-1)) },
    ...{ role: process?.role ?? unit?.role, unit: unit?.name, binary: unit?.argv[0] ?? home.binary },
    ...(unit?.always && { always: true as const }),
  }
}

/** "v1.21.2+k3s1", or undefined if it could not be learnt. */
export async function k3sVersion(host: Host, k3s: Pick<K3s, 'binary'>): Promise<string | undefined> {
  try {
    const { stdout } = await host.run([k3s.binary, '--version'], { timeout: 5_000, limit: 4096 })
    return /version (v\d+\.\d+\.\d+[\w.+-]*)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

async function findData(host: Host): Promise<'k3s' | 'rke2' | undefined> {
  for (const name of ['k3s', 'rke2'] as const) if (await exists(host, homes[name].data)) return name
  return undefined
}

/**
 * The data dir, from the path of the running program, `DATA_DIR/data/<hash>/bin/k3s`; only root may read that.
 * (K3S_DATA_DIR in its environment is no help: a running k3s sets it to `DATA_DIR/data/<hash>`.)
 */
async function extractedTo(host: Host, pid: number | undefined): Promise<string | undefined> {
  const program = pid === undefined ? undefined : await orNothing(host.target(`/proc/${pid}/exe`))
  return /^(\/.+)\/data\/[0-9a-f]{64}\/bin\/k3s(?: \(deleted\))?$/.exec(program ?? '')?.[1]
}

/** No k3s lives in a longer path: it would find no room for its sockets (108 bytes, unix(7)). */
const longestFolder = 256

/** A relative folder is relative to `/`, where systemd starts k3s. */
function folder(given: string | undefined): string | undefined {
  if (!given || given.length > longestFolder) return undefined
  return resolve('/', given)
}

/** A config file and the files in its `.d` folder, which override it, in the order of their names. */
async function configFlags(host: Host, file: string): Promise<Flags[]> {
  const more = (await orNothing(host.list(`${file}.d`))) ?? []
  const files = [file, ...more.filter((it) => /\.ya?ml$/.test(it.name)).map((it) => `${file}.d/${it.name}`)]
  const layers: Flags[] = []
  for (const path of files) layers.push(configFile((await orNothing(host.text(path))) ?? ''))
  return layers
}
