import { isIP } from 'node:net'
import type { Get, Got } from '../model/index.ts'
import { HostError } from '../model/index.ts'
import { read } from './files.ts'
import { bounded, hostError } from './limits.ts'

// An import of these also loads Node's own copy of undici, 13 MB and 50 ms, which is not needed here.
const { request: requestHttp } = process.getBuiltinModule('node:http')
const { request: requestHttps } = process.getBuiltinModule('node:https')

/** How much of an answer is kept, bytes, where nothing else was asked for. */
const usualBody = 4 * 1024
/** The largest certificate or key file that is read, bytes. */
const mostKey = 64 * 1024

/**
 * One HTTPS request, see `Host.get`. The client certificate and its key are read here and do not leave this function: no
 * error, answer or recording holds any part of them.
 */
export async function get(
  {
    host,
    port,
    path,
    as,
    authority,
    accept = 'application/json',
    limit = usualBody,
    plain,
    timeout = 5_000,
  }: Get,
  signal: AbortSignal,
): Promise<Got> {
  const doing = `asking ${plain ? 'http' : 'https'}://${host}:${port}${path}${as ? ` as ${as.certificate}` : ''}`
  const file = async (name: string) => Buffer.from(await read(name, { limit: mostKey, timeout }, signal))
  const identity = as && { cert: await file(as.certificate), key: await file(as.key) }
  // Before TLS 1.3 a client shows its certificate before Node.js has looked at the server's.
  const trust = authority
    ? { ca: await file(authority), rejectUnauthorized: true, minVersion: 'TLSv1.3' as const }
    : { rejectUnauthorized: false }
  const ended = new AbortController()
  try {
    const answer = new Promise<Got>((resolve, reject) => {
      const ask = plain ? requestHttp : requestHttps
      const request = ask({
        ...{ host, port, path, ...identity, ...trust },
        servername: isIP(host) ? '' : host,
        // No pool: no connection stays open, and no TLS session is reused under another identity.
        agent: false,
        signal: ended.signal,
        maxHeaderSize: 16 * 1024,
        headers: { accept, 'user-agent': 'murphy' },
      })
      request.once('error', reject)
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
    return await bounded(answer, timeout, signal, doing)
  } catch (error) {
    throw safeError(doing, error)
  } finally {
    ended.abort()
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
