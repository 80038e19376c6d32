import t from 'tap'
import { pause, restUntil } from '../../../agent/delivery/pause.ts'

t.test('it lasts as long as asked, or until it is ended', async (t) => {
  const never = new AbortController()
  const begun = performance.now()
  await pause(20, never.signal)
  t.ok(performance.now() - begun >= 19)
  await pause(0, never.signal)
  await pause(-1, never.signal)
  const bell = new AbortController()
  const long = pause(3_600_000, bell.signal)
  bell.abort()
  t.equal(await long, undefined, 'nothing is thrown')
  t.equal(await pause(3_600_000, bell.signal), undefined)
})

t.test('a pause ends when its reason is over, which is asked every ten seconds', async (t) => {
  const rests: number[] = []
  let asked = 0
  const during = async (ms: number, over: number) => {
    rests.length = 0
    asked = 0
    await restUntil(
      ms,
      async (part) => void rests.push(part),
      async () => {
        asked += 1
        return asked === over
      },
    )
    return rests.map((it) => Math.round(it / 100) * 100)
  }
  t.strictSame(await during(25_000, 9), [10_000, 10_000, 5000])
  t.equal(asked, 2, 'not at its end')
  t.strictSame(await during(300_000, 2), [10_000, 10_000])
  t.strictSame(await during(10_000, 1), [10_000])
  t.equal(asked, 0)
  t.strictSame(await during(0, 1), [])
})

t.test('asking is part of the pause', async (t) => {
  let rested = 0
  const slow = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 60))
  const rest = async (part: number) => {
    rested += part
  }
  await restUntil(20_000, rest, slow)
  t.ok(rested <= 20_000 - 50, `${rested}`)
})
