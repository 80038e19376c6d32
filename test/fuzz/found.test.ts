import t from 'tap'
import { faultOf, found } from './drive.ts'
import { all } from './kinds.ts'

/** Every input that once failed, the smallest that `npm run fuzz` could make of it. */
for (const kind of all) {
  const its = found().filter((it) => it.kind === kind.name)
  if (its.length === 0) continue
  t.test(kind.name, async (t) => {
    await kind.begin?.()
    t.teardown(() => kind.end?.())
    for (const { name, property, parts } of its)
      t.equal(await faultOf(kind, parts), undefined, `${name}: ${property}`)
  })
}

t.test('each is of a kind', async (t) => {
  t.strictSame(
    found().filter((it) => !all.some(({ name }) => name === it.kind)),
    [],
  )
})
