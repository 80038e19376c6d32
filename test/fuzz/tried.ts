import type t from 'tap'
import { faultOf, inputOf } from './drive.ts'
import type { Kind } from './kind.ts'

/** The same inputs each time. `npm run fuzz` makes others, for as long as it is given. */
const seed = 12

/** The kinds that take longest. */
export const apart: readonly string[] = ['nodes', 'processes', 'state']

/** The inputs that `npm test` makes of a kind. */
export const tried = (test: typeof t, kind: Kind) =>
  test.test(`${kind.name}: ${kind.cases} inputs`, async (t) => {
    await kind.begin?.()
    t.teardown(() => kind.end?.())
    const faults: string[] = []
    for (let index = 0; index < kind.cases; index += 1) {
      const fault = await faultOf(kind, inputOf(kind, seed, index))
      if (fault) faults.push(`input ${index} of seed ${seed}: ${fault.property}\n${fault.detail}`)
    }
    t.strictSame(faults, [])
  })
