import { rmSync } from 'node:fs'
import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { HostError } from '../../../agent/model/index.ts'
import { pods } from '../../../collectors/pods/index.ts'
import type { PodsSample } from '../../../collectors/pods/sample.ts'
import { podNode } from './node.ts'

const settings = defaults(pods.settings)
const minute = 60_000

/** As PostgreSQL begins its lines. */
const pg = (text: string) => `2026-11-23 03:00:00.000 UTC [1] ${text}`

/** A node, and a collector that has looked once. */
async function watched(t: Parameters<typeof podNode>[0], begin?: number) {
  const node = podNode(t, begin)
  let sample: PodsSample | undefined
  const look = async (own: Partial<typeof settings> = {}) => {
    const all = { ...settings, ...own }
    const past = { heard: [], ...(sample && { sample: JSON.parse(JSON.stringify(sample)) as PodsSample }) }
    sample = await pods.collect(node.host, all, past)
    return pods.assess(sample, past, all, node.host.now())
  }
  return {
    ...node,
    look,
    sample: () => sample as PodsSample,
    summary: () => pods.summary(sample as PodsSample, settings, node.host.now()),
  }
}

t.test('a container that ends again and again, and why', async (t) => {
  const { container, look, pass, summary } = await watched(t)
  const web = container('web')
  web.start(0)
  t.strictSame(await look(), [])
  let found: Awaited<ReturnType<typeof look>> = []
  for (let restarts = 1; restarts <= 3; restarts += 1) {
    pass(2 * minute)
    web.ended(web.ids.at(-1) ?? '', 139)
    web.start(restarts)
    found = await look()
    t.equal(found.length, restarts === 3 ? 1 : 0)
  }
  t.match(found, [
    {
      code: 'pods.crash-looping',
      subject: 'shop/web/app',
      severity: undefined,
      text: 'Restarted 3 times in the last 30 min (3 in all), last at 03:06 UTC. Last exit at 03:06 UTC: exit code 139 (SIGSEGV: crashed).',
      fix: [/`kubectl -n shop logs web -c app --previous --tail=50`/, /describe pod web/],
      pod: { namespace: 'shop', name: 'web', container: 'app' },
      evidence: { restarts: 3, 'last exit code': 139 },
    },
  ])
  t.equal(summary(), 'logs of 1 container; 3 restarts in the last 30 min')
  pass(10 * minute)
  web.ended(web.ids.at(-1) ?? '', 137, 'OOMKilled')
  t.match(await look(), [{ text: /: OOMKilled\. Down now/ }])
  pass(40 * minute)
  t.strictSame(await look(), [], 'long enough without a restart')
})

t.test('whoever looks for the first time sees a loop in the middle of its longest wait', async (t) => {
  const { container, look, pass } = await watched(t)
  const web = container('web')
  web.ended(web.start(57), 1)
  const fine = container('old', 'app', 'a'.repeat(32))
  fine.start(12)
  pass(4 * minute)
  t.match(await look(), [
    {
      subject: 'shop/web/app',
      text: /^Restarted 57 times in all\. Last exit at 03:00 UTC: exit code 1\. Down now/,
    },
  ])
  pass(30 * minute)
  t.strictSame(await look(), [], 'given up by the kubelet, or finished')
})

