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

/** Opens the machine as the daemon does and reads once, so that what is loaded late is loaded, and then rests. */
const reader = `import { openMachine } from ${JSON.stringify(join(root, 'agent/host.ts'))}
const machine = openMachine()
const host = machine.during(AbortSignal.timeout(10_000))
await Promise.all([host.list('/proc'), host.text('/proc/meminfo'), host.stat('/etc/passwd'), host.run(['ip', '-j', 'addr'])])
setInterval(() => {}, 2 ** 30)
`
writeFileSync(join(folder, 'reader.ts'), reader)
writeFileSync(join(folder, 'config.yaml'), JSON.stringify({ state_dir: folder, socket: `${folder}/sock` }))
await bundle({ root, entry: join(folder, 'reader.ts'), outdir: join(folder, 'reader') })
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
    ['the reading half of the agent', [join(folder, 'reader/main.js')]],
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
