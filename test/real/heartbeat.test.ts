import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Snapshot } from '../../agent/api/snapshot.ts'
import { bootContainer, withoutContainer } from './container.ts'
import { buildRelease, root, runtime } from './release.ts'
import { faults, makeNode } from './standin.ts'
import { until } from './waiting.ts'

const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

/** Hurried: a period is a minute otherwise. */
const seconds = 2
const period = seconds * 1000
const services = ['healthchecks', 'kuma', 'gatus'] as const

interface Line {
  readonly ready?: Readonly<Record<(typeof services)[number] | 'token', string>>
  readonly receiver: (typeof services)[number]
  readonly status: number
  readonly at: number
  readonly path: string
}

t.test('the heartbeat stops when Murphy does, within two periods, and only then', { skip }, async (t) => {
  const node = await bootContainer({ binds: [root, runtime] })
  const release = await buildRelease()
  t.teardown(async () => {
    await node.stop()
    release.remove()
  })
  await makeNode(node)
  await release.place(node)
  await node.sh(
    `systemd-run --quiet --unit receivers -p StandardOutput=file:/run/receivers \\
       ip netns exec world ${runtime}/node ${root}/test/receivers/run-heartbeats.ts --host 192.0.2.1 --port 9200`,
  )
  const said = `/proc/${node.pid}/root/run/receivers`
  const lines = (): readonly Line[] =>
    (existsSync(said) ? readFileSync(said, 'utf8') : '')
      .split('\n')
      .slice(0, -1)
      .map((it) => JSON.parse(it))
  const ready = await until('the receivers listen', () => lines()[0]?.ready)
  // A disk of its own, which can be filled without harm.
  await node.sh(`mkdir -p /var/lib/murphy /etc/murphy
    mount -t tmpfs -o size=32m tmpfs /var/lib/murphy
    mkdir -p /etc/systemd/system/murphy.service.d
    printf '[Service]\\nRestart=no\\n' > /etc/systemd/system/murphy.service.d/dead.conf
    printf '%s\\n' '${ready.healthchecks}' > /etc/murphy/heartbeat.url && chmod 600 /etc/murphy/heartbeat.url`)
  await node.sh('cat > /etc/murphy/config.yaml', {
    input: `heartbeats:
  - { name: healthchecks, url_file: /etc/murphy/heartbeat.url, every_seconds: ${seconds}, start: true }
  - { name: kuma, url: "${ready.kuma}", every_seconds: ${seconds} }
  - { name: gatus, url: "${ready.gatus}", token: "${ready.token}", every_seconds: ${seconds} }
`,
  })
  const installed = await node.exec(['sh', '/root/release/install.sh'])
  t.match(installed.stdout, /Murphy/, installed.stderr)

  const beats = (from: (typeof services)[number]) =>
    lines().filter((it) => it.receiver === from && it.status === 200 && !/\/(?:start|log)$/.test(it.path))
  const page = async () => (await node.exec(['agent', 'status'])).stdout
  const status = async () => JSON.parse((await node.exec(['agent', 'status', '--json'])).stdout) as Snapshot
  /** All services hear it again, three times each. */
  const comes = async (what: string) => {
    const before = services.map((it) => beats(it).length)
    await until(
      `it comes ${what}`,
      () => services.every((it, at) => beats(it).length >= (before[at] ?? 0) + 3),
      page,
    )
  }
  /** After `breaks` no service hears anything from the end of the second period on. */
  const stops = async (what: string, breaks: string, mends: string) => {
    await node.sh(breaks)
    const at = Date.now()
    await pause(5 * period)
    for (const it of services) {
      const late = (beats(it).at(-1)?.at ?? 0) - at
      t.ok(late <= 2 * period, `${what}: ${it} was last heard ${late} ms later`)
    }
    await node.sh(mends)
    await comes(`after this: ${what}`)
  }

  await comes('at first')
  const [first] = lines().filter((it) => it.receiver === 'healthchecks')
  t.match(first?.path, /\/start$/)
  const pid = () => node.sh('systemctl show -p MainPID --value murphy').then((it) => it.trim())

  await t.test('what is wrong with the node stops nothing', async (t) => {
    const begun = Date.now()
    await node.sh(faults.certificate.break)
    await node.sh(faults.bridge.break)
    await until('both are open', async () => {
      const { incidents = [] } = await status()
      const codes = incidents.flatMap(({ cause, affected }) => [cause, ...affected].map((it) => it.code))
      return codes.includes('certs.expired') && codes.includes('cni.bridge-missing')
    })
    await pause(5 * period)
    for (const it of services) {
      const times = beats(it).flatMap(({ at }) => (at >= begun ? [at] : []))
      const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0))
      t.ok(times.length > 3 && Math.max(...gaps) < 2 * period, `${it}: ${gaps}`)
    }
    await node.sh(`${faults.certificate.mend}\n${faults.bridge.mend}`)
  })

  await stops('killed', `kill -9 ${await pid()}`, 'systemctl start murphy')
  const frozen = await pid()
  await stops('frozen', `kill -STOP ${frozen}`, `kill -CONT ${frozen}`)
  t.equal(await pid(), frozen, 'it was the same all the time')
  await stops('unplugged', 'ip link set eth0 down', 'ip link set eth0 up')
  const fill = 'dd if=/dev/zero of=/var/lib/murphy/fill bs=64k 2>/dev/null || true'
  await node.sh(fill)
  await until(
    'it says why',
    async () => (await status()).heartbeats?.every(({ held }) => /disk/.test(held ?? '')),
    page,
  )
  await node.sh('rm /var/lib/murphy/fill')
  await comes('with room again')
  await stops('its disk is full', fill, 'rm /var/lib/murphy/fill')

  t.notMatch(
    await node.sh('journalctl -u murphy --no-pager'),
    /d1665499|wKcFl3|potato/,
    'no secret is in the log',
  )
  t.notMatch(await page(), /d1665499|wKcFl3|potato/)
  await node.sh('systemctl stop murphy')
  const [last] = lines().slice(-1)
  t.match(
    last,
    { receiver: 'healthchecks', path: /\/log$/ },
    'that it was told to stop is in the log of the check',
  )
})
