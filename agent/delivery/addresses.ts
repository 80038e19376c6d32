import type { LookupAddress, LookupOptions } from 'node:dns'
import { Resolver, lookup as systemLookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { hour } from '../text/times.ts'

export interface Names {
  /** Has the signature of `dns.lookup`, for `connect.lookup` and the like. */
  readonly lookup: LookupFunction
  /** Looks a name up and remembers its addresses, for when lookups fail; at most once an hour. Never throws. */
  keep(host: string): void
}

type Ask = (host: string) => Promise<readonly LookupAddress[]>

/** How many names are remembered: more than any node has sinks. */
const most = 64

/**
 * Looks names up, and falls back on the last known addresses when no server answers: notifications matter most when
 * name resolution is broken.
 *
 * The system (getaddrinfo) is asked first, since only it knows /etc/hosts; one name at a time, since each call holds
 * one of the four threads that reading files needs as well. If it fails, or has not answered after `headStart` ms,
 * the servers in /etc/resolv.conf are asked without a thread. After `patience` ms in all, the last known addresses are
 * used.
 */
export function rememberNames({
  system = askSystem,
  servers = askServers,
  headStart = 1000,
  patience = 3000,
}: {
  system?: Ask
  servers?: Ask
  headStart?: number
  patience?: number
} = {}): Names {
  const known = new Map<string, { addresses: readonly LookupAddress[]; at: number }>()
  const asking = new Map<string, Promise<readonly LookupAddress[]>>()
  let queue: Promise<unknown> = Promise.resolve()

  async function fresh(host: string): Promise<readonly LookupAddress[]> {
    const asked = queue.then(() => system(host)).then(some)
    queue = asked.catch(() => undefined)
    const early = await Promise.race([asked.catch(() => undefined), pause(headStart)])
    return early ?? Promise.any([asked, servers(host).then(some)])
  }

  async function find(host: string): Promise<readonly LookupAddress[]> {
    const found = await Promise.race([fresh(host).catch(() => undefined), pause(patience)])
    if (found) {
      known.delete(host)
      known.set(host, { addresses: found, at: performance.now() })
      for (const oldest of known.keys()) if (known.size > most) known.delete(oldest)
      return found
    }
    const last = known.get(host)
    if (last) return last.addresses
    throw Object.assign(new Error(`no address for ${host}`), { code: 'ENOTFOUND' })
  }

  function addresses(host: string): Promise<readonly LookupAddress[]> {
    const already = asking.get(host)
    if (already) return already
    const found = find(host).finally(() => asking.delete(host))
    asking.set(host, found)
    return found
  }

  return {
    lookup(host, options: LookupOptions, callback) {
      addresses(host).then(
        (all) => {
          const family = Number(String(options.family ?? 0).replace('IPv', ''))
          const fit = all.filter((it) => family === 0 || it.family === family)
          const [first] = fit
          if (!first) callback(Object.assign(new Error('no such address'), { code: 'ENOTFOUND' }), '')
          else if (options.all) callback(null, fit)
          else callback(null, first.address, first.family)
        },
        (error: NodeJS.ErrnoException) => callback(error, ''),
      )
    },
    keep(host) {
      const last = known.get(host)
      if (host === '' || isIP(host) !== 0 || (last && performance.now() - last.at < hour)) return
      addresses(host).catch(() => undefined)
    },
  }
}

const pause = (ms: number) => sleep(ms, undefined, { ref: false })

function some(addresses: readonly LookupAddress[]): readonly LookupAddress[] {
  if (addresses.length === 0) throw new Error('no addresses')
  return addresses
}

const askSystem: Ask = (host) => systemLookup(host, { all: true })

const askServers: Ask = async (host) => {
  // A new resolver each time, so that a changed /etc/resolv.conf is seen.
  const resolver = new Resolver({ timeout: 1000, tries: 2 })
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  return [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ]
}

/** Those of all sinks. */
export const names: Names = rememberNames()
