import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../systemd/build.ts'
import { median, memoryOf } from './measure.ts'
import { environment, flags } from './unit.ts'

/**
 * `node test/bench/reader.ts`, as root: what a process of its own for the capabilities would cost beside the agent. The
 * sum of the proportional shares (PSS) of all that run the same Node.js is what they take of the machine; a
 * process adds what that sum is larger by. The bound is 15 MB (ARCHITECTURE.md).
 */
const megabyte = 1e6
const times = 5
const folder = mkdtempSync(join(tmpdir(), 'murphy-reader-'))
const root = fileURLToPath(new URL('../..', import.meta.url))
// A copy, so that no other program of this machine shares its pages.
const node = join(folder, 'node')
copyFileSync(process.execPath, node)

const from = (path: string) => JSON.stringify(join(root, 'agent', path))
/** Waits for nothing more, so that what is loaded late is loaded. */
const rest = 'setInterval(() => {}, 2 ** 30)'
/** A rule set of 100,000 lines and 32 MiB of a log, handed on as the reader would: lines and pieces. */
const work = `const piece = Buffer.alloc(1024 * 1024, 'x')
for (let count = 0; count < 32; count += 1) process.stdout.write(piece)
await host.run(['seq', '-f', '-A KUBE-SERVICES -d 10.43.%08.0f/32 -j KUBE-SVC', '100000'], { line: (it) => process.stdout.write(it) })
`
const readers = {
  'files and commands alone': `import { read } from ${from('host/files.ts')}
import { run } from ${from('host/command.ts')}
const { signal } = new AbortController()
await Promise.all([read('/etc/passwd', {}, signal), run(['ip', '-j', 'addr'], {}, signal)])
${rest}`,
  'all that reads': `import { openMachine } from ${from('host.ts')}
const host = openMachine().during(AbortSignal.timeout(10_000))
await Promise.all([host.list('/proc'), host.text('/etc/passwd'), host.run(['ip', '-j', 'addr'])])
${rest}`,
  'all that reads, after a large look': `import { openMachine } from ${from('host.ts')}
const host = openMachine().during(AbortSignal.timeout(10_000))
${work}${rest}`,
}
for (const [at, text] of Object.values(readers).entries()) {
  writeFileSync(join(folder, `reader${at}.ts`), text)
  await bundle({ root, entry: join(folder, `reader${at}.ts`), outdir: join(folder, `reader${at}`) })
}
writeFileSync(join(folder, 'config.yaml'), JSON.stringify({ state_dir: folder, socket: `${folder}/sock` }))
await bundle({ root, entry: join(root, 'agent/main.ts'), outdir: join(folder, 'agent') })

interface Started {
  readonly pid: number
  end(): Promise<void>
}

async function start(...args: readonly string[]): Promise<Started> {
  const child = spawn(node, [...flags, ...args], {
    stdio: 'ignore',
    env: { ...environment, PATH: process.env.PATH },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // Until it has stopped allocating.
  await pause(3_000)
  if (child.exitCode !== null || child.pid === undefined)
    throw new Error(`${args} ended with ${child.exitCode}`)
  return {
    pid: child.pid,
    async end() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const privateOf = (pid: number) =>
  [...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce(
    (sum, [, kilobytes]) => sum + Number(kilobytes) * 1024,
    0,
  )

try {
  const agent = await start(join(folder, 'agent/main.js'), '--config', join(folder, 'config.yaml'), 'run')
  await pause(10_000)
  process.stdout.write(`agent, running: PSS ${(memoryOf(agent.pid).pss / megabyte).toFixed(1)} MB\n`)
  for (const [name, args] of [
    ['Node.js doing nothing', ['-e', 'setInterval(() => {}, 2 ** 30)']],
    ...Object.keys(readers).map((name, at) => [name, [join(folder, `reader${at}/main.js`)]] as const),
  ] as const) {
    const added: number[] = []
    const own: number[] = []
    for (let count = 0; count < times; count += 1) {
      const alone = memoryOf(agent.pid).pss
      const other = await start(...args)
      added.push(memoryOf(agent.pid).pss + memoryOf(other.pid).pss - alone)
      own.push(privateOf(other.pid))
      await other.end()
    }
    const mb = (values: readonly number[]) => (median(values) / megabyte).toFixed(1)
    process.stdout.write(`${name}: adds ${mb(added)} MB, of which its own ${mb(own)} MB\n`)
  }
  await agent.end()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
