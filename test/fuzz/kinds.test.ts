import t from 'tap'
import { faultOf, inputOf } from './drive.ts'
import { all } from './kinds.ts'

/** The same inputs each time. `npm run fuzz` makes others, for as long as it is given. */
const seed = 12

for (const kind of all.filter((it) => it.name !== 'nodes' && it.name !== 'state'))
  t.test(`${kind.name}: ${kind.cases} inputs`, async (t) => {
    await kind.begin?.()
    t.teardown(() => kind.end?.())
    for (let index = 0; index < kind.cases; index += 1) {
      const fault = await faultOf(kind, inputOf(kind, seed, index))
      if (fault) t.fail(`${kind.name} ${index}: ${fault.property}`, fault)
    }
    t.pass(`${kind.cases} inputs`)
  })
