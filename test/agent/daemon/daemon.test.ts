import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { startDaemon } from '../../../agent/daemon/daemon.ts'
import { openLog } from '../../../agent/daemon/log.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Collector, collector, HostError, opaque, type Sample } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { startReceivers } from '../../receivers/index.ts'
import { webhookSecret } from '../../receivers/webhook.ts'
import { rule } from '../findings.ts'

/** Looks at one file: each line is something wrong. The file gone is nothing to see; a folder in its place blinds it. */
interface Lines extends Sample {
  readonly lines: readonly string[]
}

const files = (file: string): Collector =>
  opaque(
    collector({
      name: 'lines',
      title: 'lines',
      every: '0 0 0 1 1 *',
      timeout: 30_000,
      rules: {
        'lines.bad': rule({ severity: 'critical', title: 'a bad line' }),
        'lines.worse': rule({ because: [{ code: 'lines.bad' }] }),
      },
      settings: {},
      async collect(host): Promise<Lines> {
        const text = await host.text(file).catch((error) => {
          if (error instanceof HostError && error.code === 'missing') return ''
          throw error
        })
        return { lines: text.split('\n').filter(Boolean) }
      },
      assess: (sample) =>
        sample.lines.map((it) => ({
          code: it === 'worse' ? ('lines.worse' as const) : ('lines.bad' as const),
          subject: it,
          text: `${it} is there.`,
        })),
      summary: (sample) => `${sample.lines.length} lines`,
      series: (sample) => ({ lines: sample.lines.length }),
      watch: () => [{ kind: 'paths', paths: [join(file, '..')] }],
    }),
  )

const until = async (what: string, it: () => boolean | undefined) => {
  for (let count = 0; count < 6000 && !it(); count += 1) await sleep(10)
  if (!it()) throw new Error(`not within a minute: ${what}`)
}

t.test('from a change on the node to every sink and back, over restarts', async (t) => {
  const receivers = await startReceivers()
  t.teardown(() => receivers.close())
  const folder = t.testdir({ watched: {}, state: {} })
  const file = join(folder, 'watched/lines')
  const runs = [files(file)]
  const config = parseConfig(
    `
node: node1
sinks:
  - { type: discord, url: "${receivers.discord.url}" }
  - { type: ntfy, url: "${receivers.ntfy.url}" }
  - { type: webhook, url: "${receivers.webhook.url}", secret: "${webhookSecret}" }
`,
    { file: 'test', collectors: runs, sinks },
  )
  const log: string[] = []
  const start = () =>
    startDaemon({
      config,
      collectors: runs,
      sinks,
      machine: openMachine(),
      store: openStore(join(folder, 'state'), Date.now()),
      log: openLog({ level: 'debug', write: (line) => log.push(line) }),
      version: '0',
    })
  const counts = () => [
    receivers.discord.messages().length,
    receivers.ntfy.notifications().length,
    receivers.webhook.events.length,
  ]

  let daemon = start()
  await daemon.ready
  t.equal(daemon.snapshot().state, 'ok')
  t.strictSame(counts(), [0, 0, 0], 'a quiet start')

  writeFileSync(file, 'first\n')
  await until('told everywhere', () => counts().every((it) => it === 1))
  t.equal(daemon.snapshot().state, 'critical')
  t.match(JSON.stringify(receivers.discord.messages()[0]), /node1: a bad line/)
  await until('noted', () =>
    daemon.snapshot().sinks.every((it) => it.lastSent !== undefined && it.waiting === 0),
  )

  await daemon.stop()
  daemon = start()
  await daemon.ready
  await sleep(300)
  t.strictSame(counts(), [1, 1, 1], 'a restart tells nobody twice')
  t.match(daemon.snapshot().incidents, [{ cause: { code: 'lines.bad', subject: 'first' } }])
  t.ok(
    daemon.snapshot().sinks.every((it) => it.lastSent !== undefined),
    'and it knows when they were told',
  )

  writeFileSync(file, 'first\nworse\n')
  await until('grown', () => receivers.webhook.events.length === 2)
  t.equal(receivers.discord.messages().length, 1, 'a consequence is an edit, not a message')

  rmSync(file)
  writeFileSync(`${file}.x`, '')
  await until('resolved', () => receivers.webhook.events.some((it) => it.type === 'incident.resolved'))
  await until('edited', () => (receivers.discord.messages()[0]?.edits ?? 0) > 0)
  t.equal(daemon.snapshot().state, 'ok')
  await daemon.stop()
  t.notMatch(
    log.join(''),
    new RegExp(receivers.discord.url.split('/').at(-1) as string),
    'no secret in the log',
  )
})

