import t from 'tap'
import { byPath, derived, foldersOf, sameFiles } from '../../../collectors/certs/known-files.ts'
import type { SeenFile } from '../../../collectors/certs/sample.ts'

const file = (path: string): SeenFile => ({ path, of: 'extra', stamp: '', certificates: [] })
const files = ['/a/x', '/a/y', '/z'].map(file)

t.test('what is derived from files is derived once, and anew from others', (t) => {
  let times = 0
  const count = derived((its) => {
    times += 1
    return its.length
  })
  t.strictSame([count(files), count(files), count([]), count([...files])], [3, 3, 0, 3])
  t.equal(times, 3)
  t.equal(byPath(files).get('/a/y'), files[1])
  t.strictSame(foldersOf(files), ['/a', '/'])
  t.end()
})

t.test('the same files are the list of before', (t) => {
  t.equal(sameFiles([...files], files), files)
  for (const other of [
    files.slice(1),
    files.toReversed(),
    [...files, file('/more')],
    [...files.slice(1), file('/z')],
  ])
    t.equal(sameFiles(other, files), other)
  t.strictSame(sameFiles([], undefined), [])
  t.end()
})
