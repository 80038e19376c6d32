import { type Host, HostError } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { orNothing } from './ask.ts'
import type { K3s } from './k3s.ts'

/**
 * What the kubelet was told of when to evict pods and where it says that it is healthy. In its own order: flags over
 * drop-ins by their names over its config file (k8s: documentation of the kubelet's configuration merging order).
 *
 * k3s writes its own settings as the first drop-in, `agent/etc/kubelet.conf.d/00-k3s-defaults.conf`, and copies what
 * `--kubelet-arg=config=…` and `config-dir=…` name beside it (1.32 and later). Before that it gave them as flags, with
 * the same values, which a flag of the same name replaces. `/configz` is for administrators alone, and is not asked.
 */
export interface KubeletSettings {
  /** `imagefs.available` to `5%` or `1Gi`. */
  readonly evictionHard: Readonly<Record<string, string>>
  /** As the files have it; a flag goes before it. */
  readonly healthzPort?: string
}

/** k3s: pkg/daemons/agent/agent_linux.go. No signal of memory or inodes is among them, and setting some drops Kubernetes's own. */
const usual = { 'imagefs.available': '5%', 'nodefs.available': '5%' } as const

/** Kubernetes's own eight signals, and as many again. */
const mostSignals = 16
const mostFiles = 50
/** Folders below the first: k3s makes one, `20-cli-config-dir`. */
const deepest = 3
const largest = 64 * 1024

/** Undefined where it cannot be told: a file that cannot be read, is written in another way, or was changed since. */
export async function kubeletSettings(
  host: Host,
  { dataDir, flags }: Pick<K3s, 'dataDir' | 'flags'>,
): Promise<KubeletSettings | undefined> {
  try {
    const folder = `${dataDir}/agent/etc/kubelet.conf.d`
    const files = await dropIns(host, folder)
    if (await isChanged(host, [folder, ...files])) return undefined
    const texts = await Promise.all(files.map((it) => host.text(it, { limit: largest })))
    return settingsOf(texts, flags['kubelet-arg'] ?? [])
  } catch (error) {
    if (error instanceof HostError || error instanceof Unread) return undefined
    throw error
  }
}

/** k3s writes its own file, and starts the kubelet at once. */
const starting = minute

/** Whether any of it was changed after k3s wrote its own file: the kubelet reads them only when it starts. */
async function isChanged(host: Host, paths: readonly string[]): Promise<boolean> {
  const stats = await Promise.all(paths.map((it) => orNothing(host.stat(it))))
  const own = stats[paths.findIndex((it) => /\/00-[a-z0-9]+-defaults\.conf$/.test(it))]
  return own !== undefined && stats.some((it) => it && it.ctime - own.mtime > starting)
}

/** Every `.conf` file below the folder in the order of their paths; none before k3s 1.32. */
async function dropIns(host: Host, folder: string, depth = 0): Promise<string[]> {
  const entries = await host.list(folder).catch((error: unknown) => {
    if (error instanceof HostError && error.code === 'missing' && depth === 0) return []
    throw error
  })
  const found: string[] = []
  for (const { name, kind } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, mostFiles)) {
    const path = `${folder}/${name}`
    if (kind === 'folder' && depth < deepest) found.push(...(await dropIns(host, path, depth + 1)))
    else if (name.endsWith('.conf')) found.push(path)
  }
  return found.slice(0, mostFiles)
}

/** A file is written in a way that is not read here. */
class Unread extends Error {}

/** Drop-ins in their order, and the values of `kubelet-arg`. Pure; throws `Unread`. */
export function settingsOf(dropIns: readonly string[], given: readonly string[]): KubeletSettings {
  const asked = given
    .map((it) => it.replace(/^--/, ''))
    .findLast((it) => it.startsWith('eviction-hard='))
    ?.slice('eviction-hard='.length)
  let evictionHard: Record<string, string> = dropIns.length > 0 ? {} : { ...usual }
  let healthzPort: string | undefined
  for (const text of dropIns) {
    const { map, port } = isJson(text) ? inJson(text) : inYaml(text)
    // A JSON merge patch (RFC 7396) each (k8s: cmd/kubelet/app/server.go, mergeKubeletConfigurations).
    for (const [signal, value] of Object.entries(map ?? {})) {
      if (value === null) delete evictionHard[signal]
      else evictionHard[signal] = value
    }
    healthzPort = port ?? healthzPort
  }
  // A flag replaces all of it.
  if (asked !== undefined) evictionHard = inFlag(asked)
  return { evictionHard, ...(healthzPort !== undefined && { healthzPort }) }
}

