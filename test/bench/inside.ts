import { readFileSync } from 'node:fs'
import { createServer } from 'node:tls'
import { webhookReceiver, webhookSecret } from '../receivers/webhook.ts'
import { now } from './node.ts'

/**
 * What runs on the stand-in node beside the agent: `node test/bench/inside.ts KEY`. It is called k3s-server,
 * presents certificates on :6443 and :10250, and takes what is posted. Prints a JSON line with the address
 * to post to, then one for each request: when it had arrived in full, and its body.
 */
process.title = 'k3s-server'
const data = '/var/lib/rancher/k3s'
const key = readFileSync(process.argv[2] ?? '')
const servers = [
  [6443, `${data}/server/tls/serving-kube-apiserver.crt`],
  [10250, `${data}/agent/serving-kubelet.crt`],
] as const
for (const [port, file] of servers)
  createServer({ key, cert: readFileSync(file) }, (socket) => socket.on('error', () => {}).end()).listen(
    port,
    '127.0.0.1',
  )
const say = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const { url } = await webhookReceiver({
  secret: webhookSecret,
  tell: (request) => say({ arrived: now(), ...(request as { status: number; body: unknown }) }),
})
say({ url, secret: webhookSecret })
