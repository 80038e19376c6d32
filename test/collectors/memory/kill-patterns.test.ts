import t from 'tap'
import { renderIncident } from '../../../agent/cli/render/incident.ts'
import { defaults } from '../../../agent/config/defaults.ts'
import { incidents } from '../../../agent/core/cascade.ts'
import { type Judgements, judgedIn } from '../../../agent/core/last-well.ts'
import { type Ledger, step } from '../../../agent/core/ledger.ts'
import { statementsOf, titleOf } from '../../../agent/model/index.ts'
import { addBouts, stormOf } from '../../../collectors/memory/history/bouts.ts'
import { addKills, type Named, type Victim } from '../../../collectors/memory/history/victims.ts'
import { memory } from '../../../collectors/memory/index.ts'
import { again, missing, storming } from '../../../collectors/memory/kill-patterns.ts'
import { stalls } from '../../../collectors/memory/proc.ts'
import { rules } from '../../../collectors/memory/rules.ts'
import type { MemorySample } from '../../../collectors/memory/sample.ts'

const now = Date.parse('2026-11-23T03:40:30Z')
const hour = 3600_000
const victims = Array.from(
  { length: 40 },
  (_, at): Victim => ({
    subject: `shop/web-${at}/app`,
    pod: { namespace: 'shop', name: `web-${at}`, container: 'app' },
    kills: 40 - at,
    first: now - 60_000,
    last: now,
    until: now + hour,
    comm: 'node',
    pid: at,
  }),
)
const sample: MemorySample = {
  cursor: 1,
  victims,
  recent: [],
  pods: [],
  storm: {
    ...{ seconds: [], kills: 820, first: now - 60_000, last: now, until: now + hour },
    hits: Object.fromEntries(victims.map((it) => [it.subject, it.kills])),
  },
}

t.test('a storm names who it hits most, and is one incident', async (t) => {
  t.match(storming(sample, now), [
    {
      code: 'memory.oom-storm',
      text: '820 kills since 03:39, last 03:40 UTC: shop/web-0/app (40), shop/web-1/app (39), shop/web-2/app (38), shop/web-3/app (37), shop/web-4/app (36) and 35 more.',
      at: now - 60_000,
      latest: now,
      severity: undefined,
    },
  ])
  t.strictSame(storming(sample, now + 2 * hour), [])
  const observations = memory.assess(sample, { heard: [] }, defaults(memory.settings), now)
  t.equal(observations.length, 41)
  const found = incidents(step([], { rules, observations }, now), rules, now)
  t.equal(found.length, 1)
  t.match(found[0], { cause: { code: 'memory.oom-storm' }, severity: 'critical' })
})

t.test('a storm is over after a minute, and told so', async (t) => {
  t.match(storming(sample, now + 59_999)[0]?.text, /^820 kills since/)
  t.match(storming(sample, now + 60_000), [
    {
      severity: 'warning',
      text: /^Over: 820 kills from 03:39 to 03:40 UTC, none since: shop\/web-0\/app \(40\)/,
      fix: [
        'See who was killed: `agent memory`',
        'Raise the limit of what was killed most, or find what grew in it',
      ],
      latest: now,
    },
  ])
  const { storm } = sample
  const brief = { ...sample, storm: { ...storm, first: now - 5_000, last: now } } as MemorySample
  t.match(storming(brief, now + 60_000)[0]?.text, /^Over: 820 kills at 03:40 UTC, none since: /)
})

t.test('an old storm does not grow by a kill of another pod', async (t) => {
  const pod = { namespace: 'default', name: 'oomer', container: 'eater' }
  const at = now + 23 * 60_000
  const kill: Named = {
    ...{ sequence: 1, uptime: 1, pid: 1, comm: 'x', scope: 'cgroup', processes: 1, at, podUid: 'u', pod },
  }
  const storm = stormOf(sample.storm, [kill], at)
  const { victims: hit } = addKills(victims, [kill], at, hour)
  const after = { ...sample, victims: hit, ...(storm && { storm }) }
  const found = memory.assess(after, { heard: [] }, defaults(memory.settings), at)
  t.match(
    found.find((it) => it.subject === 'default/oomer/eater'),
    { code: 'memory.oom-killed', text: /^1 kill at 04:03 UTC/, at, latest: at },
  )
  t.notMatch(storming(after, at)[0]?.text, /oomer/)
  const ended = { ...sample.storm, seconds: [], until: now + 600_000 }
  t.equal(stormOf(ended, [kill], at)?.kills, undefined, 'by then it is not even reported any more')
})

