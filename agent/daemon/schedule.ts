import { createTask } from 'node-cron'

/** The rounds of one collector: by the clock, and early when woken; never two at once. */
export interface Rounds {
  /** Asks for a round soon. Many wakes in a moment are one round. */
  wake(): void
  /** When the next round comes by the clock. */
  next(): number | undefined
  /** Starts the clock, with a round at once. */
  start(): void
  /** Stops the clock and waits for a round that is under way. */
  stop(): Promise<void>
}

export interface RoundsOptions {
  readonly every: string
  readonly run: () => Promise<void>
  /** Told of what `run` did not catch: the next round comes all the same. */
  readonly failed?: (error: unknown) => void
  /** The longest pause between woken rounds, ms. */
  readonly longest?: number | undefined
  /** What pauses are measured by: a clock nobody sets. */
  readonly now?: () => number
  /** What the cron expression goes by. */
  readonly wallClock?: () => number
}

/** A change seldom comes alone (a flush is dozens of deletions): look once it has settled for this long, ms. */
export const settle = 40
/** Under changes without end the pause between woken rounds grows from this … */
const shortestPause = 250
/** … to this, ms, unless a collector asks for less, so that churn costs little. A quiet spell of three pauses, and at least `calm`, starts anew. */
const longestPause = 15_000
const calm = 2_000

/** The clock may be set meanwhile; it is looked at this often, ms. */
const longestTick = 30_000

export function rounds({
  every,
  run,
  failed = () => {},
  longest = longestPause,
  now = () => performance.now(),
  wallClock = Date.now,
}: RoundsOptions): Rounds {
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let again = false
  let stopped = false
  let pause = 0
  let lastWoken = Number.NEGATIVE_INFINITY

  const look = () => {
    if (stopped) return
    if (running) {
      again = true
      return
    }
    clearTimeout(timer)
    timer = undefined
    running = run()
      .catch(failed)
      .finally(() => {
        running = undefined
        if (again) {
          again = false
          wake()
        }
      })
  }
  const wake = () => {
    if (stopped || timer) return
    if (running) {
      again = true
      return
    }
    const quiet = now() - lastWoken
    pause = quiet > Math.max(calm, 3 * pause) ? 0 : Math.min(longest, Math.max(shortestPause, pause * 2))
    timer = setTimeout(
      () => {
        timer = undefined
        lastWoken = now()
        look()
      },
      Math.max(settle, pause - quiet),
    )
  }
  const clock = ticking(every, wallClock, look)
  return {
    wake,
    next: clock.next,
    start() {
      clock.start()
      look()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      clock.stop()
      await running
    },
  }
}

/** Calls `look` at the times of a cron expression by a clock that may be set meanwhile. */
function ticking(every: string, wallClock: () => number, look: () => void) {
  // Only asked for times: its own timer stands still when the clock goes back, and counts every slot of a jump ahead.
  const cron = createTask(every, () => {})
  const next = () => cron.getNextRuns(1)[0]?.getTime()
  let tick: NodeJS.Timeout | undefined
  let stopped = false
  const start = () => {
    const from = wallClock()
    const at = next() ?? from + longestTick
    tick = setTimeout(
      () => {
        const time = wallClock()
        if (time >= at || time < from) look()
        if (!stopped) start()
      },
      Math.min(longestTick, at > from ? at - from : 1000),
    )
  }
  return {
    next,
    start,
    stop() {
      stopped = true
      clearTimeout(tick)
    },
  }
}
