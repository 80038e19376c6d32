import t from 'tap'
import { withoutCgroups } from './cgroups.ts'
import { withoutContainer } from './container.ts'
import { meetsTheGoals, played } from './sequences/goals.ts'

/** Those of the sequences (`sequences.test.ts`) in which the kernel kills: its log is the whole machine's. */
const why = withoutContainer() ?? withoutCgroups()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

t.test('sequences with kills on a real node', { skip }, (t) => meetsTheGoals(t, played(true)))
