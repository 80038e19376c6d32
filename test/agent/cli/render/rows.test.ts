import t from 'tap'
import type { CollectorRow, Snapshot } from '../../../../agent/api/snapshot.ts'
import {
  checkTable,
  deadlineTable,
  heartbeatTable,
  isLate,
  silenceTable,
  sinkTable,
} from '../../../../agent/cli/render/rows.ts'
import { finding } from '../../findings.ts'
import { now, picture } from '../../small.ts'

const plain = { color: false, width: 80 }
const [first] = picture.collectors as [CollectorRow]
const unseen = [
  { what: 'a', why: 'reading a: timeout' },
  { what: 'b', why: 'reading b: timeout' },
  { what: 'c', why: 'not there', unrecorded: true },
]

t.test('the gravest check comes first, by what is open of it', async (t) => {
  const affected = [
    finding({ code: 'memory.blind', severity: 'critical' }),
    finding({ code: 'memory.pressure', severity: 'warning' }),
    finding({ code: 'memory.oom-storm', severity: 'critical', resolved: now }),
  ]
  const [incident] = picture.incidents
  const rows = picture.collectors.map((it) => ({ ...it, findings: 1 }))
  const it = { ...picture, collectors: rows, incidents: [{ ...incident, affected }] } as Snapshot
  const lines = checkTable(it, plain, { once: false, verbose: false }).split('\n')
  t.match(lines[1], /^firewall +CRITICAL/)
  t.match(lines[2], /^memory +WARNING/, 'what is over, and that it is blind, do not count')
})

t.test('what is partial is folded, unless it is asked for', async (t) => {
  const it = { ...picture, collectors: [{ ...first, unseen }] }
  const folded = checkTable(it, plain, { once: false, verbose: false })
  t.match(folded, /certs +ok +12 s +24 certificates +\(3 partial: agent status -v\)$/)
  t.equal(folded.split('\n').at(-1)?.length, 80, 'at the right')
  const once = checkTable(it, { ...plain, command: 'murphy' }, { once: true, verbose: false })
  t.match(once, /\(3 partial: murphy check -v\)$/)
  const long = { ...picture, collectors: [{ ...first, summary: 'x'.repeat(45), unseen }] }
  t.match(checkTable(long, plain, { once: false, verbose: false }), /x {2,}\(3 partial\)$/)
  const all = checkTable(it, plain, { once: false, verbose: true })
  t.match(
    all,
    /Not seen: reading a: timeout\n {2}Not seen: reading b: timeout\n {2}Not recorded: c\n {2}Round: next in 4 min, last took 3 ms$/,
  )
  t.notMatch(all, /partial/)
})

t.test('what is blind says why, and how much more there is', async (t) => {
  const many = [...unseen.slice(0, 2), ...unseen]
  const row = { ...first, state: 'blind' as const, blindSince: now - 60_000, unseen: many }
  const text = checkTable({ ...picture, collectors: [row] }, plain, { once: false, verbose: false })
  t.match(text, /certs +blind +12 s +blind since 03:29 UTC; 24 certificates +\(3 more\)/)
  t.equal(text.match(/Not seen/g)?.length, 2)
})

t.test('off, waiting, late', async (t) => {
  const { last, ...waiting } = { ...first, state: 'waiting' as const, summary: '' }
  const rows = [waiting, { ...first, state: 'off' as const }]
  const text = checkTable({ ...picture, collectors: rows }, plain, { once: false, verbose: false })
  t.match(text, /certs +waiting\n/)
  t.match(text, /certs +off/)
  t.equal(isLate({ ...first, next: now - 61_000 }, now), true)
  t.equal(isLate({ ...first, next: now - 59_000 }, now), false)
})

