import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { memory } from '../../../collectors/memory/index.ts'
import { measures } from '../../../collectors/memory/measures.ts'

t.test('the 50 containers that use half of their limit or more, the fullest first', async (t) => {
  const uses = Object.fromEntries(
    Array.from({ length: 200 }, (_, at) => [
      `${at}`.padStart(20, '0'),
      { pod: { namespace: 'shop', name: `web-${at}`, container: 'app' }, used: at, limit: 200 },
    ]),
  )
  const sample = {
    cursor: 0,
    victims: [],
    recent: [],
    pods: [],
    uses,
    total: 100,
    available: 40,
    counted: 3,
    unlimited: 7,
  }
  const all = measures.of(sample, defaults(memory.settings), 0)
  const used = all.filter((it) => it.name === 'container_memory_used_bytes')
  t.equal(used.length, 50)
  t.strictSame(used[0], {
    name: 'container_memory_used_bytes',
    labels: { namespace: 'shop', pod: 'web-199', container: 'app' },
    value: 199,
  })
  t.match(
    all.filter((it) => !it.labels).map(({ name, value }) => [name, value]),
    [
      ['memory_bytes', 100],
      ['memory_available_bytes', 40],
      ['memory_oom_kills_total', 3],
      ['containers_without_memory_limit', 7],
    ],
  )
  const few = {
    ...sample,
    uses: { abcdefabcdefabcdef: { used: 99, limit: 200 }, '0123456789abcdef': { used: 100, limit: 200 } },
  }
  t.match(
    measures.of(few, defaults(memory.settings), 0).filter((it) => it.labels),
    [{ labels: { namespace: '', pod: '', container: '0123456789ab' } }, { value: 200 }],
    'a container that nobody could name has its id',
  )
})
