import { HostError } from '../model/index.ts'

/**
 * Node.js reads files with four threads, and one that waits for a dead file server is gone until it answers. With
 * all of them gone nothing is read any more, and no name is looked up. So this work goes through lanes, each with
 * few threads; a lane in which something hangs takes no more until that has answered.
 */
export interface Lane {
  /**
   * Waits for a place, then for `work`, no longer than `timeout` ms. What has not answered by then goes on holding its
   * place, and everything else in the lane is a timeout at once. What comes too late is handed to `late`.
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

/** Of the four threads one is always left, for looking up names (getaddrinfo) when there is something to tell. */
const mostHanging = 3
const hanging = new Set<Hanging>()

/** What is under way and has had no answer for longer than it may. */
interface Hanging {
  readonly doing: string
  readonly since: number
}

/** A lane for so many at once. */
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

/** Those who wait for a place, in the order in which they came. */
function newQueue() {
  const waiting = new Set<() => void>()
  return {
    wake() {
      for (const go of waiting) go()
    },
    wakeOne() {
      for (const go of waiting) return go()
    },
    /** Resolves when there may be a place, or the round is over. */
    turn: (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const go = () => {
          waiting.delete(go)
          signal.removeEventListener('abort', go)
          resolve()
        }
        waiting.add(go)
        signal.addEventListener('abort', go, { once: true })
      }),
  }
}

/** Why work cannot begin in a lane in which `own` hangs. */
function refusal(doing: string, signal: AbortSignal, own: ReadonlySet<Hanging>): HostError | undefined {
  if (signal.aborted) return new HostError('timeout', `${doing}: given up, because its round was over`)
  const [first] = own.size > 0 ? own : hanging.size >= mostHanging ? hanging : []
  if (!first) return undefined
  const at = new Date(first.since).toISOString().slice(11, 19)
  return new HostError(
    'timeout',
    `${doing}: not asked, because ${first.doing} has had no answer since ${at} UTC; see to the disk or file server that holds it`,
  )
}

/** What becomes of work that began: nobody is waited for longer than it may take, but its place is not free before it has answered. */
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
    // Also when its round is over: until then nobody knows that it hangs.
    const timer = setTimeout(() => {
      gone = true
      hangs(it)
      reject(new HostError('timeout', `${doing}: no answer within ${timeout / 1000} s`))
    }, timeout)
    timer.unref()
    signal.addEventListener('abort', stop, { once: true })
    const answered = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
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
