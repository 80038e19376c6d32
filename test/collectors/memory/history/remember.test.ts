import t from 'tap'
import { remember, type Seen } from '../../../../collectors/memory/history/remember.ts'
import type { Named } from '../../../../collectors/memory/history/victims.ts'
import { podBook } from '../../../../collectors/node/pods.ts'

const hour = 3600_000
const now = Date.parse('2026-11-23T03:40:00Z')
const seen: Seen = {
  memory: { total: 256 * 4096, available: 128 * 4096 },
  boot: 'one',
  book: podBook([]),
  folders: ['shop_db-0_11111111-1111-1111-1111-111111111111'],
  listed: 1,
  counted: { before: 0, after: 0 },
  counts: undefined,
  log: { cursor: 40, lost: 2, reading: {}, kills: [], uncounted: 0, start: 0, killed: 0 },
  known: [],
  lastBoot: undefined,
  missed: [],
  used: { uses: {}, unlimited: 0, left: [] },
  sandboxes: ['56d897bf86ce'],
  now,
  unseen: [],
}
const nothing = { balance: undefined, counters: {}, unrecorded: [], bare: [] }
const kill = (at: number, scope: Named['scope'] = 'cgroup'): Named => ({
  ...{ sequence: 1, uptime: 1, pid: 7, comm: 'postgres', scope, at, processes: 1 },
  pod: { namespace: 'shop', name: 'db-0' },
})
const first = remember({}, { ...seen, ...nothing }, hour)

t.test('plain JSON, and all of it from what was read', async (t) => {
  t.strictSame(JSON.parse(JSON.stringify(first)), first)
  t.match(first, {
    boot: 'one',
    cursor: 40,
    lost: 2,
    pods: seen.folders,
    sandboxes: seen.sandboxes,
    free: [[now / 1000, 128 * 4096]],
  })
})

t.test(
  'the first look raises no alarm over what is long over, the next ones over anything new',
  async (t) => {
    const known = [kill(now - 2 * hour)]
    t.match(remember({}, { ...seen, ...nothing, known }, hour), { victims: [], earlier: 1 })
    const next = remember({ sample: first, at: now - 1000 }, { ...seen, ...nothing, known }, hour)
    t.match(next.victims, [{ subject: 'shop/db-0', kills: 1 }])
    t.equal(next.earlier, undefined)
  },
)

t.test('what the node ran out of stands until its time is over', async (t) => {
  const known = [kill(now, 'node')]
  const one = remember({ sample: first, at: now }, { ...seen, ...nothing, known }, hour)
  t.match(one.node, { kills: 1, first: now, until: now + hour })
  const later = (at: number) => remember({ sample: one, at: now }, { ...seen, ...nothing, now: at }, hour)
  t.match(later(now + hour).node, { kills: 1 })
  t.equal(later(now + hour + 1).node, undefined)
  const again = (at: number) =>
    remember({ sample: one, at: now }, { ...seen, ...nothing, now: at, known: [kill(at, 'node')] }, hour).node
  t.match(again(now + 599_000), { kills: 2, first: now, last: now + 599_000 })
  t.match(again(now + 600_000), { kills: 1, first: now + 600_000 }, 'after ten quiet minutes it is another')
})

t.test('a log that could not be read leaves everything as it was', async (t) => {
  const one = remember({ sample: first, at: now }, { ...seen, ...nothing, known: [kill(now)] }, hour)
  const blind = remember({ sample: one, at: now }, { ...seen, ...nothing, log: undefined }, hour)
  t.match(blind, { cursor: 40, lost: 2 })
  t.strictSame(blind.victims, one.victims)
  t.strictSame(blind.recent, one.recent)
})

t.test('lists are bounded', async (t) => {
  const known = Array.from({ length: 100 }, (_, at) => kill(now + at))
  const folders = Array.from({ length: 1000 }, (_, at) => `shop_db-${at}_${'1'.repeat(36)}`)
  const one = remember({ sample: first, at: now }, { ...seen, ...nothing, known, folders }, hour)
  t.equal(one.recent.length, 30)
  t.equal(one.recent.at(-1)?.at, now + 99, 'the newest last')
  t.ok(one.pods.length <= 250)
  t.ok(JSON.stringify(one.pods).length <= 12 * 1024 + 2)
})
