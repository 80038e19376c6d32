import { parentPort, workerData } from 'node:worker_threads'
import { type Failure, faultOf, inputOf, keep, shrunk } from './drive.ts'
import { all } from './kinds.ts'

/** What a thread says: the number of the input it is at, a fault it has found, that its time is over. */
export interface Message {
  readonly next: number
  readonly fault?: { readonly failure: Failure; readonly file: string }
  readonly done?: true
}

interface Order {
  readonly kind: string
  readonly seed: number
  readonly from: number
  /** How long it is to run, ms. */
  readonly time: number
  /** Faults that were found before: one input of each is enough. */
  readonly known: readonly string[]
}

const { kind: name, seed, from, time, known } = workerData as Order
const kind = all.find((it) => it.name === name)
const say = (it: Message) => parentPort?.postMessage(it)

if (kind) {
  const seen = new Set(known)
  await kind.begin?.()
  const end = performance.now() + time
  let next = from
  for (; performance.now() < end; next += 1) {
    say({ next })
    const parts = inputOf(kind, seed, next)
    const failure = await faultOf(kind, parts)
    if (!failure || seen.has(failure.property)) continue
    seen.add(failure.property)
    const smaller = await shrunk(kind, parts, failure)
    say({
      next,
      fault: { failure: (await faultOf(kind, smaller)) ?? failure, file: keep(kind, smaller, failure) },
    })
  }
  await kind.end?.()
  say({ next, done: true })
}
