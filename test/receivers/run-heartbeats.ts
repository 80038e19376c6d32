import { parseArgs } from 'node:util'
import { gatusReceiver } from './gatus.ts'
import { healthchecksReceiver } from './healthchecks.ts'
import { kumaReceiver } from './kuma.ts'

/**
 * Those who hear heartbeats, as a process of their own, on `port`, `port + 1` and `port + 2`. Prints one JSON line with
 * where to ping, then one for each request: receiver, status, at, method, path, headers, body.
 */
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, host: { type: 'string', default: '127.0.0.1' } },
})
const first = Number(values.port)
const tell = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const at = (offset: number) => ({ host: values.host, port: first && first + offset, tell })
const healthchecks = await healthchecksReceiver(at(0))
const kuma = await kumaReceiver(at(1))
const gatus = await gatusReceiver(at(2))
tell({
  ready: { healthchecks: healthchecks.url, kuma: kuma.url, gatus: gatus.url, token: gatus.token },
})
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void Promise.all([healthchecks, kuma, gatus].map((it) => it.close())))
