import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { waits } from './waits.ts'

/**
 * `npm run test:stress -- NAME ... [--times 20]`: the tests whose files' names hold one of these, so many times one after
 * the other beside two processes that are always busy. Fails unless all were green; of each that was not, what failed.
 * With `--waiting` all that wait for a time or a probe (`waits.ts`), or those of them with such a name, each by itself;
 * with `--list` only their names.
 */
const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '20' },
    waiting: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
})
const times = Number(values.times)
if ((names.length === 0 && !values.waiting) || !Number.isInteger(times) || times < 1) {
  process.stderr.write(
    'usage: npm run test:stress -- NAME ... | --waiting [NAME ...] [--list] [--times TIMES]\n',
  )
  process.exit(2)
}

/** What is run at once, and then so often. */
const runs: readonly (readonly string[])[] = values.waiting
  ? readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
      .filter((it) => it.endsWith('.test.ts') && !it.startsWith('nodes/'))
      .map((it) => join('test', it))
      .filter((it) => names.length === 0 || names.some((name) => it.includes(name)))
      .filter((it) => waits(join(import.meta.dirname, '..'), it))
      .sort()
      .map((it) => [it])
  : [names]
if (values.list) {
  process.stdout.write(`${runs.flat().join('\n')}\n`)
  process.exit(0)
}

/** They end with this process, however that ends. */
const always = 'const its = process.ppid; while (process.ppid === its);'
const busy = [1, 2].map(() => spawn(process.execPath, ['-e', always], { stdio: 'ignore' }))
const relax = () => {
  for (const it of busy) it.kill('SIGKILL')
}
process.on('exit', relax)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

async function once(names: readonly string[]): Promise<{ readonly green: boolean; readonly said: string }> {
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

/** How many of them were green. */
async function often(names: readonly string[]): Promise<number> {
  let green = 0
  for (let count = 1; count <= times; count += 1) {
    const begun = Date.now()
    const it = await once(names)
    green += it.green ? 1 : 0
    process.stdout.write(
      `${it.green ? 'green' : 'red  '}  ${count} of ${times}, ${Math.round((Date.now() - begun) / 1000)} s\n`,
    )
    if (!it.green) process.stdout.write(it.said)
  }
  return green
}

const sums: (readonly [name: string, green: number])[] = []
for (const names of runs) {
  if (values.waiting) process.stdout.write(`${names.join(' ')}\n`)
  sums.push([names.join(' '), await often(names)])
}
for (const [name, green] of sums) process.stdout.write(`${name}: ${green} of ${times} green\n`)
process.exit(sums.every(([, green]) => green === times) ? 0 : 1)
