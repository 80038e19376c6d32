import type { RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import type { Get, Got } from '../model/index.ts'
import { HostError } from '../model/index.ts'
import type { Connect, Connections } from './connections.ts'
import { read } from './files.ts'
import { bounded, hostError } from './limits.ts'
import { allFacts } from './stats.ts'

// An import of these also loads Node's own copy of undici, 13 MB and 50 ms, which is not needed here.
const { request: requestHttp } = process.getBuiltinModule('node:http')
const { request: requestHttps } = process.getBuiltinModule('node:https')

/** How much of an answer is kept, bytes, where nothing else was asked for. */
const usualBody = 4 * 1024
/** The largest certificate or key file that is read, bytes. */
const mostKey = 64 * 1024

/**
 * One HTTPS request, see `Host.get`. The client certificate and its key are read here and do not leave this file: no
 * error, answer or recording holds any part of them.
 */
export async function get(request: Get, signal: AbortSignal, open?: Connections): Promise<Got> {
  const { host, port, path, as, plain, keep, timeout = 5_000 } = request
  const doing = `asking ${plain ? 'http' : 'https'}://${host}:${port}${path}${as ? ` as ${as.certificate}` : ''}`
  try {
    if (keep && open && !plain) return await askKept(request, doing, signal, open)
    const secure = plain ? {} : await secureOptions(request, signal)
    // No connection stays open, and no TLS session is reused under another identity.
    return await answered(ask(request, { ...secure, agent: false }), timeout, signal, doing)
  } catch (error) {
    throw safeError(doing, error)
  }
}

/** Asks on a connection that is open, where there is one. */
async function askKept(request: Get, doing: string, signal: AbortSignal, open: Connections): Promise<Got> {
  const { host, port, as, authority, timeout = 5_000 } = request
  const files = [as?.certificate, as?.key, authority].filter((it) => it !== undefined)
  const key = [host, port, ...files].join(' ')
  const stamp = (await allFacts(files, signal))
    .map((it) => (it instanceof HostError ? '' : [it.dev, it.ino, it.size, it.ctime].join(':')))
    .join(' ')
  const connect: Connect = (made) =>
    void secureOptions(request, signal)
      .then((secure) => connectTls({ ...secure, host, port }))
      .then((socket) => made(null, socket), made)
  for (let isAgain = false; ; isAgain = true) {
    const asking = ask(request, { agent: open.to(key, stamp, connect) })
    try {
      return await answered(asking, timeout, signal, doing)
    } catch (error) {
      open.drop(key)
      // The server may have closed it just now, or another have taken its place. One that is silent may be slow.
      if (isAgain || !asking.isOld() || error instanceof HostError || signal.aborted) throw error
    }
  }
}

/** What is shown, and who is believed. The files are read for each connection: they may have been renewed. */
async function secureOptions({ host, as, authority, timeout = 5_000 }: Get, signal: AbortSignal) {
  const file = async (name: string) => Buffer.from(await read(name, { limit: mostKey, timeout }, signal))
  const key = as && (await file(as.key))
  try {
    return {
      // Not the key itself, which would stay with the connection: of it only OpenSSL has what it made of it.
      secureContext: createSecureContext({
        ...(as && { cert: await file(as.certificate), key }),
        ...(authority && { ca: await file(authority) }),
        // Before TLS 1.3 a client shows its certificate before Node.js has looked at the server's.
        ...(authority && { minVersion: 'TLSv1.3' as const }),
      }),
      rejectUnauthorized: authority !== undefined,
      servername: isIP(host) ? '' : host,
    }
  } finally {
    key?.fill(0)
  }
}

interface Asking {
  readonly answer: Promise<Got>
  /** Whether it went over a connection that was open before. */
  isOld(): boolean
  /** Gives up what has not been answered. */
  end(): void
}

function ask(
  { host, port, path, plain, accept = 'application/json', limit = usualBody }: Get,
  way: RequestOptions,
): Asking {
  const request = (plain ? requestHttp : requestHttps)({
    ...{ host, port, path, ...way },
    maxHeaderSize: 16 * 1024,
    headers: { accept, 'user-agent': 'murphy' },
  })
  const answer = new Promise<Got>((resolve, reject) => {
    request.on('error', reject)
    request.once('response', (response) => {
      const parts: Buffer[] = []
      let size = 0
      const done = () => {
        const body = Buffer.concat(parts).subarray(0, limit).toString('utf8')
        resolve({ status: response.statusCode ?? 0, body })
      }
      response.on('data', (part: Buffer) => {
        parts.push(part)
        size += part.length
        if (size >= limit) done()
      })
      response.once('end', done)
      response.once('error', reject)
    })
    request.end()
  })
  return { answer, isOld: () => request.reusedSocket, end: () => void request.destroy() }
}

async function answered(
  { answer, end }: Asking,
  timeout: number,
  signal: AbortSignal,
  doing: string,
): Promise<Got> {
  try {
    return await bounded(answer, timeout, signal, doing)
  } finally {
    // After a whole answer this does nothing, and the connection stays as it is.
    end()
  }
}

/** A HostError that cannot quote the key: of OpenSSL's errors it has only the code. */
function safeError(doing: string, error: unknown): HostError {
  if (error instanceof HostError) return error
  const { code = '', message = '' } = error as NodeJS.ErrnoException
  if (code === 'EPROTO' && /wrong version number|packet length too long/i.test(message))
    return new HostError('failed', `${doing}: it does not speak TLS`)
  const distrust = distrustOf(code)
  if (distrust) return new HostError(distrust[0], `${doing}: it shows a certificate ${distrust[1]} (${code})`)
  if (noWay.has(code)) return new HostError('refused', `${doing}: there is no way to that host (${code})`)
  if (code === 'ECONNRESET') return new HostError('failed', `${doing}: it hung up`)
  if (/^E[A-Z]+$/.test(code) && code !== 'EPROTO') return hostError(doing, error)
  return new HostError('failed', `${doing}: ${code || 'it failed'}`)
}

/**
 * What the kernel says of a connection that it did not even try (ip-route(8): `prohibit`, `blackhole`; a link that is
 * down, an address of none). What it means for a file is another matter.
 */
const noWay: ReadonlySet<string> = new Set([
  ...['EACCES', 'EPERM', 'EINVAL', 'ENETDOWN', 'EHOSTDOWN', 'EADDRNOTAVAIL'],
])

/** Why a server's certificate is not believed. What is not of the cluster is not asked; it says nothing of the cluster. */
function distrustOf(code: string): readonly ['denied' | 'failed', string] | undefined {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return ['failed', 'that is not valid now']
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return ['denied', 'that is for other names']
  return /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code)
    ? ['denied', "that the cluster's CA did not sign"]
    : undefined
}
