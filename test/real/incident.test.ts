import t from 'tap'
import { withoutCgroups } from './cgroups.ts'
import { withoutContainer } from './container.ts'
import { stage } from './incident/acts.ts'
import { openDatabase } from './incident/database.ts'
import { endAt } from './incident/k3s.ts'
import { openNode } from './incident/node.ts'
import { steps } from './incident/told.ts'
import { writeTranscript } from './incident/transcript.ts'
import { openWorld } from './incident/world.ts'
import { mayOverrun, overrunKernelLog } from './kernel-log.ts'
import { postgresHome } from './postgres.ts'
import { until } from './waiting.ts'

/**
 * The night for which Murphy was made, on the real kernel, in order: each act is a real fault on a node with a real
 * systemd, its own boot, real ufw and iptables, told to three sinks. With MURPHY_TRANSCRIPT=1 it waits for all that is
 * told, which takes three minutes more, and is written to docs/incident.md.
 */
const why = withoutContainer() ?? withoutCgroups() ?? (postgresHome() ? undefined : 'needs PostgreSQL')
const skip = why !== undefined && process.env.CI !== 'true' && why
const whole = process.env.MURPHY_TRANSCRIPT === '1'
t.setTimeout(1_800_000)

t.test('the night, replayed', { skip }, async (t) => {
  // What was killed on this machine before is nothing to this night.
  if (mayOverrun) overrunKernelLog()
  const world = await openWorld()
  t.teardown(() => world.close())
  const node = await openNode(world)
  t.teardown(() => node.close())
  const { act, played, lastSteps } = stage(node, world, t)
  t.teardown(() => writeTranscript(played))

  const incidents = async () =>
    (await node.status()).incidents.filter(
      (it) =>
        it.severity !== 'info' && (!it.cause.code.startsWith('memory.') || it.cause.pod?.name === 'db-0'),
    )
  const open = async () => (await incidents()).filter((it) => it.resolved === undefined)
  const found = (code: string, subject = '') =>
    until(
      `${code} is found`,
      async () =>
        (await open())
          .flatMap((it) => [it.cause, ...it.affected])
          .some((it) => it.code === code && it.resolved === undefined && it.subject.startsWith(subject)),
      node.page,
    )
  const well = () => until('all is well', async () => (await open()).length === 0, node.page)
  /** As somebody at the console does who was told them. What only looks is left out. */
  const follow = async (commands: readonly string[]) => {
    for (const it of commands)
      if (/^(iptables -|ufw allow \S|systemctl|k3s-killall)/.test(it)) await node.sh(it)
  }

  t.strictSame(await open(), [], 'it begins with all well')

  await act({
    title: 'The certificates come into the window',
    story:
      'The node has run for ten months. k3s renews its certificates only when it starts, and only within 90 days of their end: this is the first day on which a restart would help. Nobody reads it, as is the way with warnings.',
    play: () => endAt(node.container(), '60 days').then(() => undefined),
    told: { kind: 'new', code: 'certs.expiring' },
  })

  let end = 0
  await act({
    title: 'The last day',
    story: 'It was sent again at 30, 14, 7 and 3 days. This is the last time before it happens.',
    play: async () => {
      const began = Date.now()
      end = await endAt(node.container(), '45 seconds')
      return began
    },
    told: { kind: 'new', code: 'certs.expiring' },
  })

  await act({
    title: 'They expire',
    story:
      'From this second on the API answers every certificate of its own with 401. Nothing else changes: pods run on. What follows, the kubelet and the API refusing each other, joins this incident and rings nobody again.',
    play: async () => {
      await until('they have run out', () => Date.now() > end)
      return end
    },
    told: { kind: 'new', code: 'certs.expired' },
    page: true,
  })

  const reboot = await act({
    title: 'The reboot',
    story:
      'The owner sees the 401 and does what helps with everything else, without having read **Don’t**. The board has no battery: when k3s is started, its clock is long before the end of the certificates, so that it renews none (played by the stand-in: its first start after a boot renews nothing). Then the clock is right, and they have expired again. What the kernel held of the pods’ network is gone, and k3s makes it only with an API that takes it.',
    did: ['reboot'],
    play: async () => {
      await node.reboot()
      return undefined
    },
    told: { kind: 'edit', code: 'certs.expired' },
    until: () => found('cni.overlay-missing'),
    most: 0,
    page: true,
  })
  const expired = (await open()).flatMap((it) => it.affected).find((it) => it.code === 'certs.expired')
  t.match(expired?.text, /started .* after they had expired.* reboot/, 'why it was no help')
  t.ok(reboot.news.length > 0)

  await act({
    title: 'The rotation',
    story:
      'Now the owner does what the message says. k3s starts, renews all certificates, and the API is well at once. But flannel does not come up on what the boot without an API left behind (played by the stand-in, after k3s-io/k3s#2599), so no pod has a network. The message changes from what was repaired to what did not come back with it; when it is still so after three minutes, it rings.',
    did: ['systemctl restart k3s'],
    play: async () => {
      t.ok(lastSteps().includes('systemctl restart k3s'), 'it is what the message says')
      await node.sh('systemctl restart k3s')
      return undefined
    },
    told: { kind: whole ? 'new' : 'edit', code: 'cni.overlay-missing' },
    most: whole ? 1 : 0,
    page: true,
  })

  await act({
    title: 'iptables -F',
    story:
      'From an issue of somebody else’s, the owner copies the line that repairs every network. ufw is on, and its policy is DROP: the rules go, the policy stays, and with the next packet nobody is let in any more, over SSH or otherwise. No answer to anything the agent sends comes back either. The message gets out because the agent keeps a connection to each sink open.',
    did: ['iptables -F'],
    play: async () => {
      await until('SSH answers before', () => world.ssh())
      const began = Date.now()
      await node.sh('iptables -F')
      return began
    },
    told: { kind: 'new', code: 'firewall.flushed' },
    until: async () => t.notOk(await world.ssh(), 'and nobody gets in after'),
    page: true,
  })
  const [flushed] = (await open()).filter((it) => it.cause.code === 'firewall.flushed')
  t.match(
    flushed?.cause.text,
    /^filter flushed: \d+ of \d+ IPv4 rules gone, by `iptables` \(pid \d+\) at /,
    'by whom',
  )
  t.ok(flushed?.affected.some((it) => it.code === 'firewall.lockout'))

  const repair = lastSteps()
  await act({
    title: 'At the serial console',
    story:
      'The owner finds the console of the machine and the steps of the message on the phone, and pastes them in order.',
    did: repair,
    play: async () => {
      await follow(repair)
      return undefined
    },
    told: { kind: 'over' },
    until: () => until('SSH is back', () => world.ssh()),
    most: 1,
  })

  await act({
    title: 'k3s-killall.sh',
    story:
      'One thing is still open: the pods have no network. The message named this as what is left when a restart has not brought it back, and that databases are to be ended before. The databases are not.',
    did: ['k3s-killall.sh', 'systemctl start k3s'],
    play: async () => {
      await follow(['k3s-killall.sh', 'systemctl start k3s'])
      return undefined
    },
    told: { kind: 'over' },
    until: well,
    most: 0,
    page: true,
  })

  // Kills of others on this machine stand in the same log; a storm of theirs would explain what follows.
  await until(
    'no storm of kills of others is left',
    async () =>
      !(await node.status()).incidents.some(
        (it) => /^memory\.oom-(storm|system)$/.test(it.cause.code) && it.resolved === undefined,
      ),
    node.page,
    // A storm is told for ten after its last kill.
    16,
  )
  const database = await openDatabase(t, node.place())
  await act({
    title: 'PostgreSQL is OOMKilled',
    story:
      'All clients of the database come back at once. A query needs more than the 64 MiB that its pod may have, and the kernel kills its process.',
    play: () => database.outgrow(),
    told: { kind: 'new', code: 'memory.oom-killed' },
  })

  await act({
    title: 'Again and again',
    story:
      'Somebody lowers the limit where it should have been raised. Each start is killed, and the kubelet waits longer each time: CrashLoopBackOff. It is the same incident, and its message says so.',
    play: () => database.loop(),
    told: { kind: 'edit' },
    until: () => found('pods.crash-looping', 'shop/db-0'),
    most: 0,
  })

  const panic = await act({
    title: 'PANIC: could not locate a valid checkpoint record',
    story:
      'With its memory back the database starts, and finds a write-ahead log that the kills left torn. From here on each step may lose data for good, so that this rings although nothing is graver than before, and its steps come first.',
    play: () => database.panic(),
    told: { kind: 'new' },
    until: () => found('pods.log-says', 'shop/db-0'),
    page: true,
  })
  const alarm = panic.news.find((it) => it.sink === 'discord' && it.kind === 'new')
  const saving = alarm ? steps(alarm.arrival) : []
  const resets = saving.filter((it) => it.startsWith('pg_resetwal'))
  t.match(resets, [/--dry-run/, / -f /], 'data first, then a dry run, then the reset')

  await act({
    title: 'The repair',
    story:
      'Scaled to 0, the volume copied, and `pg_resetwal` run in a pod that only sleeps, first to see what it would do. Then it is scaled to 1 and is ready to accept connections.',
    did: [
      'kubectl -n shop scale statefulset db --replicas 0',
      ...resets,
      'kubectl -n shop scale statefulset db --replicas 1',
    ],
    play: async () => {
      database.scaleDown()
      database.copyVolume()
      for (const it of resets) t.match(database.inPod(it), /WAL|log/i)
      await database.scaleUp()
      return undefined
    },
    told: { kind: 'over' },
    until: well,
    most: 0,
    page: true,
  })
  t.strictSame(await open(), [], 'it ends with all well')
})