t.test('blindness is told after its patience, and leaves the findings as they were', async (t) => {
  const folder = t.testdir({ watched: { lines: 'first\n' }, state: {} })
  const file = join(folder, 'watched/lines')
  const runs = [files(file)]
  const daemon = startDaemon({
    config: parseConfig('', { file: 'test', collectors: runs, sinks }),
    collectors: runs,
    sinks,
    machine: openMachine(),
    store: openStore(join(folder, 'state'), Date.now()),
    log: openLog({ level: 'error', write: () => {} }),
    version: '0',
  })
  await daemon.ready
  t.equal(daemon.snapshot().state, 'critical')
  rmSync(file)
  const { mkdirSync } = await import('node:fs')
  mkdirSync(file)
  await until('blind', () => daemon.snapshot().collectors[0]?.state === 'blind')
  t.strictSame(
    daemon
      .snapshot()
      .incidents.map((it) => [it.cause.code, it.resolved])
      .sort(),
    [
      ['lines.bad', undefined],
      ['lines.blind', undefined],
    ],
  )
  await daemon.stop()
})

t.test('patience ends with a look: what is over by then is not told, what is still there is', async (t) => {
  const receivers = await startReceivers()
  t.teardown(() => receivers.close())
  const folder = t.testdir({ watched: {} })
  const file = join(folder, 'watched/lines')
  const bad = rule({ severity: 'critical', title: 'a bad line', pendingFor: 400 })
  // Nothing wakes it, and its clock strikes once a year: only the end of patience brings a second look.
  const { watch: _, ...run } = { ...files(file), rules: { 'lines.bad': bad, 'lines.worse': bad } }
  const config = parseConfig(
    `sinks: [{ type: webhook, url: "${receivers.webhook.url}", secret: "${webhookSecret}" }]`,
    {
      file: 'test',
      collectors: [run],
      sinks,
    },
  )
  const start = (state: string) =>
    startDaemon({
      config,
      collectors: [run],
      sinks,
      machine: openMachine(),
      store: openStore(join(folder, state), Date.now()),
      log: openLog({ level: 'debug', write: () => {} }),
      version: '0',
    })
  writeFileSync(file, 'brief\n')
  let daemon = start('one')
  await daemon.ready
  writeFileSync(file, '')
  await until('looked again', () => daemon.snapshot().incidents.every((it) => it.resolved !== undefined))
  await sleep(200)
  t.equal(receivers.webhook.events.length, 0, 'it was over')
  await daemon.stop()

  writeFileSync(file, 'lasting\n')
  daemon = start('two')
  await daemon.ready
  const begun = Date.now()
  await until('told', () => receivers.webhook.events.length === 1)
  t.ok(Date.now() - begun < 3000, 'as soon as its patience is over')
  await daemon.stop()
})

t.test('a collector sees its own series, and what it hands over is kept', async (t) => {
  const folder = t.testdir({ state: {} })
  const seen: number[][] = []
  let value = 1
  const one = opaque(
    collector({
      name: 'one',
      title: 'one',
      every: '0 0 0 1 1 *',
      timeout: 30_000,
      rules: { 'one.bad': rule({}) },
      settings: {},
      async collect(_host, _settings, past): Promise<Sample & { readonly value: number }> {
        past.keep?.({ about: { value }, body: Buffer.from(`${value}`) })
        if (value === 2) throw new HostError('failed', 'it learnt nothing')
        return { value }
      },
      assess(_sample, past) {
        seen.push((past.series?.('value', 0) ?? []).map((it) => it.value))
        return []
      },
      summary: () => 'one',
      series: (sample) => ({ value: sample.value }),
      deadlines: (_sample, _settings, _now, series) =>
        (series?.('value', 0) ?? []).map((it) => ({ what: `${it.value}`, at: it.at })),
    }),
  )
  for (value of [1, 2, 3]) {
    const store = openStore(join(folder, 'state'), Date.now())
    const daemon = startDaemon({
      config: parseConfig('node: node1', { file: 'test', collectors: [one], sinks }),
      collectors: [one],
      sinks,
      machine: openMachine(),
      store,
      log: openLog({ level: 'debug', write: () => {} }),
      version: '0',
    })
    await daemon.ready
    if (value === 3) {
      t.strictSame(
        store.kept('one').map((it) => it.about),
        [{ value: 3 }, { value: 1 }],
        'only of rounds that learnt something',
      )
      t.strictSame(
        daemon.snapshot().deadlines.map((it) => it.what),
        ['1', '3'],
      )
    }
    await daemon.stop()
  }
  t.strictSame(seen, [[], [1]], 'without the value of the round at hand')
})

