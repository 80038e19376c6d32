import { parseArgs } from 'node:util'
import { startReceivers } from './index.ts'
import { webhookSecret } from './webhook.ts'

/**
 * The three receivers as a process of their own: `node test/receivers/run.ts --port 9100`. Prints one JSON
 * line with where to send, then one for each request: receiver, status, at, method, path, headers, body.
 */
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, host: { type: 'string', default: '127.0.0.1' } },
})
const tell = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const { discord, ntfy, webhook, close } = await startReceivers({
  port: Number(values.port),
  host: values.host,
  tell,
})
tell({ ready: { discord: discord.url, ntfy: ntfy.url, webhook: webhook.url, secret: webhookSecret } })
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void close())
