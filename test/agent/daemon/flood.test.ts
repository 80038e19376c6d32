import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { type Daemon, startDaemon } from '../../../agent/daemon/daemon.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Collector, collector, opaque, type Sample } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { startReceivers } from '../../receivers/index.ts'
import { webhookSecret } from '../../receivers/webhook.ts'
import { rule } from '../findings.ts'

/** Each line of a file is a pod that crash-loops; `lockout` is what it says. */
interface Lines extends Sample {
  readonly lines: readonly string[]
}
const lines = (file: string): Collector =>
  opaque(
    collector({
      name: 'lines',
      title: 'lines',
      every: '0 0 0 1 1 *',
      timeout: 30_000,
      pause: 300,
      rules: {
        'lines.crash': rule({ title: 'CrashLoopBackOff' }),
        'lines.lockout': rule({ severity: 'critical', title: 'SSH locked out' }),
      },
      settings: {},
      collect: async (host): Promise<Lines> => ({
        lines: (await host.text(file)).split('\n').filter(Boolean),
      }),
      assess: (sample) =>
        sample.lines.map((it) =>
          it === 'lockout'
            ? { code: 'lines.lockout' as const, subject: 'ssh', text: 'Port 22 is dropped.' }
            : {
                code: 'lines.crash' as const,
                subject: `shop/${it}`,
                text: `${it} ended with 1.`,
                pod: { namespace: 'shop', name: it },
              },
        ),
      summary: (sample) => `${sample.lines.length} lines`,
      watch: () => [{ kind: 'paths', paths: [file] }],
    }),
  )

const until = async (what: string, it: () => boolean | undefined) => {
  for (let count = 0; count < 3000 && !it(); count += 1) await sleep(10)
  if (!it()) throw new Error(`not within 30 s: ${what}`)
}
const pods = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `web-${from + at}`).join('\n')

/** A daemon of a test's own, which ends with it. */
async function node(t: Test, text: string) {
  const receivers = await startReceivers()
  t.teardown(() => receivers.close())
  const folder = t.testdir({ watched: { lines: `${text}\n` }, state: {} })
  const file = join(folder, 'watched/lines')
  const config = parseConfig(
    `
node: node1
sinks:
  - { type: discord, url: "${receivers.discord.url}" }
  - { type: ntfy, url: "${receivers.ntfy.url}" }
  - { type: webhook, url: "${receivers.webhook.url}", secret: "${webhookSecret}" }
`,
    { file: 'test', collectors: [lines(file)], sinks },
  )
  let daemon: Daemon | undefined
  t.teardown(() => daemon?.stop())
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  return {
    receivers,
    /** At once: a look that reads half of it would see the other pods come back. */
    write(it: string) {
      writeFileSync(join(folder, 'lines'), `${it}\n`)
      renameSync(join(folder, 'lines'), file)
    },
    async start() {
      await daemon?.stop()
      daemon = startDaemon({
        config,
        collectors: [lines(file)],
        sinks,
        machine: openMachine(),
        store: openStore(join(folder, 'state'), Date.now()),
        log: silent,
        version: '0',
      })
      await daemon.ready
      return daemon
    },
    messages: () => [receivers.discord.messages(), receivers.ntfy.notifications()] as const,
    types: () => receivers.webhook.events.map(({ type }) => type),
    /** How many pods the daemon has seen to crash-loop. */
    seen: () =>
      daemon
        ?.snapshot()
        .incidents.flatMap((it) => [it.cause, ...it.affected])
        .filter((it) => it.code === 'lines.crash').length,
    isQuiet: () => daemon?.snapshot().sinks.every((it) => it.waiting === 0 && it.lastSent !== undefined),
  }
}

t.test('14 kills that happened before the agent looked are one message, and 14 findings', async (t) => {
  const it = await node(t, pods(0, 14))
  const daemon = await it.start()
  await until('told', () => it.types().length > 0 && it.messages().every((all) => all.length > 0))
  await until('all of it', it.isQuiet)
  await sleep(300)
  t.strictSame(it.types(), ['incidents.opened'])
  for (const all of it.messages()) {
    t.equal(all.length, 1)
    t.match(JSON.stringify(all[0]), /14 pods: CrashLoopBackOff at Murphy's first check/)
  }
  t.equal(daemon.snapshot().incidents.length, 14, 'each is a finding of its own')
  await it.start()
  await sleep(500)
  t.strictSame(it.types(), ['incidents.opened'], 'a restart repeats nothing')
})

t.test(
  '40 pods that crash-loop one after the other are one message that grows; a lockout is itself',
  async (t) => {
    const it = await node(t, '')
    await it.start()
    for (let count = 1; count <= 40; count += 3) {
      it.write(`${pods(0, count)}${count > 20 ? '\nlockout' : ''}`)
      await sleep(250)
      // What is new while nobody looks is told as that.
      if (count === 28) {
        await until('seen', () => it.seen() === count)
        await it.start()
      }
    }
    await until('all of it', () => it.messages().every((all) => /40 pods/.test(JSON.stringify(all))))
    const [discord, ntfy] = it.messages()
    t.equal(discord.length, 2, 'the pods, and the lockout')
    t.equal(ntfy.length, 2)
    t.match(JSON.stringify(discord), /node1: 40 pods: CrashLoopBackOff/)
    t.match(JSON.stringify(discord), /node1: SSH locked out/)
    const news = it.types().filter((type) => /opened|worse/.test(type))
    t.ok(news.length <= 2, `${news.length} new ones; the restart repeated nothing`)
    it.write('')
    await until('the end', () => it.types().includes('incidents.resolved'))
  },
)
