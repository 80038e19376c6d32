import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const script = join(import.meta.dirname, 'dropped-answers.ts')
const run = promisify(execFile)

interface Result {
  readonly held: number
  readonly arrived: readonly { readonly id: string; readonly took: number }[]
  readonly noted: readonly string[]
  readonly unconfirmed: readonly string[]
  readonly back: number
  readonly left: number
}

async function behindDrop(ms: number): Promise<Result> {
  const inside = `ip link set lo up && exec ${process.execPath} ${script} ${ms}`
  return JSON.parse((await run('unshare', ['--net', 'sh', '-c', inside], { timeout: 170_000 })).stdout)
}

const grave = ['first', 'second', 'third']

// The second: until after the time at which connections are used only to keep them open.
t.test('behind a firewall that lets no answer in, three critical letters leave at once', async (t) => {
  for (const { held, arrived, noted, unconfirmed, back, left } of await Promise.all(
    [6000, 58_000].map(behindDrop),
  )) {
    t.equal(held, 4, 'one connection is kept for all, three for what is critical')
    t.strictSame(
      arrived.map(({ id }) => id),
      ['mild_0', ...grave],
      'what is mild uses up none of those',
    )
    for (const { id, took } of arrived) {
      t.ok(took < 1000, `${id} after ${took} ms`)
      t.comment(`${id} after ${took} ms`)
    }
    t.strictSame(
      [...new Set(unconfirmed)].filter((it) => grave.includes(it)),
      grave,
    )
    t.equal(left, 0, 'once answers come in again, all is noted')
    t.ok(back < 20_000, `after ${back} ms, however long the next pause would be`)
    t.equal(new Set(noted).size, noted.length, 'each once')
  }
})
