import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { WebTls } from '../model/index.ts'

/**
 * Small limits: whoever scrapes sends little, and at once. A handshake in 3 s, and no more than 64 clients at a time, of
 * which those that have said who they are make room for one another.
 */
const limits = { maxHeaderSize: 8192, headersTimeout: 10_000, requestTimeout: 10_000 }
const handshakeTimeout = 3000
const mostConnections = 64

/**
 * A server over plain HTTP, or over TLS with what `now` gives for each connection: certificates are renewed without a
 * restart. Who has to show one of their own is settled at the start.
 */
export function openServer(
  tls: WebTls | undefined,
  now: () => WebTls | undefined,
  reply: (asked: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = tls
    ? secure(tls, now, reply)
    : process.getBuiltinModule('node:http').createServer(limits, reply)
  server.maxConnections = mostConnections
  return server
}

function secure(tls: WebTls, now: () => WebTls | undefined, reply: Parameters<typeof openServer>[2]): Server {
  const { clientAuth } = tls
  const server = process.getBuiltinModule('node:https').createServer(
    {
      ...{ ...limits, handshakeTimeout, ...contextOf(tls) },
      requestCert: clientAuth !== 'NoClientCert',
      rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert',
    },
    reply,
  )
  let last = JSON.stringify(contextOf(tls))
  // Before the handshake: a client that does not take the old certificate never comes as far as a request.
  server.prependListener('connection', () => {
    try {
      const next = now()
      if (!next || JSON.stringify(contextOf(next)) === last) return
      server.setSecureContext(contextOf(next))
      last = JSON.stringify(contextOf(next))
    } catch {
      // Certificate and key are two files that are written one after the other: the old ones hold until both are there.
    }
  })
  return server
}

const contextOf = ({ cert, key, clientCa, minVersion, maxVersion }: WebTls) => ({
  ...{ cert, key, minVersion, maxVersion },
  ...(clientCa !== undefined && { ca: clientCa }),
})

/** Whether the certificate of a client is as the settings want it; `rejectUnauthorized` has seen to the rest. */
export function isKnown(socket: TLSSocket, { clientAuth, clientNames }: WebTls): boolean {
  if (clientAuth === 'NoClientCert' || clientAuth === 'RequestClientCert') return true
  const { subjectaltname = '', raw } = socket.getPeerCertificate()
  if (raw === undefined) return clientAuth === 'VerifyClientCertIfGiven'
  if (clientAuth === 'RequireAnyClientCert') return true
  if (!socket.authorized) return false
  const names = subjectaltname.split(', ').map((it) => it.slice(it.indexOf(':') + 1))
  return clientNames.length === 0 || clientNames.some((it) => names.includes(it))
}
