import { join } from 'node:path'
import t from 'tap'
import { artifactsOnDisk, mostArtifacts } from '../../../agent/state/artifacts.ts'
import { mostKeptBytes } from '../../../agent/state/keep-artifact.ts'
import { openStore } from '../../../agent/state/store.ts'

const bytes = (size: number, fill = 7) => new Uint8Array(size).fill(fill)

t.test('what is handed over is there after a restart, newest first', async (t) => {
  const folder = join(t.testdir(), 'state')
  const first = openStore(folder, 0)
  first.keep('firewall', { about: { rules: 91 }, body: bytes(3) }, 5)
  first.keep('firewall', { about: { rules: 40 }, body: bytes(4, 8) }, 6)
  first.keep('other', { about: {}, body: bytes(1) }, 7)
  first.close()
  const second = openStore(folder, 100)
  t.strictSame(second.kept('firewall'), [
    { id: 2, at: 6, about: { rules: 40 }, size: 4 },
    { id: 1, at: 5, about: { rules: 91 }, size: 3 },
  ])
  t.strictSame([...(second.artifact('firewall', 2) ?? [])], [8, 8, 8, 8])
  t.equal(second.artifact('firewall', 3), undefined, "another collector's")
  t.equal(second.artifact('firewall', Number.NaN), undefined)
  second.close()
  const alone = artifactsOnDisk(folder, 'firewall')
  t.strictSame(
    alone.list.map((it) => it.id),
    [2, 1],
    'also without a daemon',
  )
  t.equal(alone.body(1)?.length, 3)
  t.strictSame(artifactsOnDisk(join(folder, 'none'), 'firewall').list, [])
})

t.test('bounded in number and size, the oldest first', async (t) => {
  const store = openStore(join(t.testdir(), 'state'), 0)
  for (let at = 0; at < mostArtifacts + 5; at += 1)
    store.keep('firewall', { about: { at }, body: bytes(1) }, at)
  t.equal(store.kept('firewall').length, mostArtifacts)
  t.equal(store.kept('firewall').at(-1)?.at, 5)
  store.keep('firewall', { about: {}, body: bytes(mostKeptBytes - 2) }, 99)
  t.strictSame(
    store.kept('firewall').map((it) => it.at),
    [99, mostArtifacts + 4, mostArtifacts + 3],
  )
  store.keep('firewall', { about: {}, body: bytes(mostKeptBytes + 1) }, 100)
  t.equal(store.kept('firewall').length, 3, 'one that is too large takes nothing away')
  store.close()
})
