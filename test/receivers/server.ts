import type { IncomingHttpHeaders, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Arrived {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * What goes wrong with a request: an answer in place of the receiver's own, no answer at all, the socket
 * dropped before the receiver knows of it, or after it took the request (the acceptance is lost).
 */
export type Fault = Answer | 'hang' | 'drop' | 'lost'

export interface Listening {
  readonly port: number
  /** Every request, in order, also those that a fault met. */
  readonly arrived: Arrived[]
  /** How often somebody only kept the connection open. */
  readonly held: () => number
  /** Asked for each request. */
  fault: ((request: Arrived, count: number) => Fault | undefined) | undefined
  close(): Promise<void>
}

export interface ReceiverOptions {
  readonly port?: number
  readonly host?: string
  /** Told of each request and how it was answered. */
  readonly tell?: (line: object) => void
}

const bodyLimit = 1024 * 1024

export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

/** The JSON object in a text, or undefined. */
export function object(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** A real HTTP server on a free port that keeps a record and can be made to fail. */
export async function listen(
  name: string,
  { port = 0, host = '127.0.0.1', tell }: ReceiverOptions,
  answer: (request: Arrived) => Answer,
): Promise<Listening> {
  const arrived: Arrived[] = []
  let held = 0
  const server: Server = createServer((request, response) => {
    if (request.method === 'OPTIONS') {
      held += 1
      return void response.end()
    }
    const parts: Buffer[] = []
    let size = 0
    request.on('data', (part: Buffer) => {
      size += part.length
      if (size <= bodyLimit) parts.push(part)
    })
    request.on('error', () => undefined)
    request.on('end', () => {
      const it: Arrived = {
        at: Date.now(),
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
      }
      arrived.push(it)
      const fault = listening.fault?.(it, arrived.length)
      if (fault === 'hang') return
      const own = fault === undefined || fault === 'lost' ? answer(it) : undefined
      if (fault === 'drop' || fault === 'lost') return void request.socket.destroy()
      const { status, headers, body } = own ?? (fault as Answer)
      tell?.({ receiver: name, status, ...it, body: object(it.body) ?? it.body })
      response.writeHead(status, headers).end(body)
    })
  })
  // As long as nginx waits; Node.js's own 5 s are unusually short.
  server.keepAliveTimeout = 75_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  const listening: Listening = {
    port: (server.address() as AddressInfo).port,
    arrived,
    held: () => held,
    fault: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return listening
}
