import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { proclaim } from '../../agent/delivery/herald.ts'
import { alertmanager } from '../../agent/delivery/sinks/alertmanager.ts'
import { programOf } from '../tools.ts'
import { testNode } from './monitoring/nodes.ts'
import { answerOf, freePort, program, until, withoutPrograms } from './monitoring/programs.ts'

const monitoring = join(import.meta.dirname, '../../docs/monitoring')
const skip = withoutPrograms()

/** What Alertmanager sends to a receiver (notify/webhook, template.Data). */
interface Notification {
  readonly status: 'firing' | 'resolved'
  readonly groupLabels: Readonly<Record<string, string>>
  readonly alerts: readonly {
    readonly status: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
    readonly startsAt: string
  }[]
}

/** Whoever is notified: by the path, what arrived there. */
async function people(t: Test) {
  const arrived: { readonly path: string; readonly it: Notification }[] = []
  const server = createServer((asked, response) => {
    let body = ''
    asked.on('data', (part) => {
      body += part
    })
    asked.on('end', () => {
      arrived.push({ path: asked.url ?? '', it: JSON.parse(body) })
      response.end()
    })
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port, at: (path: string) => arrived.filter((it) => it.path === path).map(({ it }) => it) }
}

/** A cluster of two with the example's own settings; only its times are shorter, and its receivers the test's. */
async function cluster(t: Test, port: number): Promise<readonly string[]> {
  const folder = t.testdir()
  const config = readFileSync(join(monitoring, 'alertmanager.yml'), 'utf8')
    .replaceAll('127.0.0.1:9711', `127.0.0.1:${port}`)
    .replace('group_wait: 30s', 'group_wait: 4s')
    .replace('group_interval: 5m', 'group_interval: 2s')
    .replace('group_interval: 10s', 'group_interval: 1s')
  writeFileSync(join(folder, 'alertmanager.yml'), config)
  const [one, two] = [await freePort(), await freePort()]
  const urls: string[] = []
  for (const [index, gossip] of [one, two].entries()) {
    const web = await freePort()
    mkdirSync(join(folder, `${index}`))
    program(t, 'prometheus-alertmanager', [
      ...[`--config.file=${folder}/alertmanager.yml`, `--storage.path=${folder}/${index}`],
      ...[`--web.listen-address=127.0.0.1:${web}`, `--cluster.listen-address=127.0.0.1:${gossip}`],
      ...[
        `--cluster.peer=127.0.0.1:${index === 0 ? two : one}`,
        `--cluster.advertise-address=127.0.0.1:${gossip}`,
      ],
      ...['--cluster.peer-timeout=2s', '--cluster.settle-timeout=10s', '--cluster.gossip-interval=50ms'],
    ])
    urls.push(`http://127.0.0.1:${web}`)
  }
  for (const url of urls)
    await until('both know each other', async () => {
      const status = await answerOf(`${url}/api/v2/status`).then((it) => it?.json())
      const { status: state, peers = [] } =
        (status as { cluster?: { status: string; peers?: unknown[] } } | undefined)?.cluster ?? {}
      return state === 'ready' && peers.length === 2
    })
  return urls
}

const firing = async (url: string) =>
  (await (await answerOf(`${url}/api/v2/alerts?active=true&inhibited=true`))?.json()) as
    | {
        labels: Record<string, string>
        startsAt: string
        status: { state: string; inhibitedBy: string[] }
      }[]
    | undefined

t.test('the example is one that Alertmanager takes', { skip }, async (t) => {
  t.match(
    execFileSync(programOf('amtool'), ['check-config', join(monitoring, 'alertmanager.yml')]).toString(),
    /SUCCESS/,
  )
})

t.test(
  'a cluster of two: one notification of one cause on three nodes, and of a silent node',
  { skip, timeout: 120_000 },
  async (t) => {
    const receiver = await people(t)
    const urls = await cluster(t, receiver.port)
    // All at once: most of it is waiting for the same pauses.
    await Promise.all([
      oneCause(t, urls, receiver),
      silent(t, urls, receiver),
      ...[-2, 2].map((hours) => wrongClock(t, urls, hours)),
    ])
  },
)

type People = Awaited<ReturnType<typeof people>>

/** One cause on three nodes is one notification; what ends while an agent is away is ended. */
async function oneCause(t: Test, urls: readonly string[], receiver: People) {
  const notified = () => receiver.at('/people').filter((it) => it.groupLabels.cause === 'uplink.down')
  const folder = t.testdir()
  const settings = `cluster: home\nsinks:\n  - { type: alertmanager, urls: [${urls.map((it) => `"${it}"`).join(', ')}] }`
  const nodes = await Promise.all(
    ['node1', 'node2', 'node3'].map((name) => testNode(t, folder, name, settings)),
  )
  await until(
    'each node has its watchdog',
    () =>
      receiver.at('/silent-nodes').filter((it) => /^node[123]$/.test(it.groupLabels.node ?? '')).length === 3,
  )

  for (const it of nodes) it.set(true)
  await until('people are notified', () => notified().length > 0)
  // As long as both would take to notify again, if they were to.
  await sleep(4000)
  const told = notified()
  t.equal(told.length, 1, 'one notification, by one of the two')
  t.match(told[0], { status: 'firing', groupLabels: { cluster: 'home', cause: 'uplink.down' } })
  t.strictSame(
    told[0]?.alerts.map(({ labels }) => `${labels.node} ${labels.alertname} ${labels.role}`).sort(),
    ['node1', 'node2', 'node3'].map((it) => `${it} UplinkDown cause`),
    'the causes alone',
  )
  if (process.env.CAPTURE) writeFileSync(process.env.CAPTURE, `${JSON.stringify(told[0], null, 2)}\n`)
  for (const url of urls) {
    const all = (await firing(url))?.filter(({ labels }) => labels.alertname?.startsWith('Uplink')) ?? []
    t.equal(all.length, 9, 'all of it is there')
    t.equal(all.filter(({ status }) => status.inhibitedBy.length > 0).length, 6, 'what follows is inhibited')
  }

  const [first, second] = nodes
  const [one = '', two = ''] = urls
  const before = (await firing(one))?.find(({ labels }) => labels.node === 'node1' && labels.role === 'cause')
  await first?.stop()
  first?.set(false)
  await first?.start()
  await until('what ended while the agent was away is ended', async () => {
    const all = await Promise.all(urls.map(firing))
    return all.every((it) => it && !it.some(({ labels }) => labels.node === 'node1' && labels.role))
  })
  t.ok(before)
  await second?.stop()
  await second?.start()
  t.match(
    (await firing(two))?.find(({ labels }) => labels.node === 'node2' && labels.role === 'cause'),
    { status: { state: 'active' } },
    'a restart ends nothing that is still so',
  )
  for (const it of nodes) it.set(false)
  await until('that all is over', () => notified().some((it) => it.status === 'resolved'))
  t.equal(notified().filter((it) => it.status === 'resolved').length, 1)
}

/** A node that is silent is an alarm: its watchdog is resolved. */
async function silent(t: Test, urls: readonly string[], receiver: People) {
  // The last word of an agent, five minutes ago but for some seconds.
  const at = Date.now() - 5 * 60_000 + 4000
  const watchdog = {
    alertname: alertmanager.watchdog ?? '',
    severity: 'none',
    node: 'node9',
    cluster: 'home',
  }
  for (const own of alertmanager.each?.({ urls, hold_minutes: 60 }) ?? [])
    for (const it of alertmanager.restate?.(
      [{ labels: watchdog, starts: at }],
      own,
      { node: 'node9' },
      { at, ahead: 0 },
    ) ?? [])
      t.equal((await answerOf(it.url, it as RequestInit))?.status, 200)
  const its = (status: string) =>
    receiver.at('/silent-nodes').filter((it) => it.status === status && it.groupLabels.node === 'node9')
  await until('that it reports', () => its('firing').length > 0)
  await until('that it does not', () => its('resolved').length > 0)
  t.match(its('resolved'), [
    {
      status: 'resolved',
      alerts: [
        {
          labels: watchdog,
          annotations: { description: /^Always there .* Once this is resolved, the node is silent\.$/ },
        },
      ],
    },
  ])
}

/** A node whose clock is off by hours: what it says fires at once, and is over at once. */
async function wrongClock(t: Test, urls: readonly string[], hours: number) {
  const labels = { alertname: 'WrongClock', node: `clock${hours}`, role: 'cause' }
  const now = () => Date.now() + hours * 3_600_000
  let ended = {}
  const starts = now()
  const delivery = proclaim({
    ...{ sink: alertmanager as never, settings: { urls, hold_minutes: 60 }, name: 'am', now },
    all: () => [{ labels, starts, ...ended }],
    head: () => ({ node: labels.node }),
    log: { info() {}, warn() {} },
  })
  t.teardown(() => delivery.stop())
  const fires = async (isSo: boolean) =>
    (await Promise.all(urls.map(firing))).every(
      (all) => all?.some((it) => it.labels.node === labels.node) === isSo,
    )
  await until('it fires', () => fires(true))
  ended = { ended: now() }
  delivery.wake()
  await until('it is over', () => fires(false))
  t.match(delivery.state().lacks, new RegExp(`${hours > 0 ? 'ahead of' : 'behind'} that of 127`))
}
