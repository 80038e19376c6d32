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
const hanging = new Set<{ readonly doing: string; readonly since: number }>()

/** A lane for so many at once. */
export function newLane(width: number): Lane {
  let running = 0
  const own = new Set<{ readonly doing: string; readonly since: number }>()
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const go of waiting) go()
  }
  const wakeOne = () => {
    for (const go of waiting) return go()
  }
  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const go = () => {
        waiting.delete(go)
        signal.removeEventListener('abort', go)
        resolve()
      }
      waiting.add(go)
      signal.addEventListener('abort', go, { once: true })
    })
  /** Why it cannot begin. */
  const refusal = (doing: string, signal: AbortSignal): HostError | undefined => {
    if (signal.aborted) return new HostError('timeout', `${doing}: given up, because its round was over`)
    const [first] = own.size > 0 ? own : hanging.size >= mostHanging ? hanging : []
    if (!first) return undefined
    const at = new Date(first.since).toISOString().slice(11, 19)
    return new HostError(
      'timeout',
      `${doing}: not asked, because ${first.doing} has had no answer since ${at} UTC; see to the disk or file server that holds it`,
    )
  }

  const start = <T>(
    doing: string,
    work: () => Promise<T>,
    { timeout, signal }: Bounds,
    late?: (result: T) => void,
  ) =>
    new Promise<T>((resolve, reject) => {
      running += 1
      const it = { doing, since: Date.now() }
      let gone = false
      const stop = () => {
        gone = true
        reject(new HostError('timeout', `${doing}: given up, because its round was over`))
      }
      // Also when its round is over: until then nobody knows that it hangs.
      const timer = setTimeout(() => {
        gone = true
        own.add(it)
        hanging.add(it)
        reject(new HostError('timeout', `${doing}: no answer within ${timeout / 1000} s`))
        wake()
      }, timeout)
      timer.unref()
      signal.addEventListener('abort', stop, { once: true })
      const over = () => {
        running -= 1
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        own.delete(it)
        hanging.delete(it)
        wakeOne()
      }
      work().then(
        (result) => {
          over()
          if (gone) late?.(result)
          else resolve(result)
        },
        (error: unknown) => {
          over()
          reject(error)
        },
      )
    })

  return {
    async run(doing, work, bounds, late) {
      for (;;) {
        const why = refusal(doing, bounds.signal)
        if (why) {
          wakeOne()
          throw why
        }
        if (running < width) return await start(doing, work, bounds, late)
        await turn(bounds.signal)
      }
    },
    get stuck() {
      return own.size > 0
    },
  }
}