t.test('again and again, until it is overdue', async (t) => {
  const seconds = [-3600, -1800, 0].map((it) => now / 1000 + it)
  const repeating = { ...sample, repeats: { 'shop/web-3/app': seconds } }
  t.match(again(repeating, hour, now), [
    {
      subject: 'shop/web-3/app',
      text: 'OOMKilled 3 times since 02:40, last 03:40 UTC, about every 30 min. Last: node (pid 3).',
      pod: { name: 'web-3' },
      at: now,
      latest: now,
    },
  ])
  const hit = (more: Partial<Victim>) =>
    again({ ...repeating, victims: victims.map((it) => ({ ...it, ...more })) }, hour, now)[0]?.text
  t.match(hit({ byNode: 37 }), /30 min\. The node had no memory left; last: node \(pid 3\)\.$/)
  t.match(hit({ limit: 2 ** 24 }), /30 min\. Limit 16 MiB; last: node \(pid 3\)\.$/)
  t.match(hit({ unrecorded: 37 }), /30 min\. Counted by its cgroup; the kernel log was overwritten/)
  t.strictSame(again(repeating, hour, now + hour + 1), [])
})

t.test('kills without a record', async (t) => {
  const account = { counted: 20, explained: 15, before: 2, lost: 3, last: now, until: now + hour }
  t.match(missing({ ...sample, account }, now), [
    {
      code: 'memory.oom-records-lost',
      text: "The kernel counts 20 OOM kills since boot: 15 in its log, 2 before Murphy's first check, 3 not in its log (noticed 03:40 UTC).",
    },
  ])
  t.strictSame(missing({ ...sample, account }, now + 2 * hour), [])
  t.strictSame(missing(sample, now), [])
})

t.test('waiting for memory', async (t) => {
  const text =
    'some avg10=0.00 avg60=12.60 avg300=1.00 total=1\nfull avg10=9.00 avg60=3.20 avg300=0.00 total=1\n'
  t.strictSame(stalls(text), { some: 13, full: 3 })
  t.equal(stalls(''), undefined, 'a kernel without it')
})

/** One container killed 30 times in 24 s, looked at every two seconds from before the first kill on, and until `until`. */
function storm(until: number) {
  const pod = { namespace: 'shop', name: 'queue-0', container: 'queue' }
  let seen: MemorySample = { cursor: 1, victims: [], recent: [], pods: [] }
  let ledger: Ledger = []
  let judged: Judgements = new Map()
  for (let after = -10_000; after <= until; after += 2_000) {
    const at = now + after
    const kills = Array.from({ length: 30 }, (_, index): Named => {
      const one = { at: now + index * 800, pid: index + 1, podUid: 'u', pod, limit: 24 * 2 ** 20 }
      return { ...{ sequence: index, uptime: 1, comm: 'x', scope: 'cgroup', processes: 1 }, ...one }
    }).filter((it) => it.at <= at && it.at > at - 2_000)
    const bout = stormOf(seen.storm, kills, at)
    seen = {
      ...seen,
      ...(bout && { storm: bout }),
      victims: addKills(seen.victims, kills, at, hour).victims,
      repeats: addBouts(seen.repeats ?? {}, kills, at).repeats,
    }
    const look = { rules, observations: memory.assess(seen, { heard: [] }, defaults(memory.settings), at) }
    ledger = step(ledger, look, at, judged)
    judged = judgedIn(judged, look, at)
  }
  return { ledger, found: incidents(ledger, rules, now + until) }
}

t.test(
  'a storm, its kills and their repetition are one statement a container, and none the cause of another',
  async (t) => {
    for (const [until, title] of [
      [8_000, /^OOMKilled 2x: shop\/queue-0/],
      [12_000, /^OOMKilled 16x: shop\/queue-0 in 12 s$/],
      [30_000, /^OOM kill storm: 30 kills in 23 s$/],
      [300_000, /^OOMKilled 30x: shop\/queue-0 in 23 s$/],
    ] as const) {
      const { ledger, found } = storm(until)
      const open = found.filter((it) => it.resolved === undefined)
      t.equal(open.length, 1, `one incident after ${until} ms`)
      const [one] = open
      if (!one) return
      t.equal(one.why, undefined, 'nothing is known to have caused it, and when it was well says nothing')
      const said = statementsOf(one).filter((it) => it.subject === 'shop/queue-0/queue')
      t.equal(said.length, 1, said.map((it) => it.title).join())
      for (const { code, since, onset } of ledger)
        t.equal(onset.from, since, `${code} was well until it began`)
      if (until !== 8_000) t.match(titleOf(one), title)
      const page = renderIncident(one, now + until, { color: false, width: 80 })
      t.equal(page.match(/OOMKilled \d+x: .*queue-0/g)?.length, 1, page)
    }
  },
)
