import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Finding, Incident } from '../../agent/model/index.ts'
import { webhookReceiver, webhookSecret } from '../receivers/webhook.ts'
import { onlyKiller, removeCgroups, version2, withoutCgroups } from './cgroups.ts'
import { agentIn, countedKills, killChildren, killGroup, makePod } from './killing.ts'
import { until } from './waiting.ts'

/**
 * Five hundred real kills within a minute, in the memory cgroups of pods of both drivers, while the real
 * `agent run` is killed ten times and started again on the same state.
 */
const kills = 500
const crashes = 10
/** Between two kills of one pod, ms: with four pods some thirteen kills a second. */
const pause = 300
/** The smallest kernel log holds what happens in some 7 s: on a busy machine the killing waits for an agent that starts slowly. */
const longestAway = 2500

const why = withoutCgroups()
const skip = why !== undefined && process.env.CI !== 'true' ? { skip: why } : {}

t.test('five hundred kills and ten crashes', skip, async (t) => {
  // As long as a kill is told of below: those of other tests are none of its business.
  const release = await onlyKiller(61)
  const folder = mkdtempSync(join(tmpdir(), 'murphy-kills-'))
  const logs = join(folder, 'log')
  const receiver = await webhookReceiver({ secret: webhookSecret })
  const murphy = agentIn(folder, {
    logs,
    sink: { type: 'webhook', url: receiver.url, secret: webhookSecret },
  })
  let agent = murphy.start()
  t.teardown(async () => {
    await agent.end('SIGKILL')
    await receiver.close()
    await removeCgroups()
    release()
    rmSync(folder, { recursive: true, force: true })
  })
  let away: number | undefined
  const crash = async () => {
    await agent.end('SIGKILL')
    away ??= performance.now()
    agent = murphy.start()
    await murphy.seen()
    away = undefined
  }
  let held = 0
  const wait = () => {
    const late = away !== undefined && performance.now() - away > longestAway
    if (late) held += pause / pods.length
    return late
  }
  const pods = [
    makePod(logs, 'web', { comm: 'web-worker', driver: 'cgroupfs' }),
    makePod(logs, 'db', { comm: 'postgres', driver: 'systemd' }),
    makePod(logs, 'api', { comm: 'api-worker', driver: 'cgroupfs' }),
    makePod(logs, 'queue', { comm: 'redis-server', driver: 'systemd' }),
  ]
  const first = await murphy.seen()
  const start = countedKills()

  // The worst moment: a notice was taken, and the agent dies before it hears so.
  const taken = Promise.withResolvers<void>()
  receiver.fault = () => {
    receiver.fault = undefined
    taken.resolve(crash())
    return 'lost'
  }
  t.equal(await killChildren(makePod(logs, 'cron', { comm: 'cron-job', driver: 'cgroupfs' }), 1, 0), 1)
  await taken.promise
  await until('it is told again', () => receiver.again() > 0)
  t.equal(receiver.again(), 1, 'it is told again, by the same id')

  // Which version of cgroups a kernel was started with cannot be chosen here: version 1 has no groups to kill.
  const group = version2 && makePod(logs, 'group', { comm: 'group', driver: 'systemd' })
  if (group) await killGroup(group)
  else t.comment('no memory.oom.group: version 1 of cgroups')
  const begun = Date.now()
  const killing = Promise.all(pods.map((it) => killChildren(it, kills / pods.length, pause, wait)))

  for (let count = 1; count < crashes; count += 1) {
    await sleep(2200 + 700 * (count % 4))
    await crash()
  }
  const each = await killing
  const seconds = Math.round((Date.now() - begun) / 1000)
  const counted = countedKills() - start
  t.strictSame(
    each,
    pods.map(() => kills / pods.length),
    `${kills} children were killed in ${seconds} s, of which ${Math.round(held / 1000)} s were waiting`,
  )
  t.ok(counted >= kills, `the kernel counts ${counted}`)

  const last = await murphy.seen(({ account }) => account?.counted === countedKills())
  const [was, is] = [first.account, last.account]
  if (!was || !is) throw new Error('the kernel counts no kills')
  t.ok(is.counted >= start + counted, `the agent counts what the kernel counts: ${is.counted}`)
  t.equal(is.explained - was.explained, is.counted - start, 'each explained by a record, once')
  t.strictSame([is.before, is.lost], [was.before, was.lost], 'none lost')
  for (const { subject } of pods)
    t.equal(last.victims.find((it) => it.subject === subject)?.kills, kills / pods.length, subject)
  if (group)
    t.match(
      last.victims.find((it) => it.subject === group.subject),
      { kills: 1, processes: Number },
    )

  const findings = await murphy.ask<Finding[]>(`/v1/history?since=${begun - 3600_000}`)
  for (const { subject } of pods)
    t.strictSame(
      findings
        .filter((it) => it.code === 'memory.oom-killed' && it.subject === subject)
        .map((it) => it.resolved),
      [undefined],
      `${subject}: one finding, never forgotten and never found again`,
    )

  const told = receiver.events.map(
    ({ type, data }) => `${type} ${(data.incident as Incident | undefined)?.id}`,
  )
  const opened = told.filter((it) => it.startsWith('incident.opened'))
  t.equal(new Set(opened).size, opened.length, 'no incident is opened twice')
  t.ok(receiver.again() <= crashes, `${receiver.again()} of ${told.length} came again, by their id`)
  t.ok(told.length < kills / 10, 'and it is no storm of messages')
  for (const { subject } of pods)
    t.ok(
      receiver.events.some(({ data }) => JSON.stringify(data).includes(`"${subject}"`)),
      `${subject} was told`,
    )
})
