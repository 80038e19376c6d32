import { createServer } from 'node:net'
import { webhookReceiver, webhookSecret } from '../receivers/webhook.ts'
import { now } from './measure.ts'

/**
 * Takes what is posted, on the stand-in node beside the agent: `node test/bench/inside.ts`. Prints a JSON line with
 * the address to post to, then one for each request: when it had arrived in full, and its body. Where nothing listens for SSH it
 * does that too, as every node has it.
 */
const say = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const { url } = await webhookReceiver({
  secret: webhookSecret,
  tell: (request) => say({ arrived: now(), ...(request as { status: number; body: unknown }) }),
})
createServer()
  .on('error', () => {})
  .listen(22, '0.0.0.0')
say({ url, secret: webhookSecret })
