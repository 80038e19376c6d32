import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import type { Host } from '../../../agent/model/index.ts'
import { orNothing } from '../../../collectors/node/ask.ts'
import { remembered } from '../../../collectors/node/remembered.ts'

/** A folder with two files, and a reader of them, on a clock that is some minutes ahead of their times. */
function reader(t: Test, { ahead = 300_000, ask = async (_: Host): Promise<unknown> => undefined } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-remembered-'))
  const machine = openMachine({ now: () => Date.now() + ahead })
  t.teardown(() => {
    machine.close()
    rmSync(folder, { recursive: true })
  })
  const [one, two] = [join(folder, 'one'), join(folder, 'more/two')]
  writeFileSync(one, 'one')
  mkdirSync(join(folder, 'more'))
  let reads = 0
  const work = async (host: Host) => {
    reads += 1
    await ask(host)
    const names = (await host.list(join(folder, 'more'))).map((it) => it.name)
    return [await orNothing(host.text(one)), await orNothing(host.text(two)), ...names].join(' ')
  }
  const host = machine.during(new AbortController().signal)
  const read = (name = 'it', from = host) => remembered(from, name, work)
  return { folder, one, two, host, read, reads: () => reads }
}

t.test('what was read is read again only when something of it has changed', async (t) => {
  const { folder, one, two, read, reads } = reader(t)
  for (let count = 0; count < 4; count += 1) t.equal(await read(), 'one ')
  t.equal(reads(), 2, 'once to know its files, once while they stay as they are')
  const changes: readonly (readonly [what: string, change: () => void, says: string])[] = [
    ['a file that was missing is there', () => writeFileSync(two, 'two'), 'one two two'],
    ['of the same size', () => writeFileSync(one, 'eno'), 'eno two two'],
    [
      'with the time of the former',
      () => {
        writeFileSync(one, 'uno')
        utimesSync(one, 1, 1)
      },
      'uno two two',
    ],
    [
      'put in its place',
      () => {
        writeFileSync(join(folder, 'new'), 'new')
        utimesSync(join(folder, 'new'), 1, 1)
        renameSync(join(folder, 'new'), one)
      },
      'new two two',
    ],
    ['longer', () => appendFileSync(two, '!'), 'new two! two'],
    ['another name in a folder', () => writeFileSync(join(folder, 'more/x'), ''), 'new two! two x'],
    ['gone', () => rmSync(two), 'new  x'],
  ]
  for (const [what, change, says] of changes) {
    const before = reads()
    change()
    for (let count = 0; count < 4; count += 1) t.equal(await read(), says, what)
    t.ok(reads() - before <= 2, what)
  }
})

t.test('names are apart, and so are machines', async (t) => {
  const { read, reads } = reader(t)
  for (let count = 0; count < 3; count += 1) for (const name of ['a', 'b']) await read(name)
  t.equal(reads(), 4)
  const other = reader(t)
  await other.read('a')
  t.equal(other.reads(), 1)
})

t.test('what may change again unseen is read each time', async (t) => {
  const each = async (what: string, options: Parameters<typeof reader>[1], from?: (host: Host) => Host) => {
    const { host, read, reads } = reader(t, options)
    for (let count = 0; count < 4; count += 1) await read('it', from?.(host) ?? host)
    t.equal(reads(), 4, what)
  }
  await each('it was changed just now', { ahead: 0 })
  await each('the clock was set back since', { ahead: -86_400_000 })
  await each('of the kernel', { ask: (host) => host.text('/proc/uptime') })
  await each('a command', { ask: (host) => host.run(['true']) })
  await each('what could not be read', { ask: (host) => orNothing(host.text('/etc')) })
  await each('the time', { ask: async (host) => host.now() })
  await each('where nothing may be remembered', {}, ({ identity: _, ...host }) => host)
})

t.test('an error is nobody’s result', async (t) => {
  let ask = async (): Promise<void> => {
    throw new Error('no')
  }
  const { read, reads } = reader(t, {
    ask: () => ask(),
  })
  await t.rejects(read(), { message: 'no' })
  ask = async () => {}
  t.equal(await read(), 'one ')
  t.equal(reads(), 2)
})

t.test('what changes while it is read is not taken for what it was', async (t) => {
  let change = () => {}
  const { one, read, reads } = reader(t, {
    ask: async (host) => {
      await orNothing(host.text(one))
      change()
      change = () => {}
    },
  })
  await read()
  change = () => rmSync(one)
  for (let count = 0; count < 3; count += 1) t.equal(await read(), ' ')
  change = () => writeFileSync(one, 'anew')
  writeFileSync(one, 'for a moment')
  for (let count = 0; count < 4; count += 1) t.equal(await read(), 'anew ')
  const before = reads()
  t.equal(await read(), 'anew ')
  t.equal(reads(), before)
})
