import { symlinkSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { realPath } from '../../../agent/host/real-path.ts'

t.test('where a path leads', async (t) => {
  const folder = await realpath(t.testdir({ a: { file: 'x' } }))
  symlinkSync('a', join(folder, 'link'))
  symlinkSync('loop', join(folder, 'loop'))
  const { signal } = new AbortController()
  t.equal(await realPath(join(folder, 'link/file'), signal), join(folder, 'a/file'))
  t.equal(await realPath(join(folder, 'none'), signal), undefined)
  t.equal(await realPath(join(folder, 'loop'), signal), undefined)
  t.equal(await realPath(join(folder, 'a'), AbortSignal.abort()), undefined, 'after the round')
})
