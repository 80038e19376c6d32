import { execFile, execFileSync } from 'node:child_process'
import t from 'tap'

const leave = new URL('../../../agent/cli/leave.ts', import.meta.url)
const node = ['--input-type=module-typescript', '-e']
const run = (script: string) =>
  new Promise<number | string | null | undefined>((resolve) =>
    execFile(process.execPath, [...node, script], { timeout: 30_000 }, (error) => resolve(error?.code ?? 0)),
  )

t.test('what hangs is left behind, and the exit code is not', async (t) => {
  // Opening a FIFO waits for a writer, in a thread of Node.js's pool.
  const folder = t.testdir({})
  execFileSync('mkfifo', [`${folder}/fifo`])
  const hang = `
    import { open } from 'node:fs'
    import { leave } from '${leave}'
    open('${folder}/fifo', 'r', () => {})
    process.exitCode = 2
    leave(100)`
  t.equal(await run(hang), 2)
})

t.test('where nothing hangs it ends by itself, or goes on with what it does', async (t) => {
  const well = `import { leave } from '${leave}'; process.exitCode = 1; leave(60_000)`
  t.equal(await run(well), 1, 'at once')
  const busy = `
    import { leave } from '${leave}'
    leave(50)
    setTimeout(() => { process.exitCode = 5 }, 400)`
  t.equal(await run(busy), 5)
})
