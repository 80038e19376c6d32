import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../../agent/api/ask.ts'
import type { MemorySample } from '../../collectors/memory/sample.ts'
import { homeCgroup, makeCgroup } from './cgroups.ts'

/** A pod of one container with a limit of 4 MiB, as k3s and the kubelet leave it, but below a cgroup of the test. */
export interface TestPod {
  readonly subject: string
  readonly cgroup: string
  /** What its processes are called: only the first ten kills in 5 s are told in full, the rest by name. */
  readonly comm: string
}

/** With what the kubelet leaves of it below /var/log, in `logs`. */
export function makePod(
  logs: string,
  name: string,
  { comm, driver }: { readonly comm: string; readonly driver: 'systemd' | 'cgroupfs' },
): TestPod {
  const [uid, id] = [randomUUID(), randomBytes(32).toString('hex')]
  const its = `pods/shop_${name}_${uid}/app`
  mkdirSync(join(logs, its), { recursive: true })
  mkdirSync(join(logs, 'containers'), { recursive: true })
  symlinkSync(`/var/log/${its}/0.log`, join(logs, `containers/${name}_shop_app-${id}.log`))
  const slice = 'kubepods.slice/kubepods-burstable.slice/kubepods-burstable'
  const path =
    driver === 'systemd'
      ? `${slice}-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`
      : `kubepods/burstable/pod${uid}/${id}`
  return { subject: `shop/${name}/app`, cgroup: makeCgroup(`${homeCgroup}/${path}`, 4 * 2 ** 20), comm }
}

/** Doubles a string until it is killed. */
const eating = 'x=0123456789abcdef; while :; do x=$x$x; done'

const shellIn = ({ cgroup, comm }: TestPod, script: string) =>
  spawn(
    'sh',
    ['-c', `echo $$ > '${cgroup}/cgroup.procs' && printf %s '${comm}' > /proc/$$/comm || exit 1\n${script}`],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  )

/**
 * A main process that lives on while its children are killed one after the other, as PostgreSQL's: a child
 * each `pause` ms, unless `wait` says to. Gives how many were killed.
 */
export async function killChildren(
  pod: TestPod,
  times: number,
  pause: number,
  wait: () => boolean = () => false,
): Promise<number> {
  const child = shellIn(
    pod,
    `left=${times} killed=0
    while [ $left -gt 0 ] && read -r go; do
      (${eating})
      [ $? -eq 137 ] && killed=$((killed + 1))
      left=$((left - 1))
    done
    echo $killed`,
  )
  child.stdin.on('error', () => {})
  const pace = setInterval(() => wait() || child.stdin.write('\n'), pause)
  let said = ''
  for await (const line of createInterface({ input: child.stdout })) said = line
  clearInterval(pace)
  return Number(said)
}

/** A container whose two processes go together, which only version 2 of cgroups knows. */
export async function killGroup(pod: TestPod): Promise<void> {
  writeFileSync(`${pod.cgroup}/memory.oom.group`, '1')
  await new Promise((resolve) => shellIn(pod, `sleep 60 & ${eating}`).once('exit', resolve))
}

/** How many processes the kernel says it killed. */
export const countedKills = () => Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1])

const main = join(import.meta.dirname, '../../agent/main.ts')

/**
 * The agent with the memory collector alone, in a mount namespace where /var/log is `logs`; `sink` is where it
 * tells. All it keeps is in `folder`.
 */
export function agentIn(
  folder: string,
  { logs, sink }: { readonly logs: string; readonly sink: Readonly<Record<string, unknown>> },
) {
  for (const it of [logs, folder]) mkdirSync(it, { recursive: true })
  const config = join(folder, 'config.yaml')
  const socket = join(folder, 'agent.sock')
  const off = ['certs', 'firewall', 'cni', 'k3s', 'pods'].map((it) => [it, { enabled: false }])
  writeFileSync(
    config,
    JSON.stringify({
      node: 'n1',
      state_dir: join(folder, 'state'),
      socket,
      collectors: { ...Object.fromEntries(off), memory: { hold_minutes: 1 } },
      sinks: [sink],
    }),
  )
  const script = 'mount --bind "$0" /var/log && exec "$@"'
  const inside = ['--mount', '--propagation', 'private', 'sh', '-c', script, logs]
  const args = (...words: readonly string[]) => [
    ...inside,
    process.execPath,
    main,
    '--config',
    config,
    ...words,
  ]
  return {
    /** Starts it; `procs` is a cgroup that it is to be counted in. */
    start(procs = '/dev/null') {
      const child = spawn('sh', ['-c', 'echo $$ > "$0" && exec unshare "$@"', procs, ...args('run')], {
        stdio: 'ignore',
        env: { ...process.env, JOURNAL_STREAM: '1:1' },
      })
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      return {
        pid: Number(child.pid),
        end(signal: 'SIGKILL' | 'SIGTERM') {
          child.kill(signal)
          return ended
        },
      }
    },
    /** What the running agent answers on its socket: its last sample of memory, its history. */
    async ask<T>(path: string): Promise<T> {
      return JSON.parse(await ask(socket, path)) as T
    },
    /** What the memory collector last saw, once that is `enough`; the last of it after 30 s. */
    async seen(enough: (it: MemorySample) => boolean = () => true): Promise<MemorySample> {
      let last: MemorySample | undefined
      for (let tries = 0; tries < 300 && !(last && enough(last)); tries += 1) {
        await sleep(100)
        const answer = await this.ask<{ sample: MemorySample } | null>('/v1/sample?collector=memory').catch(
          () => null,
        )
        last = answer?.sample ?? last
      }
      if (!last) throw new Error('the agent never answered')
      return last
    },
  }
}
