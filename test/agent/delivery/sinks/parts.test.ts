import t from 'tap'
import {
  about,
  alsoAffected,
  firstCommand,
  gravestFirst,
  prefix,
  runbook,
  standing,
  steps,
} from '../../../../agent/delivery/sinks/parts.ts'
import { finding, incident, over, since } from '../../../receivers/notices.ts'

t.test('where room ends, what is open and gravest is in it', async (t) => {
  const all = [
    finding({ id: 'over', resolved: since + 1 }),
    finding({ id: 'warning', severity: 'warning' }),
    finding({ id: 'later', since: since + 5 }),
    finding({ id: 'first' }),
  ]
  t.strictSame(
    gravestFirst(all).map(({ id }) => id),
    ['first', 'later', 'warning', 'over'],
  )
  const many = Array.from({ length: 9 }, (_, at) =>
    finding({ id: `${at}`, title: `mild ${at}`, severity: 'warning' }),
  )
  const grave = finding({ id: 'grave', title: 'a grave one', since: since + 9 })
  t.match(alsoAffected(incident({ affected: [...many, grave] })), /^a grave one; mild 0/)
})

t.test('how it stands, and no step twice', async (t) => {
  t.equal(standing(incident(), since + 60_000), 'critical since 03:12 UTC (60 s)')
  t.equal(standing(over(), since), 'was critical, 03:12 UTC to 03:20 UTC')
  t.strictSame(steps(incident({ fix: ['a', 'a', '', 'b'] })), ['a', 'b'])
})

t.test('what the title says is not said again', async (t) => {
  const pod = { namespace: 'shop', name: 'db-0' }
  t.equal(about(pod, 'OOMKilled'), ' (shop/db-0)')
  t.equal(about(pod, 'OOMKilled: shop/db-0 (limit 64 MiB)'), '')
  t.equal(about(undefined, 'x'), '')
  const route = finding({ title: 'no route to pods on node2', subject: 'node2' })
  t.equal(alsoAffected(incident({ affected: [route] })), 'no route to pods on node2')
  const uid = 'pod 38b85a3d-c687-4320-836e-9a2b647445f5'
  const gone = finding({ id: 'gone', title: 'OOMKilled: pod 38b85a3d-c…e-9a2b647445f5', subject: uid })
  t.equal(alsoAffected(incident({ affected: [gone] })), gone.title, 'nor a uid')
  const killed = finding({
    ...{ title: 'PostgreSQL process killed (shop/db-0)', subject: 'shop/db-0/postgres postgres-killed' },
    pod: { ...pod, container: 'postgres' },
  })
  t.equal(alsoAffected(incident({ affected: [killed] })), killed.title, 'nor a pod')
  const again = finding({ id: 'again', title: 'OOMKilled 3x', subject: uid })
  t.equal(
    alsoAffected(incident({ affected: [gone, again], restated: [gone.id] })),
    `OOMKilled 3x (${uid})`,
    'nor by two findings',
  )
  const [root, graver] = [finding({ severity: 'info', title: 'k3s restarted' }), finding({ id: 'g' })]
  const it = incident({ cause: root, affected: [graver] })
  t.equal(alsoAffected(it), 'k3s restarted')
  const why = { certainty: 'likely', cause: root.id, text: 'k3s restarted (20 s earlier)' } as const
  t.equal(alsoAffected({ ...it, why }), '', 'it is named as the cause')
})

t.test('what is new about it', async (t) => {
  t.equal(prefix('opened', 5), '')
  t.equal(prefix('worse', 5), 'worse: ')
  t.equal(prefix('reminder', 24 * 3600_000), 'still open after 1 d: ')
  t.equal(prefix('resolved', 6 * 60_000), 'resolved after 6 min: ')
})

t.test('the command of the first step', async (t) => {
  t.equal(firstCommand({ fix: ['`a b`', '`c d`'] }), 'a b')
  t.equal(firstCommand({ fix: ['Look at the disk.', '`c d`'] }), undefined)
})

t.test('the link to a runbook', async (t) => {
  t.equal(runbook('https://wiki.example/{code}?x', 'a.b c'), 'https://wiki.example/a.b%20c?x')
  t.equal(runbook('https://wiki.example/', 'a.b'), 'https://wiki.example/')
  for (const [url, code] of [
    [undefined, 'a'],
    ['https://wiki.example/{code}', undefined],
    ['nothing', 'a'],
    ['https://wiki.example/{code}', 'x'.repeat(600)],
  ] as const)
    t.equal(runbook(url, code), undefined)
  t.equal(typeof runbook('https://wiki.example/{code}', '\ud800'), 'string', 'half a surrogate pair')
})
