import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuGroup, now } from './measure.ts'
import { type BenchNode, soleChild } from './node.ts'
import { environment, flags } from './unit.ts'

/** A notice as it arrived. */
export interface Arrived {
  readonly arrived: number
  readonly status: number
  readonly body: {
    readonly type?: string
    readonly data?: {
      readonly incident?: { readonly id: string; readonly cause: Said; readonly affected: Said[] }
      /** Of a message on several. */
      readonly incidents?: readonly { readonly cause: Said; readonly resolved?: string }[]
    }
  }
}
interface Said {
  readonly code: string
  readonly subject: string
  readonly resolved?: string
}

export interface Receiver {
  readonly url: string
  readonly secret: string
  /** The first of what arrives from now on that `wanted` takes; undefined if none does within `timeout` ms. */
  next(wanted: (it: Arrived) => boolean, timeout: number): Promise<Arrived | undefined>
}

/** Takes what is posted on the node. */
export async function startReceiver(node: BenchNode, clock: NodeJS.ProcessEnv = {}): Promise<Receiver> {
  const argv = [process.execPath, join(import.meta.dirname, 'inside.ts')]
  const child = node.start(argv, { env: { ...process.env, ...clock } })
  const waiting = new Set<(it: Arrived) => void>()
  const { promise, resolve, reject } = Promise.withResolvers<{ url: string; secret: string }>()
  child.on('exit', (code) => reject(new Error(`the receiver on ${node.name} ended with ${code}`)))
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const it = JSON.parse(line) as Arrived & { url: string; secret: string }
      if (it.url) resolve(it)
      else for (const ring of waiting) ring(it)
    })
  return {
    ...(await promise),
    next: (wanted, timeout) =>
      new Promise((resolve) => {
        const end = (it?: Arrived) => {
          clearTimeout(timer)
          waiting.delete(ring)
          resolve(it)
        }
        const ring = (it: Arrived) => {
          if (wanted(it)) end(it)
        }
        // Who waits has a node that runs; once that is gone, nobody waits any more.
        const timer = setTimeout(end, timeout, undefined).unref()
        waiting.add(ring)
      }),
  }
}

export interface BenchAgent {
  readonly pid: number
  /** From before its process is made until it tells systemd that it is ready, ms. */
  readonly took: number
  /** CPU time of it and all that it started, ms. */
  readonly cpu: () => number
  /** What of that the kernel used, ms: by samples at each tick of its clock, so it is rough. */
  readonly kernel: () => number
  /** What V8 has allocated on its heaps until they were last collected, bytes; 0 without the flag `--trace-gc-nvp`. */
  readonly allocated: () => number
  /** What lived on the main heap after its last full collection, bytes; 0 without that flag, and before the first. */
  readonly live: () => number
  /** Its socket, as this machine sees it. On the node it is where the commands look for it. */
  readonly socket: string
  stop(): Promise<void>
}

/** Where the unit has its socket. */
const socket = '/run/murphy/agent.sock'

