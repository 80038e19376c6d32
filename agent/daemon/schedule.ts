import { createTask } from 'node-cron'

/** Runs the rounds of one collector: on schedule, and early when woken; never two at once. */
export interface Rounds {
  /** Asks for a round soon. Many wakes in quick succession make one round. */
  wake(): void
  /** When the next scheduled round is. */
  next(): number | undefined
  /** Starts the clock, with a round at once. */
  start(): void
  /** Stops the clock and waits for a round that is under way. */
  stop(): Promise<void>
}

export interface RoundsOptions {
  readonly every: string
  readonly run: () => Promise<void>
  /** Called with an error that `run` did not catch; the next round comes all the same. */
  readonly failed?: (error: unknown) => void
  /** The longest pause between woken rounds, ms. */
  readonly longest?: number | undefined
  /** The clock for pauses, ms: a monotonic one. */
  readonly now?: () => number
  /** The clock for the cron expression, ms since the epoch. */
  readonly wallClock?: () => number
}

/** Pause before a woken round, ms, because changes seldom come alone: a flush is dozens of deletions. */
export const settle = 40
/** While changes keep coming, the pause between woken rounds grows from this … */
const shortestPause = 250
/**
 * … to this, ms, unless a collector asks for less, so that constant changes cost little. When no wake came for more
 * than three pauses, and at least `calm` ms, it starts from zero again.
 */
const longestPause = 15_000
const calm = 2_000

/** The wall clock may be set at any time, so it is read at least this often, ms. */
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

/** Calls `look` at the times of a cron expression, also when the clock is set. */
function ticking(every: string, wallClock: () => number, look: () => void) {
  // Only used to compute times: the library's own timer stops when the clock is set back, and after a jump ahead it
  // runs for every time that was skipped.
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
