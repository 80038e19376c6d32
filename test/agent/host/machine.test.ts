import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'

const machine = openMachine()
t.teardown(() => machine.close())

t.test('what it asks is this machine, by its clock or by another', async (t) => {
  const host = machine.during(new AbortController().signal)
  t.equal(host.recorded, false)
  t.ok(Math.abs(host.now() - Date.now()) < 60_000)
  t.match(await host.text('/proc/self/comm'), /\w/, 'also as text')
  t.match(await host.run(['echo', 'x']), { stdout: 'x\n', exit: 0 })
  const other = openMachine({ now: () => 7 })
  t.equal(other.during(new AbortController().signal).now(), 7)
  other.close()
})

t.test('a round that is over takes its questions with it', async (t) => {
  const over = new AbortController()
  const it = machine.during(over.signal)
  const asked = it.run(['sleep', '60'])
  over.abort()
  await t.rejects(asked, { code: 'timeout' })
  await t.rejects(it.run(['true']), { code: 'timeout' })
  await t.rejects(it.text(`${t.testdir({ x: '' })}/x`), { code: 'timeout' })
})

t.test('what is followed ends with the agent, also when it is killed', async (t) => {
  const script = `
    import { openMachine } from '${join(import.meta.dirname, '../../../agent/host/machine.ts')}'
    const machine = openMachine()
    machine.follow(['sh', '-c', 'echo $$; exec sleep 600'], (line) => console.log(line), new AbortController().signal)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>((resolve) =>
    child.stdout.once('data', (part) => resolve(Number(String(part)))),
  )
  const alive = () => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }
  t.ok(alive())
  child.kill('SIGKILL')
  for (let count = 0; count < 200 && alive(); count += 1) await sleep(20)
  t.notOk(alive())
})