export interface AgentOptions {
  /** The checks that do not run. */
  readonly off?: readonly string[]
  /** Of its Node.js, beside those of the unit. */
  readonly flags?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Starts the bundled agent on the node as the unit does, as root, and waits until it is ready. */
export async function startAgent(
  node: BenchNode,
  receiver: Receiver,
  bundle: string,
  { off = [], flags: more = [], env: moreEnv = {} }: AgentOptions = {},
): Promise<BenchAgent> {
  const at = join(node.folder, 'agent')
  const [config, ready] = [join(at, 'config.yaml'), join(at, 'ready')]
  mkdirSync(join(at, 'bin'), { recursive: true })
  mkdirSync(join(node.folder, dirname(socket)), { recursive: true })
  rmSync(ready, { force: true })
  const settings = {
    node: node.name,
    state_dir: join(at, 'state'),
    socket,
    // Each fault is told by itself.
    messages_per_10_minutes: 1000,
    collectors: {
      // So that not all kills of the bench are open at once.
      memory: { hold_minutes: 1, enabled: !off.includes('memory') },
      ...Object.fromEntries(off.filter((it) => it !== 'memory').map((it) => [it, { enabled: false }])),
    },
    sinks: [{ type: 'webhook', url: receiver.url, secret: receiver.secret }],
  }
  writeFileSync(config, JSON.stringify(settings))
  // There is no systemd to tell here; that it would be told is what counts.
  const notify = `#!/bin/sh\ncase "$*" in *--ready*) : > '${ready}' ;; esac\n`
  writeFileSync(join(at, 'bin/systemd-notify'), notify, { mode: 0o755 })
  const env = {
    ...environment,
    PATH: `${join(at, 'bin')}:${process.env.PATH}`,
    JOURNAL_STREAM: '1:1',
    NOTIFY_SOCKET: join(at, 'notify'),
    ...moreEnv,
  }
  const begun = now()
  const argv = [
    process.execPath,
    ...flags,
    ...looking,
    ...more,
    join(bundle, 'main.js'),
    '--config',
    config,
    'run',
  ]
  const { child, group } = startCounted(node, argv, env)
  let log = ''
  let [allocated, live] = [0, 0]
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, kind, left, more] =
        /^\[\d+:0x.* gc=(\w+) .* end_object_size=(\d+) .* allocated=(\d+)/.exec(line) ?? []
      if (kind !== undefined) {
        allocated += Number(more)
        // `s` are those of what is young alone.
        if (kind !== 's') live = Number(left)
      } else log = `${log}${line}\n`.slice(-4000)
    })
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  while (!existsSync(ready)) {
    if (child.exitCode !== null || now() - begun > 30_000)
      throw new Error(`the agent on ${node.name} did not become ready:\n${log}`)
    await pause(1)
  }
  const took = now() - begun
  const pid = await soleChild(child.pid ?? 0)
  return {
    pid,
    took,
    cpu: group.used,
    kernel: group.kernel,
    allocated: () => allocated,
    live: () => live,
    socket: join(node.folder, socket),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) process.kill(pid, 'SIGTERM')
      await ended
      group.remove()
    },
  }
}

/** Starts a program on the node in a group that counts what it and all that it starts use of a core. */
export function startCounted(
  node: BenchNode,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  complaints: 'inherit' | 'ignore' = 'inherit',
) {
  groups += 1
  const group = cpuGroup(`${node.name}-${groups}`)
  const script = `echo $$ > ${group.procs}; exec "$@"`
  const child = spawn('sh', ['-c', script, 'sh', ...node.inside, ...argv], {
    env,
    cwd: '/',
    stdio: ['ignore', 'pipe', complaints],
  })
  return { child, group }
}
let groups = 0

/** For looking into the agent itself, such as --cpu-prof. */
const looking = (process.env.MURPHY_BENCH_NODE_FLAGS ?? '').split(' ').filter(Boolean)

/** Runs node on the node and waits for its end: how long it took, ms, and how it ended. */
export function timed(
  node: BenchNode,
  args: readonly string[],
): Promise<{ took: number; exit: number | null }> {
  const begun = now()
  const [command = '', ...rest] = [...node.inside, process.execPath, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('exit', (exit) => resolve({ took: now() - begun, exit }))
  })
}

/** Whether a notice tells of this finding while it is open, by itself or in a message on several of its kind. */
export const tellsOf =
  (code: string, subject?: string) =>
  ({ body: { type = '', data } }: Arrived): boolean =>
    /^incidents?\.(opened|grew|worse)$/.test(type) &&
    [
      ...[data?.incident?.cause, ...(data?.incident?.affected ?? [])],
      ...(data?.incidents ?? []).filter((it) => !it.resolved).map((it) => it.cause),
    ].some((it) => it?.code === code && !it.resolved && (subject === undefined || it.subject === subject))
