import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { hour, minute, second } from '../../agent/text/times.ts'
import type { Arrived, BenchAgent } from './agent.ts'
import { type Course, chart, judge } from './course.ts'
import { faultsWith } from './faults.ts'
import { childrenOf, memoryWithChildren, now } from './measure.ts'
import type { BenchNode } from './node.ts'
import { clockLibrary, unpackPackages } from './packages.ts'
import { data, logLinks } from './recorded.ts'
import { type Stand, say } from './stand.ts'

/**
 * A day in an hour: the agent and its receiver on a clock that runs 24 times as fast, all of it (libfaketime: each clock
 * of the process, and how long it sleeps), and a fault every few of its minutes. What may not grow is measured from outside,
 * but timers and handles, which the agent says of itself (`within.ts`), and the heap, of which V8 does.
 *
 * Not faster are the kernel and what is run, so a command takes 24 times as long by that clock. /proc/uptime runs with it,
 * or the clock would seem to be set all the time; the kernel's log does not, so nothing is killed here.
 */
const speed = 24
/** By the agent's clock: from one fault to the next, and how long each lasts, so that checks without an event see it too. */
const [every, lasts] = [8 * minute, 5 * minute]
/** From one measurement to the next, of the agent's clock. */
const sampling = 5 * minute

/** What makes a process run on the fast clock, as of one that began at `begun`, ms. */
const fast = (begun: number): NodeJS.ProcessEnv => ({
  LD_PRELOAD: clockLibrary,
  // Each process counts from its own start: what passed by the other's clock meanwhile is added.
  FAKETIME: `+${(((now() - begun) * (speed - 1)) / second).toFixed(2)} x${speed}`,
  // Files were changed when they were.
  NO_FAKE_STAT: '1',
})

/** `within.ts` as an address to import. Of a file with types the agent would load a compiler, which stays in its memory. */
const telling = `data:text/javascript,${encodeURIComponent(
  stripTypeScriptTypes(readFileSync(join(import.meta.dirname, 'within.ts'), 'utf8')),
)}`

interface Fault {
  readonly code: string
  readonly break: (node: BenchNode) => unknown
  readonly mend: (node: BenchNode) => unknown
}

const touched = (code: string, file: string): Fault => ({
  code,
  break: ({ folder }) => writeFileSync(join(folder, data, file), ''),
  mend: ({ folder }) => rmSync(join(folder, data, file), { force: true }),
})

/** A line that PostgreSQL writes when its log of writes is lost. */
const panic: Fault = {
  code: 'pods.log-says',
  break({ folder }) {
    const [log = ''] = logLinks.values()
    const at = new Date().toISOString()
    appendFileSync(
      join(folder, log),
      `${at} stderr F ${at.slice(0, 23).replace('T', ' ')} UTC [27] PANIC:  could not locate a valid checkpoint record\n`,
    )
  },
  mend: () => undefined,
}

const faultsOf = ({ certificates }: Stand): readonly Fault[] => [
  ...Object.values(faultsWith(certificates)),
  touched('k3s.api-unhealthy', 'broken'),
  touched('k3s.kubelet-unhealthy', 'kubelet-broken'),
  {
    code: 'cni.forwarding-off',
    break: ({ sh }) => sh('sysctl -qw net.ipv4.ip_forward=0'),
    mend: ({ sh }) => sh('sysctl -qw net.ipv4.ip_forward=1'),
  },
  panic,
]

interface Sample {
  readonly rss: number
  readonly anonymous: number
  readonly heap: number
  readonly descriptors: number
  readonly timers: number
  readonly handles: number
  readonly threads: number
  readonly children: number
  readonly database: number
  /** SQLite's log of writes. */
  readonly log: number
}

/** All that is measured; with the agent's children where memory is meant. */
async function sampleOf({ pid, live }: BenchAgent, folder: string, within: string): Promise<Sample> {
  rmSync(within, { force: true })
  process.kill(pid, 'SIGUSR2')
  const inner = await toldBy(within)
  const { rss, anonymous } = memoryWithChildren(pid)
  const size = (name: string) =>
    statSync(join(folder, 'agent/state', name), { throwIfNoEntry: false })?.size ?? 0
  return {
    ...inner,
    heap: live(),
    rss,
    anonymous,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    children: childrenOf(pid).length,
    database: size('murphy.db'),
    log: size('murphy.db-wal'),
  }
}

async function toldBy(within: string): Promise<Pick<Sample, 'timers' | 'handles'>> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      return JSON.parse(readFileSync(within, 'utf8')) as Pick<Sample, 'timers' | 'handles'>
    } catch {
      await pause(50)
    }
  }
  throw new Error('the agent does not say what it holds')
}

