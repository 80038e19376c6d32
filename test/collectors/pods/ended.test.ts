import t from 'tap'
import { readEnded, statusOf } from '../../../collectors/pods/ended.ts'
import { podNode } from './node.ts'

const status = (more: object) => JSON.stringify({ Version: 'v1', CreatedAt: 5, ...more })

t.test('the status file of containerd', async (t) => {
  t.strictSame(
    statusOf(
      '{"Version":"v1","CreatedAt":5,"FinishedAt":1795000000123456789,"ExitCode":137,"Reason":"OOMKilled"}',
    ),
    { created: 5, ended: { code: 137, reason: 'OOMKilled', at: 1_795_000_000_123 } },
  )
  t.strictSame(statusOf(status({ FinishedAt: 0, ExitCode: 0 })), { created: 5 }, 'it runs')
  t.strictSame(statusOf(status({})), { created: 5 })
  t.strictSame(statusOf(status({ FinishedAt: 1e6 })), { created: 5, ended: { code: -1, at: 1 } })
  for (const Reason of ['', 'a b', 'x'.repeat(41), '\u001b[2J', 7])
    t.strictSame(
      statusOf(status({ FinishedAt: 1e6, ExitCode: 1, Reason })),
      { created: 5, ended: { code: 1, at: 1 } },
      `a reason is one word: ${String(Reason)}`,
    )
  t.strictSame(statusOf(status({ FinishedAt: 1e6, ExitCode: 1.5 })), {
    created: 5,
    ended: { code: -1, at: 1 },
  })
})

t.test('anything else is none', async (t) => {
  for (const text of [
    '',
    '{',
    'null',
    '7',
    '"v1"',
    '[]',
    '{"Version":"v2","CreatedAt":5}',
    '{"Version":"v1","CreatedAt":"5"}',
    '{"Version":"v1"}',
  ])
    t.equal(statusOf(text), undefined, text)
})

t.test('of several starts the last end counts, and down is who has nobody running', async (t) => {
  const { host, container, pass } = podNode(t)
  const web = container('web')
  const begun = host.now()
  const first = web.start(0)
  pass(1000)
  web.ended(first, 1)
  const second = web.start(1)
  t.strictSame(await readEnded(host, [first, second]), {
    ended: { code: 1, reason: 'Error', at: begun + 1000 },
  })
  pass(1000)
  web.ended(second, 139)
  t.strictSame(await readEnded(host, [first, second]), {
    ended: { code: 139, reason: 'Error', at: begun + 2000 },
    down: true,
  })
  t.strictSame(await readEnded(host, [first]), {
    ended: { code: 1, reason: 'Error', at: begun + 1000 },
    down: true,
  })
})

t.test('who is not known is not down', async (t) => {
  const { host, container, put } = podNode(t)
  const web = container('web')
  const id = web.start(0)
  web.ended(id, 1)
  t.match(await readEnded(host, [id, 'f'.repeat(64)]), { ended: { code: 1 }, down: undefined })
  t.equal(await readEnded(host, ['f'.repeat(64)]), undefined)
  t.equal(await readEnded(host, []), undefined)
  put('/var/lib/secret/status', status({ FinishedAt: 1e6 }))
  t.equal(await readEnded(host, ['../../../../../../secret']), undefined, 'an id leads nowhere else')
})

t.test('where k3s keeps it, RKE2, or a containerd of its own', async (t) => {
  const id = 'b'.repeat(64)
  for (const root of ['rancher/k3s/agent/containerd', 'rancher/rke2/agent/containerd', 'containerd']) {
    const { host, put } = podNode(t)
    put(
      `/var/lib/${root}/io.containerd.grpc.v1.cri/containers/${id}/status`,
      status({ FinishedAt: 2e6, ExitCode: 3 }),
    )
    t.strictSame(await readEnded(host, [id]), { ended: { code: 3, at: 2 }, down: true }, root)
  }
})
