import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Snapshot } from '../../agent/api/snapshot.ts'
import { rules } from '../../collectors/cni/rules.ts'
import { type Arrival, readLines } from './arrivals.ts'
import { bootContainer, withoutContainer } from './container.ts'
import { inventory } from './inventory.ts'
import { buildRelease, install, root, runtime } from './release.ts'
import { faults, killInPod, makeNode } from './standin.ts'
import { until } from './waiting.ts'

const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

t.test('the main job on a node with a real systemd', { skip }, async (t) => {
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
       ip netns exec world ${runtime}/node ${root}/test/receivers/run.ts --host 192.0.2.1 --port 9100`,
  )
  const said = `/proc/${node.pid}/root/run/receivers`
  const lines = () => readLines(existsSync(said) ? readFileSync(said, 'utf8') : '')
  const ready = await until('the receivers listen', () => lines()[0]?.ready)
  const before = await inventory(node)

  const installed = await install(node, ready, '  memory:\n    hold_minutes: 1\n')
  t.equal(installed.exit, 0, installed.stderr)

  const status = () =>
    until('the agent answers', async () => {
      const it = JSON.parse((await node.exec(['agent', 'status', '--json'])).stdout)
      return it.problem === undefined && (it as Snapshot)
    })
  const page = async () => (await node.exec(['agent', 'status'])).stdout
  const own = (code: string, subject: string) => async () => {
    const { incidents = [] } = await status()
    return incidents.find(({ cause }) => cause.code === code && cause.subject === subject)
  }

  /** What each sink was told of an incident. Discord names no ids, so there it is the rule and the headline. */
  const told = (id: string, code: string, about = '') => {
    const all = lines()
    const sequence = createHash('sha256').update(`node1\n${id}`).digest('hex').slice(0, 32)
    const ofCode = (it: Arrival) =>
      it.body.embeds?.some(({ footer }) => footer?.text.endsWith(` · ${code}`)) &&
      it.body.content?.includes(about)
    return {
      discord: all.filter((it) => it.receiver === 'discord' && it.status === 200 && ofCode(it)),
      ntfy: all.filter((it) => it.status === 200 && it.body.sequence_id === sequence),
      webhook: all.filter((it) => it.status === 204 && it.body.data?.incident?.id === id),
    }
  }
  const opened = async (code: string, subject: string, about = '') => {
    const incident = await until(
      `${code} is open`,
      async () => {
        const it = await own(code, subject)()
        return it && it.resolved === undefined ? it : undefined
      },
      page,
    )
    await until(
      `${code} is told`,
      () => {
        const { discord, ntfy, webhook } = told(incident.id, code, about)
        return (
          discord.length > 0 && ntfy.length > 0 && webhook.some((it) => it.body.type === 'incident.opened')
        )
      },
      page,
    )
    return incident
  }
  const resolved = async (id: string, code: string, about = '') => {
    await until(
      `${code} is told to be over`,
      () => {
        const { discord, ntfy, webhook } = told(id, code, about)
        return (
          discord.some((it) => it.body.content?.includes(': resolved after ')) &&
          ntfy.some((it) => it.body.title?.includes(': resolved after ')) &&
          webhook.some((it) => it.body.type === 'incident.resolved')
        )
      },
      page,
    )
  }
  /** How often each sink was told anew; an edit is no telling. */
  const tellings = (id: string, code: string) => {
    const { discord, ntfy, webhook } = told(id, code)
    return {
      discord: discord.filter((it) => it.method === 'POST').length,
      ntfy: ntfy.length,
      webhook: webhook.length,
    }
  }

  await t.test('a healthy node is quiet', async (t) => {
    const { collectors, incidents, sinks } = await status()
    // The kernel log is the whole machine's, and nobody keeps the clock of a container.
    const loud = incidents.filter((it) => it.severity !== 'info' && !it.cause.code.startsWith('memory.'))
    t.strictSame(loud, [])
    t.strictSame(
      collectors.flatMap((it) => it.unseen),
      [],
      'nothing is hidden from it',
    )
    t.ok(
      collectors.every((it) => it.state === 'ok' || it.state === 'findings'),
      'each has looked',
    )
    t.strictSame(
      sinks.map((it) => it.name),
      ['discord', 'ntfy', 'webhook'],
    )
  })

  await killInPod(node, 'web')
  const kill = await opened('memory.oom-killed', 'shop/web/app', 'shop/web')

  const cases = [
    ['certificate', 'certs.expired', 'k3s server'],
    ['firewall', 'firewall.flushed', 'ipv4 filter'],
    ['bridge', 'cni.bridge-missing', 'cni0'],
  ] as const
  for (const [name, code, subject] of cases)
    await t.test(`${name}: told, and told to be over`, async () => {
      await node.sh(faults[name].break)
      const { id } = await opened(code, subject)
      await node.sh(faults[name].mend)
      await resolved(id, code)
    })

  await t.test('the steps that ask Murphy itself show what they are for', async (t) => {
    const said = async (step: string) => {
      const { stdout, stderr } = await node.exec(['sh', '-c', step])
      return stdout + stderr
    }
    t.match(await said('systemctl cat murphy'), /^ExecStart=/m)
    await node.sh(faults.firewall.break)
    await opened('firewall.flushed', 'ipv4 filter')
    t.match(await said('agent firewall diff'), /-A KUBE-/)
    t.match(await said('agent firewall show good'), /^\*filter[\s\S]*^-A [\s\S]*^COMMIT/m)
    await node.sh(faults.firewall.mend)
    const { pid } = (await status()).agent
    await node.sh('systemctl restart murphy')
    t.not((await status()).agent.pid, pid)
  })

  /** Loses the bridge, and waits until that is told, and noted as told: the incident, and what was told of it. */
  const bridgeTold = async () => {
    // Discord's messages carry no id: the bridge's earlier loss was told there as well.
    const before = tellings('', 'cni.bridge-missing').discord
    await node.sh(faults.bridge.break)
    const { id } = await opened('cni.bridge-missing', 'cni0')
    await until('it is told anew', () => tellings('', 'cni.bridge-missing').discord > before)
    // An answer that was not noted yet is the bound of one, which comes below.
    await until('what was told is noted', async () => (await status()).sinks.every((it) => it.waiting === 0))
    // What the loss leads to is seen by the next rounds, and edits the message.
    await pause(1_000)
    return { id, first: tellings(id, 'cni.bridge-missing') }
  }

  await t.test('killed, it neither repeats itself nor forgets', async (t) => {
    const { id, first } = await bridgeTold()
    const pid = (await status()).agent.pid
    await node.sh(`kill -9 ${pid}`)
    const again = await until('systemd brings it back', async () => {
      const { agent, collectors } = await status()
      return agent && agent.pid !== pid && collectors.every((it) => it.state !== 'waiting') && agent.pid
    })
    t.not(again, pid)
    await pause(3_000)
    t.strictSame(tellings(id, 'cni.bridge-missing'), first, 'nothing is told twice')
    await node.sh(faults.bridge.mend)
    await resolved(id, 'cni.bridge-missing')

    const earlier = tellings('', 'cni.bridge-missing').discord
    // Killed in the very moment in which it has something to tell: twice at most, and never not at all.
    const patience = ((rules['cni.bridge-missing']?.pendingFor ?? 0) + 200) / 1000
    await node.sh(`${faults.bridge.break} && sleep ${patience} && kill -9 ${again}`)
    const bridge = await opened('cni.bridge-missing', 'cni0')
    await pause(3_000)
    const { discord, ntfy, webhook } = tellings(bridge.id, 'cni.bridge-missing')
    t.ok(discord - earlier <= 2 && ntfy <= 2 && webhook <= 2, JSON.stringify({ discord, ntfy, webhook }))
    await node.sh(faults.bridge.mend)
    await resolved(bridge.id, 'cni.bridge-missing')
  })

  await t.test('upgraded and put back, it is silent for a moment and repeats nothing', async (t) => {
    const { id, first } = await bridgeTold()
    const { version } = (await status()).agent
    const package_ = '/root/release/dist/agent/package.json'
    await node.sh(`sed -i 's/"version": "[^"]*"/"version": "99.0.0"/' ${package_}`)
    /** From when the former one was asked to end to when the next one began, and from then to when it was ready, in ms. */
    const silence = async () => {
      const said = await node.sh(
        'systemctl show -p ActiveExitTimestampMonotonic -p ExecMainStartTimestampMonotonic -p ActiveEnterTimestampMonotonic murphy',
      )
      const at = (name: string) =>
        Number(new RegExp(`^${name}TimestampMonotonic=(\\d+)$`, 'm').exec(said)?.[1])
      return {
        nobody: (at('ExecMainStart') - at('ActiveExit')) / 1000,
        starting: (at('ActiveEnter') - at('ExecMainStart')) / 1000,
      }
    }
    await node.sh('systemctl restart murphy')
    // All that can be done before the former one ends is done by then. A busy machine shows in a mere restart too.
    const most = Math.max(1_000, 2 * (await silence()).nobody)
    for (const [options, now] of [
      ['/root/release/install.sh --no-test', '99.0.0'],
      ['/opt/murphy/install.sh --rollback', version],
    ] as const) {
      const answer = await node.exec(['sh', '-c', `sh ${options}`])
      t.equal(answer.exit, 0, answer.stderr)
      const { nobody, starting } = await silence()
      t.ok(nobody > 0 && nobody < most && starting > 0, `nobody for ${nobody} ms, at most ${most}`)
      t.comment(`${now}: silent for the ${Math.round(starting)} ms of a start and ${Math.round(nobody)} ms`)
      t.equal((await status()).agent.version, now)
      await until('all have looked', async () =>
        (await status()).collectors.every((it) => it.state !== 'waiting'),
      )
      await pause(3_000)
      t.strictSame(tellings(id, 'cni.bridge-missing'), first, 'nothing is told twice')
    }
    // Its end is not waited for: what came and went so often within an hour is held for a while.
    await node.sh(faults.bridge.mend)
  })

  await t.test('a state of a newer version is kept, and said', async (t) => {
    const database = '/var/lib/murphy/murphy.db'
    const newer = (sql: string) =>
      `${runtime}/node --no-warnings -e "new (require('node:sqlite').DatabaseSync)('${database}').exec('${sql}')"`
    await node.sh(`systemctl stop murphy && ${newer('PRAGMA user_version = 99')} && systemctl start murphy`)
    const { stdout } = await node.exec(['agent', 'status'])
    t.match(stdout, /written by a newer\s+Murphy/, stdout)
    t.match(
      stdout,
      /Fix +Go back to the newer version[\s\S]* sh \/opt\/murphy\/install\.sh --rollback/,
      stdout,
    )
    await node.sh(`systemctl stop murphy && cp ${database} /run/kept && ${newer('PRAGMA user_version = 3')}`)
    t.equal(await node.sh('head -c 64 /run/kept | tail -c 1 | od -An -tu1'), '  99\n', 'nobody wrote to it')
    await node.sh('rm /run/kept && systemctl start murphy')
    t.notMatch((await node.exec(['agent', 'status'])).stdout, /newer/)
  })

  await t.test('OOM kill: over when its time is up', async () => {
    await resolved(kill.id, 'memory.oom-killed', 'shop/web')
  })

  await t.test('it goes as it came', async (t) => {
    const removal = await node.exec(['sh', '/opt/murphy/install.sh', '--uninstall'])
    t.equal(removal.exit, 0, removal.stderr)
    const purge = await node.exec(['sh', '/root/release/install.sh', '--purge'])
    t.equal(purge.exit, 0, purge.stderr)
    // Written by the owner before there was a Murphy, so the installer leaves them to the owner.
    t.equal(await node.sh('cd /etc/murphy && ls && rm -r /etc/murphy'), 'config.yaml\ndiscord.url\n')
    t.strictSame(await inventory(node), before, 'the node is as it was')
  })
})
