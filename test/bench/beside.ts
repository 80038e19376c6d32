import { existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { minute, second } from '../../agent/text/times.ts'
import { startCounted, tellsOf } from './agent.ts'
import type { Site } from './faults.ts'
import { childrenOf, median, memoryWithChildren, now } from './measure.ts'
import { type Other, others } from './others.ts'
import { unpackedIn, unpackPackages } from './packages.ts'
import type { Stand } from './stand.ts'
import { aligned } from './table.ts'

/** What a program costs at rest on the node, and how soon it says that cni0 is gone. */
export interface Beside {
  readonly name: string
  readonly set: string
  /** Bytes, with all that it started. */
  readonly rss: number
  readonly anonymous: number
  /** Percent of a core, with all that it started. */
  readonly cpu: number
  /** From `ip link del cni0` to its message, s; absent where it has none. */
  readonly told?: number
}

/** What a start costs is not what rest costs. */
const settling = 90 * second
/** How long a message may take before it counts as none: two rounds of the slowest. */
const patience = 5 * minute
/** Until all have seen that the bridge is back. */
const mending = 150 * second

interface Running {
  readonly name: string
  readonly set: string
  readonly pid: number
  readonly used: () => number
}

/** Murphy and all the others, on one node, at rest for so many minutes; then the bridge is deleted. */
export async function beside(
  { site, launch, undo }: Stand,
  minutes: number,
  times = 1,
): Promise<{ readonly rows: readonly Beside[]; readonly notes: readonly string[] }> {
  await unpackPackages()
  const one = await site('beside')
  const notes: string[] = []
  const agent = await launch(one)
  const all: Running[] = [{ name: 'murphy', set: 'as installed', pid: agent.pid, used: agent.cpu }]
  const libraries = globSync(`${unpackedIn}/usr/lib/*-linux-gnu*`).join(':')
  for (const it of others) {
    const argv = it.prepare(join(one.node.folder, it.name), one.receiver.url)
    const missing = argv.find((word) => word.startsWith('/var/tmp/') && !existsSync(word))
    if (missing) {
      notes.push(`${it.name} was not measured: ${missing} could not be had from Debian's packages.`)
      continue
    }
    const env = { ...process.env, LD_LIBRARY_PATH: libraries }
    // What each has to say of a stand-in is not what is measured.
    const { child, group } = startCounted(one.node, argv, env, 'ignore')
    child.stdout?.resume()
    undo(async () => {
      for (const pid of readFileSync(group.procs, 'utf8').split('\n').filter(Boolean))
        process.kill(Number(pid), 'SIGKILL')
      await pause(second / 5)
      group.remove()
    })
    all.push({ name: it.name, set: it.set, pid: child.pid ?? 0, used: group.used })
  }
  await pause(settling)
  for (const it of all.filter(({ pid }) => !existsSync(`/proc/${pid}`)))
    notes.push(`${it.name} was not measured: it ended.`)
  const living = all.filter(({ pid }) => existsSync(`/proc/${pid}`))
  const before = living.map((it) => ({ at: now(), used: it.used() }))
  await pause(minutes * minute)
  const rested = living.map(({ name, set, pid, used }, at) => {
    const { at: from, used: then } = before[at] as { at: number; used: number }
    // Murphy's own process is known; of the others nsenter waits, or the shell has become it.
    const first = name === 'murphy' ? pid : (childrenOf(pid)[0] ?? pid)
    const { rss, anonymous } = memoryWithChildren(first)
    return { name, set, rss, anonymous, cpu: ((used() - then) / (now() - from)) * 100 }
  })
  const told = await bridgeTold(one, times)
  await agent.stop()
  const rows = rested.map((it) => {
    const seconds = told.get(it.name)
    return { ...it, ...(seconds !== undefined && { told: seconds }) }
  })
  return { rows, notes }
}

/** From the deletion of the bridge to the message of each, s, the median. */
async function bridgeTold({ node, receiver }: Site, times: number): Promise<ReadonlyMap<string, number>> {
  const tellers: readonly Pick<Other, 'name' | 'tells' | 'writes'>[] = [
    { name: 'murphy', tells: tellsOf('cni.bridge-missing') },
    ...others.filter(({ tells, writes }) => tells ?? writes),
  ]
  const values = new Map<string, number[]>()
  for (let count = 0; count < times; count += 1) {
    // Whatever the phase of those that look every two minutes then is.
    await pause((count > 0 ? mending : 0) + Math.random() * 2 * minute)
    const arriving = tellers.map(async ({ name, tells, writes }) =>
      tells
        ? (await receiver.next(tells, patience))?.arrived
        : await written(join(node.folder, name, writes ?? '')),
    )
    const { begun } = await node.sh('ip link del cni0')
    for (const [at, arrived] of (await Promise.all(arriving)).entries()) {
      const { name = '' } = tellers[at] ?? {}
      if (arrived !== undefined) values.set(name, [...(values.get(name) ?? []), (arrived - begun) / second])
    }
    await node.sh(node.makeBridge)
  }
  return new Map([...values].map(([name, all]) => [name, median(all)]))
}

/** Waits for a file that holds a time, ns, and removes it; ms since the epoch. */
async function written(path: string): Promise<number | undefined> {
  rmSync(path, { force: true })
  for (const until = now() + patience; now() < until; await pause(second / 2)) {
    const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
    if (text) return Number(text) / 1e6
  }
  return undefined
}

/** A line of each, beside Murphy. */
export function besideTable(all: readonly Beside[]): string {
  const [own] = all
  const by = (value: number, ofOwn = 0) => (ofOwn > 0 ? `${(value / ofOwn).toFixed(1)} x` : '')
  const rows = all.map((it) => [
    it.name,
    ...[(it.rss / 1e6).toFixed(1), by(it.rss, own?.rss), (it.anonymous / 1e6).toFixed(1)],
    ...[it.cpu.toFixed(3), by(it.cpu, own?.cpu), it.told === undefined ? '' : it.told.toFixed(1), it.set],
  ])
  const head = [
    '',
    'RSS MB',
    'by Murphy',
    'anonymous MB',
    '% of a core',
    'by Murphy',
    'cni0 gone to message, s',
    '',
  ]
  return aligned([head, ...rows], new Set([0, 7]))
}
