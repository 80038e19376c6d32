import t from 'tap'
import type { Request } from '../../../../agent/delivery/kubernetes/requests.ts'
import { trial } from '../../../../agent/delivery/kubernetes/trial.ts'

const now = Date.parse('2026-11-23T03:30:00Z')
const done = { meaning: { kind: 'done' }, body: '' } as const

t.test('a trial asks for what is wanted, and writes nothing', async (t) => {
  const asked: string[] = []
  const ask = async ({ method, path }: Request) => {
    asked.push(`${method} ${path}`)
    return done
  }
  t.equal(await trial('node1', { conditions: true, events: true }, ask, now), true)
  t.same(asked, [
    'GET /api/v1/nodes/node1',
    'PATCH /api/v1/nodes/node1/status?dryRun=All',
    'POST /api/v1/namespaces/default/events?dryRun=All',
  ])
  asked.length = 0
  t.equal(await trial('node1', { conditions: false, events: true }, ask, now), true)
  t.same(asked.length, 2)
})

t.test('the first refusal ends it', async (t) => {
  let count = 0
  const ask = async () => {
    count += 1
    return count === 2 ? ({ meaning: { kind: 'refused', why: 'no' }, body: '' } as const) : done
  }
  t.equal(await trial('node1', { conditions: true, events: true }, ask, now), 'no')
  t.equal(count, 2)
})
