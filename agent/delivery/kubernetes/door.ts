import { Client } from 'undici'
import { HostError, type NodeApi, type Reply } from '../../model/index.ts'
import { received } from '../received.ts'
import { readError } from '../retry.ts'
import { type Meaning, meaningOf } from './answers.ts'
import type { Request } from './requests.ts'

/** What came of a request; the body only where it was answered well. */
export interface Asked {
  readonly meaning: Meaning
  readonly body: string
}

export type Ask = (request: Request, signal: AbortSignal) => Promise<Asked>

export interface DoorOptions {
  readonly api: NodeApi
  readonly version: string
  /** A file of the node's, at most 64 KiB. */
  readonly read: (path: string) => Promise<Uint8Array>
  readonly now: () => number
  /** How long one request may take in all, ms; default 5 s. */
  readonly timeout?: number
}

/** How much of an answer is read, bytes: a Node with the names of its images has 10 to 100 kB. */
const mostBody = 1024 * 1024

/**
 * The door to this node's API server, over which alone Murphy writes. The server has to show a certificate of the
 * cluster's own authority for the address that was asked, or the node's certificate is not shown to it: whoever else
 * listens there is sent nothing. Certificate and key are read for each line, as k3s replaces them, and are kept by
 * nobody; no error holds any part of them. Where k3s's balancer on this node does not answer, as while k3s is down, the
 * servers behind it are asked. No proxy, no redirect. Nothing here rejects.
 */
export interface Door {
  /** One request over a connection of its own. */
  readonly ask: Ask
  /** For several requests over one connection, in their order: a second one costs no handshake. */
  line(): Line
}

export interface Line {
  readonly ask: Ask
  close(): void
}

export function openDoor(options: DoorOptions): Door {
  const line = () => openLine(options)
  return {
    line,
    async ask(request, signal) {
      const one = line()
      try {
        return await one.ask(request, signal)
      } finally {
        one.close()
      }
    },
  }
}

function openLine({ api, version, read, now, timeout = 5000 }: DoorOptions): Line {
  const origins = [api.origin, ...(api.others ?? [])]
  const clients = new Map<string, Promise<Client>>()
  /** The place in `origins` of the first one that has not failed. */
  let at = 0
  const open = async (origin: string) => {
    const [ca, cert, key] = await Promise.all(
      [api.authority, api.certificate, api.key].map(async (path) => Buffer.from(await read(path))),
    )
    return new Client(origin, {
      // Before TLS 1.3 a client shows its certificate before Node.js has looked at the server's.
      connect: { ca, cert, key, rejectUnauthorized: true, minVersion: 'TLSv1.3', timeout },
      allowH2: false,
      maxHeaderSize: 16 * 1024,
    })
  }
  const clientOf = (origin: string) => {
    const client = clients.get(origin) ?? open(origin)
    clients.set(origin, client)
    return client
  }
  return {
    async ask(request, given) {
      let first: string | undefined
      for (;;) {
        const here = at
        const origin = origins[here] ?? api.origin
        try {
          const signal = AbortSignal.any([given, AbortSignal.timeout(timeout)])
          return asked(await replyTo(await clientOf(origin), request, version, signal), now())
        } catch (error) {
          first ??= reasonOf(origin, error)
          // Nobody answered: the next one may have it a second time, which changes nothing.
          if (at === here) at += 1
          if (error instanceof HostError || given.aborted || at >= origins.length) {
            at = Math.min(at, origins.length - 1)
            return { meaning: { kind: 'again', why: first }, body: '' }
          }
        }
      }
    },
    close() {
      for (const client of clients.values()) void client.then((it) => it.destroy()).catch(() => undefined)
    },
  }
}

async function replyTo(
  client: Client,
  request: Request,
  version: string,
  signal: AbortSignal,
): Promise<Reply> {
  const answer = await client.request({
    method: request.method,
    path: request.path,
    headers: {
      // By this the audit log tells Murphy from the kubelet, whose credential it is.
      'user-agent': `murphy/${version}`,
      accept: 'application/json',
      ...(request.type && { 'content-type': request.type }),
    },
    ...(request.body !== undefined && { body: request.body }),
    signal,
  })
  return received(answer, mostBody)
}

function asked(reply: Reply, now: number): Asked {
  const meaning = meaningOf(reply, now)
  return { meaning, body: meaning.kind === 'done' ? reply.body : '' }
}

/** In words of our own: OpenSSL's may quote what it was given. */
function reasonOf(origin: string, error: unknown): string {
  if (error instanceof HostError) return error.message
  return `${origin} ${readError(error).why}`
}
