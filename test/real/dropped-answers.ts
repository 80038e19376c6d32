import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { deliver } from '../../agent/delivery/postman.ts'
import { webhook } from '../../agent/delivery/sinks/webhook.ts'
import type { Notice } from '../../agent/model/index.ts'
import { incident, notice } from '../receivers/notices.ts'
import { webhookReceiver } from '../receivers/webhook.ts'

/**
 * To be run in a network namespace of its own: the firewall lets no answer in, and a sink is told something mild, again
 * and again, and after so many ms (first argument) three things that are critical, a second apart. Then answers come in
 * again. Prints what arrived, how long after it was due, ms, what was noted as sent, and how long
 * that took, ms.
 */
const receiver = await webhookReceiver()
const due: Notice[] = []
const since = new Map<string, number>()
const noted: string[] = []
const unconfirmed: string[] = []
const postman = deliver({
  sink: webhook,
  settings: { url: receiver.url },
  name: 'mine',
  keepOpen: true,
  timeout: 1500,
  // The longest pauses before the next try.
  random: () => 1,
  plan: () => [...due],
  receipt: () => undefined,
  note(it) {
    noted.push(it.id)
    due.splice(due.indexOf(it), 1)
  },
  unconfirmed: (it) => unconfirmed.push(it.id),
  log: { info() {}, warn() {} },
})
const tell = (it: Notice) => {
  since.set(it.id, Date.now())
  if (it.kind === 'opened') due.unshift(it)
  else due.push(it)
  postman.wake()
}
for (let left = 500; left > 0 && receiver.held() < 4; left -= 1) await wait(10)
const held = receiver.held()
const rule = ['INPUT', '-p', 'tcp', '--sport', String(receiver.port), '-j', 'DROP']
execFileSync('iptables', ['-A', ...rule])
const mild = (count: number) =>
  notice('resolved', incident({ id: `mild ${count}`, resolved: 1 }), `mild_${count}`)
tell(mild(0))
const end = Date.now() + Number(process.argv[2])
for (let count = 1; Date.now() < end; count += 1) {
  await wait(Math.min(4000, end - Date.now()))
  tell(mild(count))
}
for (const name of ['first', 'second', 'third']) {
  tell(notice('opened', incident({ id: name }), name))
  await wait(1000)
}
const arrived = receiver.arrived.map(({ headers, at }) => {
  const id = String(headers['webhook-id'])
  return { id, took: at - (since.get(id) ?? 0) }
})
await wait(1000)
execFileSync('iptables', ['-D', ...rule])
const opened = Date.now()
for (let left = 3000; left > 0 && due.length > 0; left -= 1) await wait(10)
const back = Date.now() - opened
process.stdout.write(JSON.stringify({ held, arrived, noted, unconfirmed, back, left: due.length }))
process.exit(0)
