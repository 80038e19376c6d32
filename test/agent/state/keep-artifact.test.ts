import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { listArtifacts, mostArtifacts } from '../../../agent/state/artifacts.ts'
import { mostKeptBytes, putArtifact } from '../../../agent/state/keep-artifact.ts'
import { makeTables } from '../../../agent/state/schema.ts'

const opened = () => {
  const db = new DatabaseSync(':memory:')
  makeTables(db)
  const keep = (at: number, size: number, owner = 'firewall') =>
    putArtifact(db, owner, { about: { at }, body: new Uint8Array(size) }, at)
  const times = (owner = 'firewall') => listArtifacts(db, owner).map((it) => it.at)
  return { keep, times }
}

t.test('the newest are kept, so many of one collector', async (t) => {
  const { keep, times } = opened()
  keep(1, 10, 'other')
  for (let at = 1; at <= mostArtifacts + 2; at += 1) keep(at, 10)
  t.equal(times().length, mostArtifacts)
  t.equal(times().at(-1), 3)
  t.strictSame(times('other'), [1])
})

t.test('and so many bytes; one that is too large is not kept, and pushes nothing out', async (t) => {
  const { keep, times } = opened()
  const half = mostKeptBytes / 2
  keep(1, half)
  keep(2, half)
  keep(3, mostKeptBytes + 1)
  t.strictSame(times(), [2, 1])
  keep(4, 1)
  t.strictSame(times(), [4, 2])
})
