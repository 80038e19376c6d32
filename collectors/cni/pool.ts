import { isIP } from 'node:net'
import { type Host, HostError } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { orMissing, orNothing } from '../node/ask.ts'
import type { PodLink, Pool } from './sample.ts'

/** Where host-local keeps its reservations, one file an address (cni-plugins, plugins/ipam/host-local/backend/disk). */
export const networksFolder = '/var/lib/cni/networks'

/** flannel's network in k3s's conflist. */
const usual = 'cbr0'

/** Where containerd has a folder for each running task, sandboxes among them, named by id. */
const tasksFolder = '/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io'

/**
 * How long a reservation without a sandbox may be normal, ms: a sandbox is created in seconds, and removed within
 * minutes even where something hangs.
 */
export const settling = 10 * minute

const mostLeaked = 512
const mostPoints = 32

/**
 * The reservations of this node's addresses, and those that belong to no sandbox. Lists one folder; for an address that
 * no known pod has, one file is read, once. Undefined where nothing was ever reserved.
 */
export async function readPool(
  host: Host,
  {
    pods,
    own,
    before,
  }: {
    readonly pods: readonly PodLink[]
    /** This node's bridge address, `10.42.0.1/24`. */
    readonly own: string | undefined
    readonly before: Pool | undefined
  },
): Promise<Pool | undefined> {
  const folder = `${networksFolder}/${usual}`
  const entries = await orMissing(host.list(folder))
  if (!entries || own === undefined) return undefined
  const family = isIP(own.replace(/\/.*/, ''))
  const reserved = entries.map((it) => it.name).filter((it) => isIP(it) === family)
  const live = new Set(pods.map((it) => it.ip))
  const known = before?.leaked ?? {}
  const loose = reserved.filter((it) => !live.has(it))
  // Known leaks come first, so that addresses of pods that are just being created do not push them out.
  const strays = [...loose.filter((it) => it in known), ...loose.filter((it) => !(it in known))].slice(
    0,
    mostLeaked,
  )
  const tasks = strays.length > 0 ? await orNothing(host.list(tasksFolder)) : undefined
  const running = new Set(tasks?.map((it) => it.name))
  const leaked: Record<string, number> = {}
  for (const it of strays) {
    const since = known[it] ?? (await reservation(host, `${folder}/${it}`, running))
    if (since !== undefined) leaked[it] = since
  }
  const count = confirmedLeaks(leaked, host.now()).length
  const course = before?.course ?? []
  return {
    folder,
    size: sizeOf(own),
    used: reserved.length,
    leaked,
    course:
      course.at(-1)?.[1] === count
        ? course
        : [...course.slice(-(mostPoints - 1)), [host.now(), count] as const],
  }
}

/**
 * Since when an address is reserved for a sandbox that does not run; undefined if the sandbox runs or the address was
 * released meanwhile.
 */
async function reservation(
  host: Host,
  path: string,
  running: ReadonlySet<string>,
): Promise<number | undefined> {
  try {
    // `<sandbox id>\r\n<interface>`; old files hold the id alone.
    const [id = ''] = (await host.text(path, { limit: 4096 })).split(/\r?\n/)
    if (running.has(id.trim())) return undefined
    return Math.floor((await host.stat(path)).mtime)
  } catch (error) {
    if (error instanceof HostError && error.code === 'missing') return undefined
    throw error
  }
}

/**
 * How many addresses host-local can give out: all but the network's own, the gateway and, with IPv4, the broadcast
 * address.
 */
export function sizeOf(own: string): number {
  const [address = '', prefix] = own.split('/')
  const bits = (isIP(address) === 6 ? 128 : 32) - Number(prefix)
  return Math.max(0, 2 ** Math.min(bits, 40) - (isIP(address) === 6 ? 2 : 3))
}

/** The addresses leaked for so long that no sandbox can still be in the middle of being created or removed. */
export const confirmedLeaks = (leaked: Pool['leaked'], now: number): readonly string[] =>
  Object.keys(leaked).filter((it) => now - (leaked[it] ?? now) >= settling)
