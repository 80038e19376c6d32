import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { kernelLog } from '../../agent/host/kmsg.ts'
import { now } from './measure.ts'

const controllers = '/sys/fs/cgroup/cgroup.controllers'
export const version2 = existsSync(controllers) && readFileSync(controllers, 'utf8').includes('memory')
/** Of the memory controller. */
export const root = version2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory'
/** The group of this bench. */
export const home = `murphy-bench-${process.pid}`

/** Removes a group whose processes have just ended. */
export async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; existsSync(folder) && tries < 100; tries += 1) {
    try {
      rmdirSync(folder)
    } catch {
      await pause(20)
    }
  }
}

/** Makes a pod `shop/NAME` with the container `app` on the nodes, with a limit of 16 MiB, as the kubelet and k3s leave it. */
export function makePod(name: string, nodes: readonly { readonly folder: string }[]) {
  const [uid, id] = [randomUUID(), randomBytes(32).toString('hex')]
  for (const { folder } of nodes) {
    const logs = `/var/log/pods/shop_${name}_${uid}/app`
    mkdirSync(join(folder, logs), { recursive: true })
    mkdirSync(join(folder, 'var/log/containers'), { recursive: true })
    symlinkSync(`${logs}/0.log`, join(folder, `var/log/containers/${name}_shop_app-${id}.log`))
  }
  const parts = [home, 'kubepods', 'burstable', `pod${uid}`, id]
  const folders = parts.map((_, at) => join(root, ...parts.slice(0, at + 1)))
  for (const folder of folders) {
    if (version2) writeFileSync(join(dirname(folder), 'cgroup.subtree_control'), '+memory')
    mkdirSync(folder, { recursive: true })
  }
  const [pod = '', container = ''] = folders.slice(-2)
  writeFileSync(join(pod, version2 ? 'memory.max' : 'memory.limit_in_bytes'), String(16 * 2 ** 20))
  return {
    subject: `shop/${name}/app`,
    /** A process that eats until it is killed; resolves with its id once it is. */
    eat: () =>
      new Promise<number>((resolve, reject) => {
        const script = `echo $$ > '${container}/cgroup.procs' && x=0123456789abcdef && while :; do x=$x$x; done`
        const child = spawn('sh', ['-c', script], { stdio: 'ignore' })
        child.on('error', reject)
        child.on('exit', (code, signal) =>
          signal === 'SIGKILL'
            ? resolve(child.pid ?? 0)
            : reject(new Error(`nobody killed it: exit code ${code}`)),
        )
      }),
    async remove() {
      for (const folder of folders.slice(1).reverse()) await removeGroup(folder)
    },
  }
}

export const removeGroups = () => removeGroup(join(root, home))

/**
 * The kernel's own time of its kills. Its log counts from its start by a clock of its own; a line written
 * and read back says what that is now.
 */
export function openKills() {
  const log = kernelLog()
  const ever = new AbortController().signal
  let cursor = -1
  let offset = 0
  let lastSeen = Number.NEGATIVE_INFINITY
  const byPid = new Map<number, number>()
  const readOn = () =>
    log.since(
      cursor,
      (record) => {
        const [sequence, usec] = record.split(',', 3).slice(1).map(Number)
        cursor = sequence ?? cursor
        const [, pid] = /;[^;]{0,40}Killed process (\d+) /.exec(record) ?? []
        if (pid === undefined || record[1] !== ',') return
        lastSeen = Number(usec) / 1000
        byPid.set(Number(pid), lastSeen)
      },
      ever,
    )
  return {
    /** Sets the clocks against each other. */
    async calibrate() {
      await readOn()
      const mark = `murphy-bench ${randomUUID()}`
      const before = now()
      writeFileSync('/dev/kmsg', `<15>${mark}\n`)
      const after = now()
      await log.since(
        cursor,
        (record) => {
          const [sequence, usec] = record.split(',', 3).slice(1).map(Number)
          if (record.includes(mark)) offset = (before + after) / 2 - Number(usec) / 1000
          cursor = Math.max(cursor, sequence ?? cursor)
        },
        ever,
      )
    },
    /** When the kernel killed that process, ms since the epoch. */
    async killed(pid: number): Promise<number | undefined> {
      await readOn()
      const at = byPid.get(pid)
      return at === undefined ? undefined : at + offset
    },
    /** When anyone was killed last on this machine. */
    async last(): Promise<number> {
      await readOn()
      return lastSeen + offset
    },
    count: () => byPid.size,
    close: () => log.close(),
  }
}