interface Read {
  readonly map?: Readonly<Record<string, string | null>> | undefined
  readonly port?: string | undefined
}

const signal = /^[A-Za-z]+\.[A-Za-z]+$/
const quantity = /^\d+(\.\d+)?(%|[KMGTPE]i?|[kmMGTPE])?$/

/** Only what is a signal and a quantity is believed; anything else is not read. */
function bounded(entries: readonly (readonly [string, unknown])[]): Record<string, string | null> {
  if (entries.length > mostSignals) throw new Unread()
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (!signal.test(name) || !(value === null || (typeof value === 'string' && quantity.test(value))))
        throw new Unread()
      return [name, value]
    }),
  )
}

/** `memory.available<200Mi,nodefs.available<10%` */
function inFlag(text: string): Record<string, string> {
  const entries = text
    .split(',')
    .filter((it) => it !== '')
    .map((it) => it.split('<') as [string, string])
  return bounded(entries) as Record<string, string>
}

const isJson = (text: string) => /^\s*\{/.test(text)

function inJson(text: string): Read {
  try {
    const { evictionHard, healthzPort } = JSON.parse(text)
    return {
      ...(evictionHard && { map: bounded(Object.entries(evictionHard)) }),
      ...(Number.isInteger(healthzPort) && { port: `${healthzPort}` }),
    }
  } catch {
    throw new Unread()
  }
}

/** As k3s writes it, and as its documentation shows it: a key, and below it one indented line for each signal. */
function inYaml(text: string): Read {
  const lines = text.split(/\r?\n/).map((it) => it.replace(/(^|\s)#.*$/, '').trimEnd())
  const at = lines.findIndex((it) => /^["']?evictionHard["']?\s*:/.test(it))
  const port = lines
    .map((it) => /^["']?healthzPort["']?\s*:\s*["']?(\d{1,5})["']?$/.exec(it)?.[1])
    .find(Boolean)
  if (at < 0) return { port }
  const value = lines[at]?.replace(/^[^:]*:\s*/, '') ?? ''
  const flow = /^\{(.*)\}$/.exec(value)?.[1]
  if (flow !== undefined) return { map: pairs(flow.split(',').filter((it) => it.trim() !== '')), port }
  if (value !== '') throw new Unread()
  const rest = lines.slice(at + 1).filter((it) => it !== '')
  const end = rest.findIndex((it) => !/^\s/.test(it))
  return { map: pairs(end < 0 ? rest : rest.slice(0, end)), port }
}

const pairs = (lines: readonly string[]) =>
  bounded(
    lines.map((it) => {
      const [, name = '', value = ''] = /^\s*["']?([\w.]+)["']?\s*:\s*["']?([^"']*?)["']?\s*$/.exec(it) ?? []
      return [name, value === 'null' || value === '~' ? null : value] as const
    }),
  )

const powers: Readonly<Record<string, number>> = {
  ...{ '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18, m: 1e-3 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
}

/**
 * Percent in use from which on the kubelet evicts pods, by how much has to be left of `all` (k8s: resource.Quantity, or
 * percent). Undefined where nothing has to be left. Pure.
 */
export function evictedFrom(left: string | undefined, all: number): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z%]*)$/.exec(left ?? '') ?? []
  const share = unit === '%' ? Number(number) : (Number(number) * (powers[unit] ?? Number.NaN) * 100) / all
  // 0 switches a signal off (k8s: pkg/kubelet/eviction/helpers.go, parseThresholdStatement).
  if (number === '' || !(share > 0)) return undefined
  return Math.max(0, Math.round((100 - share) * 10) / 10)
}
