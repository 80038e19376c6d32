import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

const script = join(import.meta.dirname, 'dropped-answers.ts')

t.test(
  'behind a firewall that lets no answer in, the critical letter overtakes the one before it',
  async (t) => {
    const inside = `ip link set lo up && exec ${process.execPath} ${script}`
    const out = execFileSync('unshare', ['--net', 'sh', '-c', inside], { encoding: 'utf8', timeout: 60_000 })
    const { held, arrived } = JSON.parse(out) as {
      held: number
      arrived: { id: string; took: number }[]
    }
    t.equal(held, 2, 'two connections are kept')
    t.strictSame(
      arrived.map(({ id }) => id),
      ['mild', 'grave'],
    )
    for (const { id, took } of arrived) t.ok(took < 1000, `${id} after ${took} ms`)
  },
)
