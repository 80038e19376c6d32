import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { defaults } from '../../agent/config/defaults.ts'
import { incidents } from '../../agent/core/cascade.ts'
import { type Ledger, step } from '../../agent/core/ledger.ts'
import { round, rulesOf } from '../../agent/core/round.ts'
import { openMachine } from '../../agent/host/machine.ts'
import type { Collector, Host, Past, Rules, Sample } from '../../agent/model/index.ts'
import { collectors } from '../../collectors/index.ts'
import { memory } from '../../collectors/memory/index.ts'
import { pods } from '../../collectors/pods/index.ts'
import { podNode } from '../collectors/pods/node.ts'
import { homeCgroup, makeCgroup, onlyKiller, removeCgroups, withoutCgroups } from './cgroups.ts'
import { damageWal, initdb, postgresHome, query, startServer, untilReady } from './postgres.ts'

/**
 * The last act of the incident, with a real PostgreSQL: a backend is OOM-killed, the write-ahead log is
 * damaged, the container ends again and again. Its lines are written the way containerd writes them. One
 * real OOM kill.
 */
const home = postgresHome()
const why = withoutCgroups() ?? (home ? undefined : 'needs PostgreSQL (Debian: postgresql)')
const skip = why !== undefined && process.env.CI !== 'true' ? { skip: why } : {}

t.test('OOM kill, crash loop, corrupt WAL: one incident on the right pod', skip, async (t) => {
  t.teardown(await onlyKiller())
  const folder = mkdtempSync(join(tmpdir(), 'murphy-postgres-'))
  const sockets = join(folder, 'run')
  mkdirSync(sockets)
  for (const path of [folder, sockets]) chownSync(path, 65534, 65534)
  const data = join(folder, 'data')
  initdb(String(home), data)
  t.teardown(async () => {
    await removeCgroups()
    rmSync(folder, { recursive: true })
  })

  const uid = '3f1c2a44-9d7e-4b51-8a3e-5d2f9b7c6e10'
  const node = podNode(t, Date.now())
  const container = node.container('db-0', 'postgres', uid)
  const bystander = node.container('web', 'app', 'b'.repeat(32))
  const machine = openMachine()
  t.teardown(() => machine.close())
  const host: Host = {
    ...machine.during(AbortSignal.timeout(100_000)),
    ...(({ list, stat, stats, range, target }) => ({ list, stat, stats, range, target }))(node.host),
    text: (path, options) =>
      (path.startsWith('/var/') ? node.host : machine.during(AbortSignal.timeout(5000))).text(path, options),
  }
  const rules: Rules = Object.assign({}, ...collectors.map(rulesOf))
  const samples = new Map<string, Sample>()
  let ledger: Ledger = []
  const look = async () => {
    for (const it of [memory, pods] as unknown as Collector[]) {
      const sample = samples.get(it.name)
      const past: Past<Sample> = { heard: [], ...(sample && { sample }) }
      const outcome = await round(it, defaults(it.settings), host, past)
      if (outcome.sample) samples.set(it.name, JSON.parse(JSON.stringify(outcome.sample)) as Sample)
      t.strictSame(outcome.unseen, [], `${it.name} sees`)
      ledger = step(ledger, outcome, Date.now())
    }
    // The kernel's log is this machine's: others may be killed meanwhile.
    return incidents(ledger, rules, Date.now()).filter((it) =>
      [it.cause, ...it.affected].some((one) => one.resolved === undefined && one.subject.startsWith('shop/')),
    )
  }
  const earlier = await memory.collect(host, defaults(memory.settings), { heard: [] })
  // What the kernel's log still has of earlier tests is none of this node's.
  const { storm: _, repeats: __, node: ___, ...quiet } = earlier
  samples.set('memory', { ...quiet, victims: [], recent: [] } as Sample)

  const id = container.start(0)
  bystander.start(0)
  const pod = `${homeCgroup}/kubepods/burstable/pod${uid}`
  const cgroup = makeCgroup(`${pod}/${id}`, 64 * 2 ** 20)
  const lines: string[] = []
  const run = (restarts: number) =>
    startServer(String(home), {
      data,
      sockets,
      cgroup,
      line: (text) => {
        lines.push(text)
        // In two pieces, as long lines come.
        const half = Math.ceil(text.length / 2)
        const stamp = new Date().toISOString()
        container.raw(
          restarts,
          `${stamp} stderr P ${text.slice(0, half)}\n${stamp} stderr F ${text.slice(half)}\n`,
        )
      },
    })
  const first = run(0)
  await untilReady(sockets)
  t.strictSame(await look(), [], 'all is well')

  const begun = Date.now()
  await query(
    sockets,
    "select array_length(array_agg(repeat('x', 1000) || g), 1) from generate_series(1, 1000000) g",
  )
  for (let waits = 0; waits < 100 && !lines.some((it) => it.includes('signal 9: Killed')); waits += 1)
    await sleep(50)
  await untilReady(sockets)
  const after = await look()
  t.match(after, [
    {
      cause: {
        code: 'memory.oom-killed',
        subject: 'shop/db-0/postgres',
        severity: 'critical',
        pod: { name: 'db-0' },
      },
      affected: [
        {
          code: 'pods.log-says',
          subject: 'shop/db-0/postgres postgres-killed',
          text: /was terminated by signal 9: Killed/,
        },
      ],
    },
  ])
  t.equal(after.length, 1)
  t.ok(Number(after[0]?.cause.since) >= begun - 1000)

  first.stop('SIGQUIT')
  await first.ended
  container.ended(id, 0, 'Completed')
  damageWal(data)
  for (let restarts = 1; restarts <= 3; restarts += 1) {
    container.start(restarts)
    const { code } = await run(restarts).ended
    container.ended(container.ids.at(-1) ?? '', Number(code))
    await look()
  }
  const [incident, ...more] = await look()
  t.strictSame(more, [], 'one incident, one message')
  t.match(incident, {
    severity: 'critical',
    cause: { code: 'memory.oom-killed', subject: 'shop/db-0/postgres' },
  })
  const led = new Map(incident?.affected.map((it) => [`${it.code} ${it.subject}`, it]))
  t.match(led.get('pods.crash-looping shop/db-0/postgres'), {
    severity: 'critical',
    text: /Restarted 3 times .* exit code 1\. Down now.*Its log: PostgreSQL cannot start: its write-ahead log has no valid checkpoint/,
    pod: { namespace: 'shop', name: 'db-0', container: 'postgres' },
  })
  t.match(led.get('pods.log-says shop/db-0/postgres postgres-wal'), {
    text: /could not locate a valid checkpoint record/,
    fix: [
      /find the workload to scale to 0/,
      /copy the whole volume.*backup or a healthy replica/,
      /sleep infinity.*dry-run/,
      /pg_resetwal -f/,
    ],
    avoid: [/^Don't delete pg_wal or the volume/],
  })
  t.equal(
    [...led.keys()].some((it) => it.includes('web')),
    false,
  )
  t.comment(lines.filter((it) => /PANIC|signal/.test(it)).join('\n'))
})
