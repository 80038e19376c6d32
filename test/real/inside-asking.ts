import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createServer, type Server } from 'node:tls'
import { probe } from '../../agent/host/probe.ts'
import { spent } from '../../agent/host/spent.ts'
import { handshake } from '../../agent/host/tls.ts'
import { HostError } from '../../agent/model/index.ts'
import type { Order } from './inside.ts'

/** Follows the orders of `inside.ts`, a line of JSON each, in the network namespace in which it is started. */
const signal = new AbortController().signal
let server: Server | undefined

async function done(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'probe':
      return probe(order.with, signal)
    case 'handshake': {
      const { certificates, protocol } = await handshake(order.with, signal)
      return { certificates: certificates.map((der) => Buffer.from(der).toString('base64')), protocol }
    }
    case 'serve': {
      const { file, key } = order.with
      server = createServer({ cert: readFileSync(file), key: readFileSync(key) }, (it) =>
        it.on('error', () => {}),
      )
      await new Promise<void>((listening) => server?.listen(10_250, listening))
      return true
    }
    case 'stop serving':
      server?.close()
      return true
    case 'spent':
      return spent()
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...order } = JSON.parse(line)
  done(order).then(
    (value) => process.stdout.write(`${JSON.stringify({ id, value })}\n`),
    (error: unknown) => {
      const { code, message } = error instanceof HostError ? error : { code: 'failed', message: `${error}` }
      process.stdout.write(`${JSON.stringify({ id, code, message })}\n`)
    },
  )
}
process.exit(0)
