import { webhookReceiver, webhookSecret } from '../receivers/webhook.ts'
import { now } from './node.ts'

/**
 * Takes what is posted, on the stand-in node beside the agent: `node test/bench/inside.ts`. Prints a JSON line with
 * the address to post to, then one for each request: when it had arrived in full, and its body.
 */
const say = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const { url } = await webhookReceiver({
  secret: webhookSecret,
  tell: (request) => say({ arrived: now(), ...(request as { status: number; body: unknown }) }),
})
say({ url, secret: webhookSecret })
