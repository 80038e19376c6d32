import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { deliver } from '../../agent/delivery/postman.ts'
import { webhook } from '../../agent/delivery/sinks/webhook.ts'
import type { Notice } from '../../agent/model/index.ts'
import { incident, notice } from '../receivers/notices.ts'
import { webhookReceiver } from '../receivers/webhook.ts'

/**
 * To be run in a network namespace of its own: a sink is told something mild and, while no answer to that comes through
 * the firewall, something critical. Prints what arrived, and how long after it was due, ms.
 */
const receiver = await webhookReceiver()
const due: Notice[] = []
const since = new Map<string, number>()
const postman = deliver({
  sink: webhook,
  settings: { url: receiver.url },
  name: 'mine',
  keepOpen: true,
  plan: () => [...due],
  receipt: () => undefined,
  note: (it) => void due.splice(due.indexOf(it), 1),
  log: { info() {}, warn() {} },
})
const tell = (it: Notice) => {
  since.set(it.id, Date.now())
  due.unshift(it)
  postman.wake()
}
for (let left = 500; left > 0 && receiver.held() < 2; left -= 1) await wait(10)
const { port } = receiver
execFileSync('iptables', ['-A', 'INPUT', '-p', 'tcp', '--sport', String(port), '-j', 'DROP'])
tell(notice('resolved', incident({ resolved: 1 }), 'mild'))
await wait(1000)
tell(notice('opened', incident(), 'grave'))
await wait(2000)
const arrived = receiver.arrived.map(({ headers, at }) => {
  const id = String(headers['webhook-id'])
  return { id, took: at - (since.get(id) ?? 0) }
})
process.stdout.write(JSON.stringify({ held: receiver.held(), arrived }))
process.exit(0)
