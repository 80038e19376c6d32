import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * `npm run test:stress -- NAME ... [--times 20]`: the tests whose files' names hold one of these, so many times one after
 * the other beside two processes that are always busy. Fails unless all were green; of each that was not, what failed.
 */
const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '20' } },
})
const times = Number(values.times)
if (names.length === 0 || !Number.isInteger(times) || times < 1) {
  process.stderr.write('usage: npm run test:stress -- NAME ... [--times TIMES]\n')
  process.exit(2)
}

/** They end with this process, however that ends. */
const always = 'const its = process.ppid; while (process.ppid === its);'
const busy = [1, 2].map(() => spawn(process.execPath, ['-e', always], { stdio: 'ignore' }))
const relax = () => {
  for (const it of busy) it.kill('SIGKILL')
}
process.on('exit', relax)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

async function once(): Promise<{ readonly green: boolean; readonly said: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run.ts'), ...names], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part
  })
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { green: status === 0, said }
}

let green = 0
for (let count = 1; count <= times; count += 1) {
  const begun = Date.now()
  const it = await once()
  green += it.green ? 1 : 0
  process.stdout.write(
    `${it.green ? 'green' : 'red  '}  ${count} of ${times}, ${Math.round((Date.now() - begun) / 1000)} s\n`,
  )
  if (!it.green) process.stdout.write(it.said)
}
process.stdout.write(`${names.join(' ')}: ${green} of ${times} green\n`)
process.exit(green === times ? 0 : 1)
