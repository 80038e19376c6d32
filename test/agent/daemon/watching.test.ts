import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { watching } from '../../../agent/daemon/watching.ts'
import { openMachine } from '../../../agent/host/machine.ts'

const until = async (it: () => boolean) => {
  for (let count = 0; count < 3000 && !it(); count += 1) await sleep(10)
  return it()
}

t.test('lines worth hearing are heard; a command that ends is started again', async (t) => {
  const folder = t.testdir({ log: 'one\nnoise\n' })
  const heard: string[] = []
  const machine = openMachine()
  const said: string[] = []
  const it = watching({
    machine,
    heard: (text) => heard.push(text),
    log: (text) => said.push(text),
    pause: () => 20,
  })
  it.update([{ kind: 'command', argv: ['cat', `${folder}/log`], isRelevant: (line) => line !== 'noise' }])
  t.ok(await until(() => heard.filter((line) => line === 'one').length >= 3), 'it was started again')
  t.notOk(heard.includes('noise'))
  t.ok(await until(() => said.length > 0))
  t.match(said, [/ends again and again.*exit code 0/], 'said once')
  t.ok(
    heard.some((line) => line.endsWith('ended')),
    'an end is worth a look: something may have been missed',
  )
  it.stop()
  machine.close()
})

t.test('a command that goes on is left alone by updates, and ended by the last one', async (t) => {
  const folder = t.testdir({ log: '' })
  const heard: string[] = []
  const machine = openMachine()
  const it = watching({ machine, heard: (text) => heard.push(text), log: () => {} })
  const command = (isRelevant: (line: string) => boolean) => [
    { kind: 'command' as const, argv: ['tail', '-n', '+1', '-f', `${folder}/log`], isRelevant },
  ]
  it.update(command((line) => line === 'first'))
  appendFileSync(`${folder}/log`, 'second\nfirst\n')
  t.ok(await until(() => heard.includes('first')))
  t.notOk(heard.includes('second'), 'not relevant yet')
  it.update(command(() => true))
  appendFileSync(`${folder}/log`, 'second\n')
  t.ok(await until(() => heard.includes('second')), 'what is relevant is what the last update says')
  t.equal(heard.filter((line) => line === 'first').length, 1, 'it was not started anew')
  it.update([])
  await sleep(50)
  appendFileSync(`${folder}/log`, 'third\n')
  await sleep(100)
  t.notOk(heard.includes('third'))
  machine.close()
})

t.test('a command that goes on after a complaint may have missed something', async (t) => {
  const heard: string[] = []
  const machine = openMachine()
  const it = watching({ machine, heard: (text) => heard.push(text), log: () => {}, pause: () => 60_000 })
  const script = 'echo at once >&2; sleep 0.7; echo "receive error" >&2; exec sleep 60'
  it.update([{ kind: 'command', argv: ['sh', '-c', script], isRelevant: () => false }])
  t.ok(await until(() => heard.length > 0))
  t.match(heard, [/^sh -c .*: receive error$/])
  it.stop()
  machine.close()
})

t.test('a changed path is heard, also after the file was replaced', async (t) => {
  const folder = t.testdir({ 'a.crt': 'x' })
  const file = `${folder}/a.crt`
  const heard: string[] = []
  const machine = openMachine()
  const it = watching({ machine, heard: (text) => heard.push(text), log: () => {} })
  const watches = [{ kind: 'paths' as const, paths: [folder, file, `${folder}/none`] }]
  it.update(watches)
  writeFileSync(file, 'y')
  t.ok(await until(() => heard.includes(file)))
  for (const content of ['z', 'zz']) {
    it.update(watches)
    heard.length = 0
    writeFileSync(`${folder}/new`, content)
    renameSync(`${folder}/new`, file)
    t.ok(await until(() => heard.length > 0), 'replaced')
  }
  rmSync(file)
  it.stop()
  machine.close()
})

t.test('a poll wakes when its answer differs, and is calm otherwise', async (t) => {
  const heard: string[] = []
  const machine = openMachine()
  let answer = 'a'
  let asked = 0
  const it = watching({ machine, heard: (text) => heard.push(text), log: () => {} })
  const watches = (pause = 10) => [
    {
      kind: 'poll' as const,
      name: 'rules',
      pause,
      ask: async () => {
        asked += 1
        if (answer === 'broken') throw new Error('no answer')
        return answer
      },
    },
  ]
  it.update(watches())
  t.ok(await until(() => asked > 3))
  t.strictSame(heard, [], 'the first answer and the same again are no news')
  it.update(watches())
  answer = 'broken'
  await sleep(50)
  answer = 'a'
  await sleep(50)
  t.strictSame(heard, [], 'no answer is no news either')
  answer = 'b'
  t.ok(await until(() => heard.length > 0))
  t.strictSame(heard, ['rules changed'])
  it.update([])
  await sleep(30)
  const before = asked
  await sleep(50)
  t.equal(asked, before, 'nobody asks any more')
  it.stop()
  machine.close()
})
