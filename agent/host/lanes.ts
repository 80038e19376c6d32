import { HostError } from '../model/index.ts'
import { timeOfDay } from '../text/times.ts'
import { atEnd } from './endings.ts'

/**
 * Node.js reads files with four threads, and one that waits for a dead file server is lost until that answers. With all
 * four lost, no file can be read and no name looked up. So this work goes through lanes, each of which uses only a few
 * threads; a lane in which something hangs accepts no more work until that has answered.
 */
export interface Lane {
  /**
   * Waits for a free place until the round ends, then for `work` at most `timeout` ms. Work that has not answered by
   * then keeps its place, and everything else in the lane rejects with `timeout` at once. A result that comes too late
   * is passed to `late`.
   */
  run<T>(doing: string, work: () => Promise<T>, bounds: Bounds, late?: (result: T) => void): Promise<T>
  /** Whether something hangs in it. */
  readonly stuck: boolean
}

export interface Bounds {
  /** Milliseconds. */
  readonly timeout: number
  /** The end of the round. */
  readonly signal: AbortSignal
}

let inPlace = 0

/** False once in 128 calls: that work goes through the thread pool, so that the event loop gets a turn. */
export function isTurn(): boolean {
  inPlace = (inPlace + 1) % 128
  return inPlace > 0
}

/** The most hanging threads in all lanes: one of the four is left, to look up names (getaddrinfo) for notifications. */
const mostHanging = 3
const hanging = new Set<Hanging>()

/** Work that has not answered within its timeout. */
interface Hanging {
  readonly doing: string
  readonly since: number
}

/** A lane that runs at most `width` pieces of work at once. */
export function newLane(width: number): Lane {
  let running = 0
  const own = new Set<Hanging>()
  const queue = newQueue()
  return {
    async run(doing, work, bounds, late) {
      for (;;) {
        const why = refusal(doing, bounds.signal, own)
        if (why) {
          queue.wakeOne()
          throw why
        }
        if (running >= width) {
          await queue.turn(bounds.signal)
          continue
        }
        running += 1
        return await start(doing, work, bounds, {
          hangs(it) {
            own.add(it)
            hanging.add(it)
            queue.wake()
          },
          over(it) {
            running -= 1
            own.delete(it)
            hanging.delete(it)
            queue.wakeOne()
          },
          late,
        })
      }
    },
    get stuck() {
      return own.size > 0
    },
  }
}

/** Work that waits for a place, first come first served. */
function newQueue() {
  const waiting = new Set<() => void>()
  return {
    wake() {
      for (const go of waiting) go()
    },
    wakeOne() {
      for (const go of waiting) return go()
    },
    /** Resolves when a place may be free, or the round is over. */
    turn: (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const go = () => {
          waiting.delete(go)
          takeBack()
          resolve()
        }
        waiting.add(go)
        const takeBack = atEnd(signal, go)
      }),
  }
}

/** Why work cannot begin, if so. `own`: what hangs in this lane. */
function refusal(doing: string, signal: AbortSignal, own: ReadonlySet<Hanging>): HostError | undefined {
  if (signal.aborted) return new HostError('timeout', `${doing}: given up, because its round was over`)
  const [first] = own.size > 0 ? own : hanging.size >= mostHanging ? hanging : []
  if (!first) return undefined
  return new HostError(
    'timeout',
    `${doing}: not asked, because ${first.doing} has had no answer since ${timeOfDay(first.since)}; see to the disk or file server that holds it`,
  )
}

/** Runs work and waits for it at most `timeout` ms; its place becomes free only when it has answered. */
function start<T>(
  doing: string,
  work: () => Promise<T>,
  { timeout, signal }: Bounds,
  {
    hangs,
    over,
    late,
  }: {
    readonly hangs: (it: Hanging) => void
    readonly over: (it: Hanging) => void
    readonly late: ((result: T) => void) | undefined
  },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const it = { doing, since: Date.now() }
    let gone = false
    const stop = () => {
      gone = true
      reject(new HostError('timeout', `${doing}: given up, because its round was over`))
    }
    // Goes on when the round is over: only this timer finds out that the work hangs.
    const timer = setTimeout(() => {
      gone = true
      hangs(it)
      reject(new HostError('timeout', `${doing}: no answer within ${timeout / 1000} s`))
    }, timeout)
    timer.unref()
    const takeBack = atEnd(signal, stop)
    const answered = () => {
      clearTimeout(timer)
      takeBack()
      over(it)
    }
    work().then(
      (result) => {
        answered()
        if (gone) late?.(result)
        else resolve(result)
      },
      (error: unknown) => {
        answered()
        reject(error)
      },
    )
  })
}
