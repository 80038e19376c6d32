import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../../..')

t.test('what nobody caught is logged with its stack, once, and the process goes on', async (t) => {
  const script = `
    const { goOn } = await import(${JSON.stringify(join(root, 'agent/daemon/last-resort.ts'))})
    const { openLog } = await import(${JSON.stringify(join(root, 'agent/daemon/log.ts'))})
    goOn(openLog({ level: 'info', write: (line) => process.stderr.write(line) }))
    Promise.reject(new Error('nobody waits for this'))
    setTimeout(() => { throw new Error('thrown by a timer') }, 5)
    for (let count = 0; count < 50; count += 1) setTimeout(() => { throw new Error('over and over') }, 10)
    setTimeout(() => process.stdout.write('still here\\n'), 50)`
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  t.equal(ran.status, 0, ran.stderr)
  t.equal(ran.stdout, 'still here\n')
  const lines = ran.stderr.trim().split('\n')
  const texts = lines.map((it) => (JSON.parse(it) as { error: { message: string } }).error.message)
  t.strictSame(texts, ['nobody waits for this', 'thrown by a timer', 'over and over'])
  t.match(JSON.parse(lines[0] ?? ''), { level: 'error', error: { stack: /at / } })
})

t.test('a log that nobody reads any more is no reason to end', async (t) => {
  const script = `
    const { goOn } = await import(${JSON.stringify(join(root, 'agent/daemon/last-resort.ts'))})
    const { openLog } = await import(${JSON.stringify(join(root, 'agent/daemon/log.ts'))})
    const log = openLog({ level: 'info' })
    goOn(log)
    const timer = setInterval(() => log.info({}, 'x'.repeat(1000)), 1)
    setTimeout(() => { clearInterval(timer); process.stderr.write('still here') }, 300)`
  const ran = spawnSync(
    'sh',
    ['-c', '"$0" --input-type=module -e "$1" | head -c 10', process.execPath, script],
    { encoding: 'utf8', timeout: 60_000 },
  )
  t.match(ran.stderr, /still here$/)
})