t.test('what logs say: growth only, on the right container, until it is over', async (t) => {
  const { container, look, pass, sample } = await watched(t)
  const db = container('db-0', 'postgres')
  const web = container('web', 'app', 'b'.repeat(32))
  db.start(0)
  web.start(0)
  db.write(0, pg('LOG:  database system is ready to accept connections'))
  t.strictSame(await look(), [])
  pass(minute)
  db.write(0, pg('FATAL:  sorry, too many clients already'), pg('FATAL:  sorry, too many clients already'))
  t.match(await look(), [
    {
      code: 'pods.log-says',
      subject: 'shop/db-0/postgres postgres-connections',
      text: 'PostgreSQL has no free connection: "2026-11-23 03:00:00.000 UTC [1] FATAL: sorry, too many clients already" (2 lines at 03:01 UTC).',
      pod: { name: 'db-0', container: 'postgres' },
      fix: [/kubectl -n shop exec db-0 -c postgres --/, /pool/],
    },
  ])
  pass(minute)
  db.write(
    0,
    pg('PANIC:  could not locate a valid checkpoint record'),
    pg('LOG:  shutting down due to startup process failure'),
  )
  const found = await look()
  t.strictSame(
    found.map((it) => it.subject),
    ['shop/db-0/postgres postgres-connections', 'shop/db-0/postgres postgres-wal'],
    'the one that says most',
  )
  t.match(found[1], { severity: 'critical', avoid: [/^Don't delete pg_wal/] })
  t.match(
    found[1]?.fix?.join('\n'),
    /scale to 0.*copy the whole volume.*sleep.*pg_resetwal --dry-run.*as user postgres/s,
  )
  pass(minute)
  db.write(0, pg('LOG:  database system is ready to accept connections'))
  t.strictSame(
    (await look()).map((it) => it.subject),
    ['shop/db-0/postgres postgres-connections'],
  )
  pass(61 * minute)
  t.strictSame(await look(), [])
  t.strictSame(sample().said, [])
})

t.test('a crash loop tells what its log says, and how grave that is', async (t) => {
  const { container, look, pass } = await watched(t)
  const db = container('db-0', 'postgres')
  db.start(0)
  await look()
  for (let restarts = 1; restarts <= 3; restarts += 1) {
    pass(minute)
    db.write(restarts - 1, pg('PANIC:  could not locate a valid checkpoint record'))
    db.start(restarts)
  }
  t.match(await look(), [
    {
      code: 'pods.crash-looping',
      severity: 'critical',
      text: /Its log: PostgreSQL cannot start: its write-ahead log has no valid checkpoint/,
      fix: [/kubectl -n shop get statefulset/],
    },
    { code: 'pods.log-says', subject: 'shop/db-0/postgres postgres-wal' },
  ])
})

t.test('the first look tells what was said lately', async (t) => {
  const { container, look, pass } = await watched(t)
  const web = container('web')
  web.start(0)
  web.write(0, 'write /data/a: no space left on device')
  pass(50 * minute)
  t.match(await look(), [{ subject: 'shop/web/app disk-full', text: /at 03:00 UTC/ }])
  const late = await watched(t)
  const old = late.container('web')
  old.start(0)
  old.write(0, 'write /data/a: no space left on device')
  late.pass(70 * minute)
  t.strictSame(await late.look(), [])
})

t.test("the settings' own patterns", async (t) => {
  const { container, look } = await watched(t)
  container('web').start(0)
  const own = { patterns: ['critical ledger-torn: ledger*checksum mismatch'] }
  await look(own)
  container('web').write(0, 'ledger 7: checksum mismatch', 'mkdir /data/x: permission denied')
  t.match(await look({ ...own, ignore_patterns: ['permission-denied'] }), [
    {
      subject: 'shop/web/app ledger-torn',
      severity: 'critical',
      text: 'A line of its log matches the pattern ledger-torn of the settings: "ledger 7: checksum mismatch" (1 line at 03:00 UTC).',
    },
  ])
  t.strictSame(pods.check?.({ ...settings, ...own }), [])
  t.match(pods.check?.({ ...settings, patterns: ['info x-y: (a+)+$'], ignore_patterns: ['none'] }), [
    /^patterns.0: /,
    /^ignore_patterns.0: there is no pattern of this name/,
  ])
})

t.test('one log that cannot be read stops no other, and a pod that goes is no blindness', async (t) => {
  const { container, look, there, host, sample, summary } = await watched(t)
  const web = container('web')
  const other = container('other', 'app', 'c'.repeat(32))
  web.start(0)
  other.start(0)
  await look()
  web.write(0, 'no space left on device')
  other.write(0, 'no space left on device')
  const denied = {
    ...host,
    range: async (path: string, from: number, length: number) => {
      if (path.includes('_web_')) throw new HostError('denied', 'not permitted')
      return host.range(path, from, length)
    },
  }
  const seen = await pods.collect(denied, settings, { heard: [], sample: sample() })
  t.match(seen.said, [{ pod: { name: 'other' } }])
  t.match(seen.unseen, [{ what: 'the log of shop/web/app', why: 'not permitted', codes: ['pods.log-says'] }])
  t.strictSame(seen.unseen?.length, 1)
  rmSync(there('/var/log/containers'), { recursive: true })
  rmSync(there('/var/log/pods'), { recursive: true })
  await look()
  t.equal(sample().unseen, undefined)
  t.equal(summary(), 'no pods on this machine')
})

t.test('a quiet look asks little and changes nothing', async (t) => {
  // Later than its folders were made.
  const { container, look, sample, host } = await watched(t, Date.now() + minute)
  for (let count = 0; count < 20; count += 1)
    container(`web-${count}`, 'app', `${count}`.padStart(32, '0')).start(0)
  for (let looks = 0; looks < 3; looks += 1) await look()
  const before = JSON.stringify(sample())
  const asked: string[] = []
  const counted =
    <A extends unknown[], R>(name: string, ask: (...given: A) => R) =>
    (...given: A) => {
      asked.push(name)
      return ask(...given)
    }
  const counting = {
    ...host,
    list: counted('list', host.list),
    stat: counted('stat', host.stat),
    stats: counted('stats', host.stats),
    range: counted('range', host.range),
  }
  const after = await pods.collect(counting, settings, { heard: [], sample: sample() })
  t.equal(JSON.stringify(after), before)
  t.strictSame(asked, ['stats', 'stats'], 'of all folders at once, and of all logs')
  t.ok(before.length < 20 * 180, `${before.length} bytes`)
})

t.test('names that are none, and what is not a log, are left alone', async (t) => {
  const { look, put, sample } = await watched(t)
  put('/var/log/pods/not-a-pod/app/0.log', 'no space left on device\n')
  put('/var/log/pods/shop_web_590e112b-f426-43df-a156-a82643a83dd3/a b;c/0.log', 'no space left on device\n')
  put('/var/log/pods/shop_web_590e112b-f426-43df-a156-a82643a83dd3/app/x.log', 'no space left on device\n')
  t.strictSame(await look(), [])
  t.strictSame(sample().places, {})
})
