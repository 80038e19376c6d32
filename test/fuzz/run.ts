import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { type Failure, inputOf, keep } from './drive.ts'
import type { Kind } from './kind.ts'
import { all } from './kinds.ts'
import type { Message } from './worker.ts'

/**
 * `npm run fuzz -- --minutes N --seed S [--only KIND[,KIND]]`: every kind for its part of the time, one after
 * the other. Each runs in a thread of its own, so that an input that never ends, eats all memory or throws
 * past everyone is an input that failed, too. The smallest input of each fault is written to test/fuzz/found.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' }, only: { type: 'string' } },
})
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const chosen = values.only === undefined ? all : all.filter((it) => values.only?.split(',').includes(it.name))
if (!(minutes > 0) || !Number.isSafeInteger(seed) || chosen.length === 0) {
  process.stderr.write(
    `usage: npm run fuzz -- --minutes N --seed S --only KIND,KIND\nkinds: ${all.map((it) => it.name).join(', ')}\n`,
  )
  process.exit(78)
}
const say = (text: string) => process.stdout.write(`${text}\n`)

/** How long an input may take before its thread is left behind, ms: shrinking one that is only slow takes longer than one input. */
const patience = 60_000
/** MB of heap of a thread: ten times what the agent may take. */
const heap = 1024

interface Ran {
  readonly cases: number
  readonly seconds: number
  readonly faults: readonly string[]
}

/** Runs one kind; what ends its thread is noted, and it goes on behind that input. */
async function run(kind: Kind, time: number): Promise<Ran> {
  const begun = performance.now()
  const faults: string[] = []
  const known = new Set<string>()
  const fault = (failure: Failure, file: string) => {
    known.add(failure.property)
    faults.push(failure.property)
    say(`  ${kind.name}: ${failure.property}\n    ${failure.detail.replaceAll('\n', '\n    ')}\n    ${file}`)
  }
  let next = 0
  let cases = 0
  while (performance.now() - begun < time) {
    const ended = await thread(kind, next, time - (performance.now() - begun), [...known], fault)
    cases += ended.next - next
    next = ended.next
    if (ended.failure === undefined) break
    next += 1
    if (!known.has(ended.failure.property))
      fault(ended.failure, keep(kind, inputOf(kind, seed, ended.next), ended.failure))
  }
  return { cases, seconds: (performance.now() - begun) / 1000, faults }
}

/** The number of the input at which a thread ended, and what of that input ended it. */
function thread(
  kind: Kind,
  from: number,
  time: number,
  known: readonly string[],
  fault: (failure: Failure, file: string) => void,
): Promise<{ readonly next: number; readonly failure?: Failure }> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: { kind: kind.name, seed, from, time, known },
      resourceLimits: { maxOldGenerationSizeMb: heap },
    })
    let next = from
    let watchdog: NodeJS.Timeout
    const end = (failure?: Failure) => {
      clearTimeout(watchdog)
      resolve({ next, ...(failure && { failure }) })
      void worker.terminate()
    }
    const watch = () => {
      clearTimeout(watchdog)
      watchdog = setTimeout(
        () => end({ property: 'ends', detail: `no end within ${patience / 1000} s` }),
        patience,
      )
    }
    watch()
    worker.on('message', (it: Message) => {
      next = it.next
      watch()
      if (it.fault) fault(it.fault.failure, it.fault.file)
      if (it.done) end()
    })
    worker.on('error', (error: NodeJS.ErrnoException) =>
      end({
        property:
          error.code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? 'takes bounded memory'
            : 'nothing is thrown past everyone',
        detail: String(error.stack ?? error).slice(0, 1000),
      }),
    )
  })
}

say(`seed ${seed}, ${minutes} minutes, ${chosen.length} kinds`)
const share = (minutes * 60_000) / chosen.length
let cases = 0
let failed = 0
for (const kind of chosen) {
  const it = await run(kind, share)
  cases += it.cases
  failed += it.faults.length
  const rate = Math.round(it.cases / it.seconds)
  say(
    `${it.faults.length === 0 ? 'ok    ' : 'not ok'}  ${kind.name.padEnd(12)} ${String(it.cases).padStart(8)} cases  ${String(rate).padStart(6)} a second  ${it.faults.length} faults`,
  )
}
say(`${cases} cases, ${failed} faults, seed ${seed}`)
process.exitCode = failed > 0 ? 1 : 0