/** /proc/uptime of the node on the fast clock. */
async function uptime({ node, undo }: { node: BenchNode; undo: Stand['undo'] }, begun: number) {
  const file = join(node.folder, 'var/lib/uptime')
  const from = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'))
  const text = () => `${(from + ((now() - begun) * speed) / second).toFixed(2).padStart(12)} 0.00\n`
  writeFileSync(file, text())
  await node.sh('mount --bind /var/lib/uptime /proc/uptime')
  const handle = openSync(file, 'r+')
  const ticking = setInterval(() => writeSync(handle, text(), 0), 100)
  undo(() => {
    clearInterval(ticking)
    closeSync(handle)
  })
}

/** How a soak went: its courses, how many faults were made and told, and what was not right. */
export interface Soaked {
  readonly hours: number
  readonly courses: readonly Course[]
  readonly made: number
  /** How often each code was told, by its cause. */
  readonly told: ReadonlyMap<string, number>
  /** Codes of faults that were made and never told. */
  readonly untold: readonly string[]
}

/** Runs for so many minutes of this machine's clock. */
export async function soak(stand: Stand, minutes: number): Promise<Soaked> {
  await unpackPackages()
  if (!existsSync(clockLibrary)) throw new Error("libfaketime could not be had from Debian's packages")
  const begun = now()
  const site = await stand.site('soak', { clock: fast(begun) })
  const { node, receiver } = site
  await uptime({ node, undo: stand.undo }, begun)
  const within = join(node.folder, 'within')
  const agent = await stand.launch(site, {
    flags: ['--trace-gc-nvp', '--import', telling],
    env: { ...fast(begun), MURPHY_BENCH_WITHIN: within },
  })
  const faults = faultsOf(stand)
  const told = new Map<string, number>()
  const count = ({ body: { type = '', data: about } }: Arrived) => {
    const causes = [about?.incident, ...(about?.incidents ?? [])].map((it) => it?.cause.code)
    if (/^incidents?\.opened$/.test(type))
      for (const code of causes) if (code) told.set(code, (told.get(code) ?? 0) + 1)
    return false
  }
  void receiver.next(count, minutes * minute + hour)
  const samples: Sample[] = []
  const until = now() + minutes * minute
  let [made, sampled] = [0, now()]
  for (let next = now() + every / speed; now() < until; next += every / speed) {
    const fault = faults[made % faults.length] as Fault
    await fault.break(node)
    made += 1
    await pause(lasts / speed)
    await fault.mend(node)
    if (now() - sampled >= sampling / speed) {
      sampled = now()
      samples.push(await sampleOf(agent, node.folder, within))
    }
    const { anonymous = 0, database = 0 } = samples.at(-1) ?? {}
    const size = `${(anonymous / megabyte).toFixed(1)} MB anonymous, database ${(database / megabyte).toFixed(2)} MB`
    if (made % 12 === 0) say(`${Math.round(((now() - begun) * speed) / hour)} h, ${made} faults, ${size}`)
    await pause(Math.max(0, next - now()))
  }
  const untold = faults.slice(0, made).flatMap(({ code }) => (told.has(code) ? [] : [code]))
  return { hours: (minutes * speed) / 60, courses: coursesOf(samples), made, told, untold }
}

const megabyte = 1e6

/** What is allowed beyond measuring: a collection may be due, a command running. */
const coursesOf = (samples: readonly Sample[]): readonly Course[] => {
  const of = (what: keyof Sample, by = 1) => samples.map((it) => it[what] / by)
  return [
    { what: 'RSS with children', unit: 'MB', values: of('rss', megabyte), spread: 0.03, least: 0 },
    {
      what: 'anonymous with children',
      unit: 'MB',
      values: of('anonymous', megabyte),
      spread: 0.05,
      least: 0,
    },
    {
      what: 'heap after a full collection',
      unit: 'MB',
      values: of('heap', megabyte),
      spread: 0.05,
      least: 1,
    },
    { what: 'descriptors', unit: '', values: of('descriptors'), spread: 0, least: 2 },
    { what: 'timers', unit: '', values: of('timers'), spread: 0, least: 2 },
    { what: 'other handles', unit: '', values: of('handles'), spread: 0, least: 2 },
    { what: 'threads', unit: '', values: of('threads'), spread: 0, least: 0 },
    { what: 'children', unit: '', values: of('children'), spread: 0, least: 1 },
    { what: 'database', unit: 'MB', values: of('database', megabyte), spread: 0.1, least: 0.1 },
    { what: 'its log of writes', unit: 'MB', values: of('log', megabyte), spread: 0.1, least: 0.1 },
  ]
}

/** What has grown. */
export const growing = ({ courses }: Soaked): readonly string[] =>
  courses.filter((it) => judge(it).verdict === 'grows').map((it) => it.what)

/** The chart, and what was made and told. */
export function soakText(soaked: Soaked): string {
  const { hours, courses, made, told, untold } = soaked
  const grown = growing(soaked)
  return `${chart(courses)}

${hours.toFixed(1)} h of the agent's clock, ${made} faults. ${grown.length > 0 ? `Growing: ${grown.join(', ')}.` : 'Nothing grows.'}
Told: ${[...told].map(([code, times]) => `${code} ${times}`).join(', ')}.${untold.length > 0 ? ` Never told: ${untold.join(', ')}.` : ''}`
}