t.test('who is told, who is not, and why', async (t) => {
  const said = (sinks: Snapshot['sinks']) => sinkTable({ ...picture, sinks }, plain).replace(/\s+/g, ' ')
  t.match(said([]), /^No sink is configured: nobody is notified\./)
  t.match(
    said([{ name: 'discord', type: 'discord', gone: 'Discord says 404', waiting: 2 }]),
    /discord GONE nothing yet, 2 waiting Its address is gone: Discord says 404; next try with the next message/,
  )
  const lacks = 'this ntfy server is older than 2.16: it cannot update a notification'
  t.match(said([{ name: 'ntfy', type: 'ntfy', lacks, waiting: 0 }]), `ntfy ok nothing yet ${lacks}`)
})

t.test('what is silenced, and what ends when', async (t) => {
  const silences = [{ id: 'all', what: 'all', since: now, until: now + 5_400_000, why: 'moving house' }]
  t.equal(
    silenceTable({ ...picture, silences }, plain),
    'SILENCED  UNTIL      WHY\nall       05:00 UTC  moving house',
  )
  const deadlines = [
    { what: 'certificates', at: now - 1000, confidence: 'date' as const },
    { what: 'disk of /', at: now, confidence: 'rough' as const },
    { what: 'memory', at: now + 3 * 86_400_000, confidence: 'likely' as const },
  ]
  t.equal(
    deadlineTable({ ...picture, deadlines }, plain),
    'IN         DEADLINE\nexpired    certificates\nnow        disk of /\nabout 3 d  memory',
  )
})

t.test('a sink that stands in for others says so', async (t) => {
  const sink = { name: 'sms', type: 'apprise', waiting: 0 }
  const note = (onlyWhen: readonly string[]) =>
    sinkTable({ ...picture, sinks: [{ ...sink, onlyWhen }] }, plain)
      .split('\n')
      .at(-1)
      ?.trim()
  t.equal(note(['discord']), 'Only used while discord fails')
  t.equal(note(['discord', 'ntfy']), 'Only used while discord and ntfy fail')
})

t.test('what is only written to Kubernetes notifies nobody', async (t) => {
  const kubernetes = { name: 'kubernetes', type: 'kubernetes', lastSent: now - 60_000, waiting: 2 }
  const alone = sinkTable({ ...picture, sinks: [kubernetes] }, plain)
  t.match(alone, /^No sink is configured: nobody is notified/)
  t.match(alone, /\nkubernetes +ok +60 s ago, 2 waiting$/)
  const beside = sinkTable({ ...picture, sinks: [...picture.sinks, kubernetes] }, plain)
  t.notMatch(beside, /No sink is configured/)
  t.match(beside, /\nkubernetes +ok/)
})

t.test('a sink says that it is quiet, until when, and what is sent all the same', async (t) => {
  const [sink] = picture.sinks
  if (!sink) throw new Error('the picture has one')
  const of = (passes: 'warning' | 'critical' | 'nothing') =>
    sinkTable({ ...picture, sinks: [{ ...sink, quiet: { until: now + 7_200_000, passes } }] }, plain)
  t.match(
    of('critical'),
    /\ndiscord +quiet +3 min ago\n +Quiet until 05:30 UTC \(2 h\): only critical is sent; the rest/,
  )
  t.match(of('warning'), /only warning and critical are\s+sent/)
  t.match(of('nothing'), /: nothing is sent/)
})

t.test('a heartbeat says when it was sent, that it fails, and why it is not sent', async (t) => {
  const row = { name: 'switch', type: 'kuma' as const, every: 60_000 }
  const failing = { since: now - 600_000, why: 'kuma.example: answered 503', tries: 9 }
  const table = heartbeatTable(
    {
      ...picture,
      heartbeats: [
        { ...row, lastSent: now - 30_000 },
        { ...row, name: 'b', failing },
        { ...row, name: 'c', lastSent: now - 90_000, held: 'the disk of the state is full' },
      ],
    },
    plain,
  )
  t.match(table, /^HEARTBEAT +STATE +LAST SENT\nswitch +ok +30 s ago, every 60 s\n/)
  t.match(
    table,
    /\nb +FAILING +nothing yet, every 60 s\n +Failing since 03:20 UTC: kuma.example: answered 503\n/,
  )
  t.match(table, /\nc +HELD +90 s ago.*\n +Not sent, as Murphy does not work as it should: the disk/)
})
