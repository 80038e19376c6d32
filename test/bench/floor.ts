import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { median, now, repeat } from './measure.ts'

/** From the call to the arrival of a POST at a server in this process: what any telling costs at least, ms. */
export async function barePost(): Promise<number> {
  let arrived = 0
  const server = createServer((incoming, reply) => {
    incoming.resume().on('end', () => {
      arrived = now()
      reply.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const once = () =>
    new Promise<number>((resolve, reject) => {
      const begun = now()
      const agent = new Agent({ keepAlive: false })
      request({ host: '127.0.0.1', port, method: 'POST', agent }, (reply) =>
        reply.resume().on('end', () => resolve(arrived - begun)),
      )
        .on('error', reject)
        .end('x'.repeat(2000))
    })
  await repeat(10, once)
  const taken = await repeat(50, once)
  server.close()
  return median(taken)
}
