import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { crowd } from '../../../agent/api/crowd.ts'

const mebi = 1024 * 1024

/** A socket at which everybody is let in by a crowd; both ends of each connection, in the order in which they came. */
async function place(t: { teardown(done: () => void): unknown }) {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
  const guests = crowd()
  const inside: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    inside.push(socket)
    guests.enter(socket)
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 'sock'), resolve))
  const outside: Socket[] = []
  // The crowd keeps nobody waiting for it, and so no test alive.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => {
    clearInterval(alive)
    for (const it of outside) it.destroy()
    server.close()
    rmSync(folder, { recursive: true })
  })
  return {
    guests,
    inside,
    /** So many come in, one after the other. */
    async enter(count: number) {
      for (let one = 0; one < count; one += 1) {
        const socket = connect(join(folder, 'sock'))
        socket.on('error', () => {})
        outside.push(socket)
        const before = inside.length
        while (inside.length === before) await new Promise((resolve) => setImmediate(resolve))
      }
    },
    /** Who was sent away, by when they came. */
    away: () => inside.flatMap((it, at) => (it.destroyed ? [at] : [])),
  }
}

t.test('beyond so many the oldest that has not asked makes room', async (t) => {
  const { enter, away } = await place(t)
  await enter(32)
  t.strictSame(away(), [])
  await enter(3)
  t.strictSame(away(), [0, 1, 2])
})

t.test('whoever has asked stays, whoever comes and says nothing', async (t) => {
  const { enter, away, guests, inside } = await place(t)
  await enter(2)
  guests.answer(inside[0] as Socket, 100)
  await enter(60)
  t.notOk(away().includes(0))
  t.ok(away().includes(1))
  t.equal(away().length, 30, 'and the newest is always let in')
})

t.test('where all have asked the oldest makes room', async (t) => {
  const { enter, away, guests, inside } = await place(t)
  await enter(32)
  for (const it of inside) guests.answer(it, 0)
  await enter(1)
  t.strictSame(away(), [0])
})

t.test('answers under way have a weight together, and the newest has room', async (t) => {
  const { enter, away, guests, inside } = await place(t)
  await enter(4)
  guests.answer(inside[0] as Socket, 0)
  for (const at of [1, 2]) guests.answer(inside[at] as Socket, 16 * mebi)
  t.strictSame(away(), [], 'as heavy as may be')
  guests.answer(inside[3] as Socket, 1)
  t.strictSame(away(), [1], 'what weighs nothing makes no room')
  const alone = await place(t)
  await alone.enter(1)
  alone.guests.answer(alone.inside[0] as Socket, 100 * mebi)
  t.strictSame(alone.away(), [], 'a single one may be as heavy as it is')
})

t.test('whoever goes by themselves has made room', async (t) => {
  const { enter, away, guests, inside } = await place(t)
  await enter(2)
  guests.answer(inside[0] as Socket, 32 * mebi)
  const closed = new Promise((resolve) => inside[0]?.once('close', resolve))
  inside[0]?.destroy()
  await closed
  guests.answer(inside[1] as Socket, 32 * mebi)
  t.strictSame(away(), [0])
  guests.answer(inside[0] as Socket, 32 * mebi)
  t.strictSame(away(), [0], 'who is gone weighs nothing')
  const other = await place(t)
  await other.enter(2)
  const left = new Promise((resolve) => other.inside[1]?.once('close', resolve))
  other.inside[1]?.destroy()
  await left
  await other.enter(31)
  t.strictSame(other.away(), [1], 'and takes no place')
})

t.test('a question has two seconds', async (t) => {
  const { enter, away, guests, inside } = await place(t)
  await enter(2)
  guests.answer(inside[0] as Socket, 10)
  const begun = performance.now()
  await new Promise((resolve) => inside[1]?.once('close', resolve))
  t.ok(performance.now() - begun > 1_500)
  t.strictSame(away(), [1], 'an answer has longer')
})
