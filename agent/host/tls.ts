import { isIP } from 'node:net'
import type { DetailedPeerCertificate } from 'node:tls'
import { connect } from 'node:tls'
import type { Handshake } from '../model/index.ts'
import { HostError } from '../model/index.ts'
import { bounded, hostError } from './limits.ts'

const longestChain = 10

/** A TLS handshake that trusts nothing and checks nothing: what does the server present? See `Host.handshake`. */
export async function handshake(
  {
    host,
    port,
    servername,
    timeout = 5_000,
  }: { host: string; port: number; servername?: string; timeout?: number },
  signal: AbortSignal,
): Promise<Handshake> {
  const doing = `asking ${host}:${port} for its certificate`
  const socket = connect({
    host,
    port,
    // Server name indication must not be an IP address (RFC 6066, section 3).
    servername: servername ?? (isIP(host) ? '' : host),
    rejectUnauthorized: false,
    // The certificates of old servers should be seen too.
    minVersion: 'TLSv1',
  })
  try {
    await bounded(
      new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', resolve)
        socket.once('error', reject)
        socket.once('close', () => reject(new HostError('failed', `${doing}: it hung up`)))
      }),
      timeout,
      signal,
      doing,
    )
    const certificates: Uint8Array[] = []
    let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
    while (at?.raw && certificates.length < longestChain) {
      certificates.push(at.raw)
      // In Node.js a self-signed certificate is its own issuer.
      at = at.issuerCertificate === at ? undefined : at.issuerCertificate
    }
    if (certificates.length === 0) throw new HostError('failed', `${doing}: it presented none`)
    return { certificates, protocol: socket.getProtocol() ?? 'unknown' }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
      throw new HostError('failed', `${doing}: it does not speak TLS`, { cause: error })
    throw hostError(doing, error)
  } finally {
    socket.on('error', () => {})
    socket.destroy()
  }
}
