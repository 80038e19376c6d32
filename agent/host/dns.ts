import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { DnsAnswer, DnsQuestion } from '../model/index.ts'
import { HostError } from '../model/index.ts'
import { bounded, hostError } from './limits.ts'
import { udpTo } from './udp.ts'

/** c-ares' names of response codes (RFC 1035, 4.1.1). ENODATA is a successful answer without records. */
const answers: Readonly<Record<string, DnsAnswer['rcode']>> = {
  ENODATA: 'NOERROR',
  ENOTFOUND: 'NXDOMAIN',
  ESERVFAIL: 'SERVFAIL',
  EREFUSED: 'REFUSED',
  ENOTIMP: 'NOTIMP',
  EFORMERR: 'FORMERR',
}
const mostAddresses = 16

/** One question to one server, over UDP, and over TCP when the answer was cut. See `Host.resolve`. */
export async function resolve(
  { server, port = 53, name, type = 'A', timeout = 1_000, tries = 2 }: DnsQuestion,
  signal: AbortSignal,
): Promise<DnsAnswer> {
  const doing = `asking the DNS server ${server} for ${name}`
  if (isIP(server) === 0) throw new HostError('failed', `${doing}: that is no address`)
  const resolver = new Resolver({ timeout, tries, maxTimeout: timeout })
  resolver.setServers([`${isIP(server) === 6 ? `[${server}]` : server}:${port}`])
  try {
    const work = type === 'A' ? resolver.resolve4(name) : resolver.resolve6(name)
    const found = await bounded(work, timeout * tries + 500, signal, doing)
    return { rcode: 'NOERROR', addresses: found.slice(0, mostAddresses) }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const rcode = answers[code]
    if (rcode) return { rcode, addresses: [] }
    if (code === 'ETIMEOUT') throw new HostError('timeout', `${doing}: no answer to ${tries} tries`)
    throw hostError(doing, code === 'ECONNREFUSED' ? await refusal(server, port, error) : error)
  } finally {
    resolver.cancel()
  }
}

/** A host that refuses a packet does so at once, and what has no route fails before it is sent, ms. */
const atOnce = 300

/**
 * Why a server was refused: c-ares says ECONNREFUSED of a port where nothing listens, and also where there is no way to
 * the host or the network (measured with Node 24). A connected socket is told which.
 */
function refusal(server: string, port: number, error: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = udpTo(server, port, (it) => it.send(Buffer.alloc(12)))
    const done = (it: unknown) => {
      clearTimeout(timer)
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.close()
      resolve(it)
    }
    const timer = setTimeout(() => done(error), atOnce)
    socket.once('error', done)
  })
}