t.test('what is known to come at a date is looked at then, not at the next round', async (t) => {
  const folder = t.testdir({ state: {} })
  let end = Number.POSITIVE_INFINITY
  const one = collector({
    name: 'one',
    title: 'one',
    every: '0 0 0 1 1 *',
    timeout: 2000,
    rules: { 'one.over': rule({}) },
    settings: {},
    async collect(): Promise<Sample> {
      // From its first look on, however long the start takes.
      if (end === Number.POSITIVE_INFINITY) end = Date.now() + 700
      return {}
    },
    assess: (_sample, _past, _settings, now) =>
      now > end ? [{ code: 'one.over', subject: 'it', text: 'It is over.' }] : [],
    summary: () => 'one',
    deadlines: () => [
      { what: 'it', at: end, confidence: 'date' },
      { what: 'a guess', at: end - 600, confidence: 'likely' },
      { what: 'what is over', at: 0, confidence: 'date' },
    ],
  })
  const daemon = startDaemon({
    config: parseConfig('node: node1', { file: 'test', collectors: [one], sinks }),
    collectors: [one],
    sinks,
    machine: openMachine(),
    store: openStore(join(folder, 'state'), Date.now()),
    log: openLog({ level: 'debug', write: () => {} }),
    version: '0',
  })
  await daemon.ready
  t.strictSame(daemon.snapshot().incidents, [])
  await until('it is found', () => daemon.snapshot().incidents.length === 1)
  t.ok(Date.now() - end < 3_000)
  await daemon.stop()
})

/** A daemon with one collector and no sink, and the lines of its log. */
function alone(it: Collector, folder: string) {
  const log: string[] = []
  const daemon = startDaemon({
    config: parseConfig('node: node1\n', { file: 'test', collectors: [it], sinks }),
    collectors: [it],
    sinks,
    machine: openMachine(),
    store: openStore(join(folder, 'state'), Date.now()),
    log: openLog({ level: 'info', write: (line) => log.push(line) }),
    version: '0',
  })
  return { daemon, log }
}

t.test('a collector with mistakes of its own is blind, and status and daemon live on', async (t) => {
  const folder = t.testdir({ watched: {}, state: {} })
  const file = join(folder, 'watched/lines')
  writeFileSync(file, 'first\n')
  let fail: () => void = () => {
    throw new TypeError('it.findings is not iterable')
  }
  const broken: Collector = {
    ...files(file),
    summary() {
      fail()
      return 'well again'
    },
    series() {
      fail()
      return {}
    },
    deadlines() {
      fail()
      return []
    },
  }
  const { daemon, log } = alone(broken, folder)
  await daemon.ready
  const codes = () =>
    daemon
      .snapshot()
      .incidents.filter((it) => it.resolved === undefined)
      .flatMap((it) => [it.cause, ...it.affected])
      .map((it) => it.code)
      .sort()
  await until('blind, and still judging', () => codes().join() === 'lines.bad,lines.blind')
  t.match(daemon.snapshot().collectors, [{ state: 'blind', summary: /a fault in Murphy/ }])
  t.match(log.join(''), /it\.findings is not iterable.*stack/, 'the stack is in the log')
  fail = () => undefined
  writeFileSync(file, 'second\n')
  await until('sees again', () => codes().join() === 'lines.bad')
  t.equal(daemon.snapshot().collectors[0]?.summary, 'well again')
  await daemon.stop()
})

t.test('a poll with a mistake of its own blinds its collector for as long as it makes it', async (t) => {
  const folder = t.testdir({ watched: {}, state: {} })
  const file = join(folder, 'watched/lines')
  let asked = 0
  let ask = (): Promise<string> => {
    throw new TypeError('no such key')
  }
  const polled: Collector = {
    ...files(file),
    watch: () => [
      {
        kind: 'poll',
        name: 'x',
        pause: 20,
        ask: () => {
          asked += 1
          return ask()
        },
      },
    ],
  }
  const { daemon, log } = alone(polled, folder)
  await daemon.ready
  await until('blind', () => daemon.snapshot().collectors[0]?.state === 'blind')
  await until('it is asked on', () => asked > 5)
  t.equal(log.filter((it) => /no such key.*stack/.test(it)).length, 1, 'once, with the stack')
  ask = async () => String(asked)
  await until('sees again', () => daemon.snapshot().collectors[0]?.state === 'ok')
  await daemon.stop()
})
