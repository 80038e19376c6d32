import t from 'tap'
import { Book, type Task } from '../../../../agent/delivery/kubernetes/book.ts'
import type { Picture } from '../../../../agent/delivery/kubernetes/picture.ts'
import type { Finding, Incident } from '../../../../agent/model/index.ts'
import { finding, incidentOf as incident } from '../../findings.ts'

const start = Date.parse('2026-11-23T03:30:00Z')
const minute = 60_000
const all = () => true
const both = { conditions: true, events: true }
const picture = (...incidents: readonly Incident[]): Picture => ({
  incidents,
  domains: [{ name: 'memory', title: 'memory' }],
  silences: [],
})
const killed = (since: number, more: Partial<Finding> = {}) =>
  incident(finding({ code: 'memory.oom-killed', subject: 'shop/db-0', severity: 'critical', since, ...more }))
const nodeWith = (conditions: readonly object[]) =>
  JSON.stringify({ kind: 'Node', metadata: { uid: 'u-1' }, status: { conditions } })

/** The answer of a server that takes everything. */
function take(book: Book, task: Task, now: number): boolean {
  const { body = '{}' } = book.requestOf(task)
  const answer =
    task.part === 'events' ? '' : nodeWith(task.part === 'node' ? [] : JSON.parse(body).status.conditions)
  return book.note(task, { kind: 'done' }, answer, now)
}
/** Does all that is due; what was done, and how long nothing is due then. */
function settle(book: Book, it: Picture, now: number) {
  const done: string[] = []
  for (let count = 0; count < 500; count += 1) {
    const task = book.next(it, all, now)
    if ('rest' in task) return { done, rest: task.rest }
    done.push(
      task.part === 'events'
        ? `${task.known ? 'patch' : 'post'} ${task.event.about.split(' ')[0]}`
        : task.part,
    )
    take(book, task, now)
  }
  throw new Error('it never rests')
}

t.test('the Node is read first, conditions come before events, then nothing is due', async (t) => {
  const book = new Book('node1', both)
  t.same(settle(book, picture(killed(start)), start), {
    done: ['node', 'conditions', 'post opened'],
    rest: minute,
  })
  t.equal(book.waiting, 0)
  t.same(settle(book, picture(killed(start)), start + minute).done, [])
  t.same(settle(book, picture(killed(start)), start + 5 * minute).done, ['conditions'], 'the heartbeat')
})

t.test('only what is wanted', async (t) => {
  t.same(settle(new Book('node1', { ...both, conditions: false }), picture(killed(start)), start).done, [
    'node',
    'post opened',
  ])
  t.same(settle(new Book('node1', { ...both, events: false }), picture(killed(start)), start).done, [
    'node',
    'conditions',
  ])
})

t.test('what an earlier agent left is adopted, and its old types are removed', async (t) => {
  const book = new Book('node1', both)
  const left = {
    reason: 'Full',
    message: 'old',
    lastHeartbeatTime: '2026-11-20T00:00:00Z',
    lastTransitionTime: '2026-11-20T00:00:00Z',
  }
  book.note(
    { part: 'node' },
    { kind: 'done' },
    nodeWith([
      { type: 'MurphyHealthy', status: 'True', ...left },
      { type: 'MurphyPodsProblem', status: 'True', ...left },
      { type: 'Ready', status: 'True' },
    ]),
    start,
  )
  t.match(book.next(picture(), all, start), {
    part: 'conditions',
    patch: {
      remove: ['MurphyPodsProblem'],
      conditions: [
        { type: 'MurphyHealthy', lastTransitionTime: '2026-11-20T00:00:00Z' },
        { type: 'MurphyMemoryProblem' },
      ],
    },
  })
})

t.test('conditions that change all the time are written five times, then once a minute', async (t) => {
  const book = new Book('node1', { ...both, events: false })
  let writes = 0
  for (let at = 0; at < 60 * minute; at += 5000) {
    const now = start + at
    const it = at % 10_000 === 0 ? picture() : picture(killed(now - 1000))
    writes += settle(book, it, now).done.filter((one) => one === 'conditions').length
  }
  t.ok(writes >= 60 && writes <= 66, `${writes} in an hour of 720 changes`)
})

t.test('two hundred problems at once are ten events, then two a minute; the gravest first', async (t) => {
  const book = new Book('node1', { ...both, conditions: false })
  const many = Array.from({ length: 200 }, (_, at) =>
    killed(start, { subject: `shop/db-${at}`, severity: at === 150 ? 'critical' : 'warning' }),
  )
  const it = picture(...many)
  book.note({ part: 'node' }, { kind: 'done' }, nodeWith([]), start)
  t.match(book.next(it, all, start), { event: { severity: 'critical' } })
  t.equal(settle(book, it, start).done.length, 10)
  t.equal(book.waiting, 190)
  let count = 0
  for (let at = 1000; at < 10 * minute; at += 1000) count += settle(book, it, start + at).done.length
  t.equal(count, 19)
})

t.test(
  'the same again is the same event, patched; posted anew where Kubernetes has it no more',
  async (t) => {
    const book = new Book('node1', { ...both, conditions: false })
    const first = killed(start - 20 * minute, { resolved: start - 18 * minute })
    t.same(settle(book, picture(first), start).done, ['node', 'post opened', 'post resolved'])
    const again = picture(first, killed(start))
    const task = book.next(again, all, start) as Task
    t.match(task, { part: 'events', known: true, event: { count: 2 } })
    t.equal(book.note(task, { kind: 'absent', why: '' }, '', start), true)
    t.match(book.next(again, all, start), { part: 'events', known: false, event: { count: 2 } })
    t.same(settle(book, again, start).done, ['post opened'])
  },
)

t.test('after a restart what is there already is not there twice', async (t) => {
  const first = killed(start - 20 * minute, { resolved: start - 18 * minute })
  const it = picture(first, killed(start))
  const book = new Book('node1', { ...both, conditions: false })
  take(book, book.next(it, all, start) as Task, start)
  const asked: string[] = []
  for (let count = 0; count < 9; count += 1) {
    const task = book.next(it, all, start)
    if (!('part' in task) || task.part !== 'events') break
    asked.push(`${task.known ? 'patch' : 'post'} ${task.event.count}`)
    book.note(task, task.known ? { kind: 'done' } : { kind: 'exists', why: '' }, '', start)
  }
  t.same(
    asked.toSorted((a, b) => a.localeCompare(b)),
    ['patch 2', 'post 1', 'post 2'],
    'the count of the one is set; the other is as it was',
  )
})

t.test('what fails stays due; what says something impossible holds nothing up', async (t) => {
  const book = new Book('node1', both)
  const it = picture(killed(start))
  take(book, book.next(it, all, start) as Task, start)
  const patch = book.next(it, all, start) as Task
  t.equal(book.note(patch, { kind: 'refused', why: '' }, '', start), false)
  t.match(book.next(it, all, start), { part: 'conditions' })
  t.match(
    book.next(it, (part) => part === 'events', start),
    { part: 'events' },
    'one refused part holds up no other',
  )
  t.equal(book.note(patch, { kind: 'absent', why: '' }, '', start), false)
  t.match(book.next(it, all, start), { part: 'node' }, 'a Node that is gone is read again')
  take(book, { part: 'node' }, start)
  take(book, patch, start)
  const event = book.next(it, all, start) as Task
  t.equal(book.note(event, { kind: 'invalid', why: '' }, '', start), true)
  t.match(book.next(it, all, start), { rest: minute })
})
