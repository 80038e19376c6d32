import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kernelLog } from '../../agent/host/kmsg.ts'
import { ofTheKiller } from '../../collectors/memory/index.ts'

/** Memory cgroups of this machine, in whichever version it has. */
export const version2 =
  existsSync('/sys/fs/cgroup/cgroup.controllers') &&
  readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').includes('memory')
export const cgroupRoot = version2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory'
/** Above the names that k3s uses, so that a k3s on this machine is left alone. */
export const homeCgroup = `/murphy-test-${process.pid}`

/** Why there can be none here, as a sentence; undefined where there can. */
export function withoutCgroups(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  try {
    mkdirSync(cgroupRoot + homeCgroup)
    rmdirSync(cgroupRoot + homeCgroup)
    return undefined
  } catch (error) {
    return `needs memory cgroups it may write: ${String(error)}`
  }
}

const made: string[] = []

/** Makes the cgroup, with a limit on the one above it (as k3s has for a pod of one container); gives its folder. */
export function makeCgroup(path: string, bytes: number): string {
  let at = ''
  for (const part of path.split('/').filter(Boolean)) {
    if (version2) writeFileSync(`${cgroupRoot}${at}/cgroup.subtree_control`, '+memory')
    at += `/${part}`
    if (existsSync(cgroupRoot + at)) continue
    mkdirSync(cgroupRoot + at)
    made.push(cgroupRoot + at)
  }
  limitCgroup(dirname(path), bytes)
  return cgroupRoot + path
}

export function limitCgroup(path: string, bytes: number): void {
  writeFileSync(`${cgroupRoot}${path}/${version2 ? 'memory.max' : 'memory.limit_in_bytes'}`, String(bytes))
}

export async function removeCgroups(): Promise<void> {
  for (const path of made.toReversed())
    for (let tries = 0; existsSync(path) && tries < 50; tries += 1) {
      try {
        rmdirSync(path)
      } catch {
        await sleep(20)
      }
    }
}

/** Ten kills in five seconds are told in full, whoever's they are: waits until the last one is so many seconds ago. */
export async function calm(seconds = 5.2): Promise<void> {
  const log = kernelLog()
  let last = Number.NEGATIVE_INFINITY
  await log.since(
    -1,
    (record) => {
      if (ofTheKiller(record)) last = Number(record.split(',', 3)[2]) / 1e6
    },
    AbortSignal.timeout(10_000),
  )
  log.close()
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0])
  await sleep(Math.max(0, last + seconds - uptime) * 1000)
}

/**
 * Waits until no other test on this machine has processes killed, and it has been calm since. The others wait until
 * what it gives is called, or this process ends: all share one kernel log.
 */
export async function onlyKiller(seconds?: number): Promise<() => void> {
  // It ends with its input, so that no lock outlives whoever took it.
  const lock = spawn('flock', ['/tmp/murphy-test-kills.lock', 'sh', '-c', 'echo; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await new Promise((resolve, reject) => {
    lock.once('error', reject)
    lock.stdout.once('data', resolve)
  })
  await calm(seconds)
  return () => lock.stdin.end()
}
