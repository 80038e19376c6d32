import { schedule as cron, validate } from 'node-cron'

/** Whether this is a cron expression the scheduler understands. */
export const validCron = (expression: string) => validate(expression)

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
  readonly now?: () => number
}

/** A change seldom comes alone (a flush is dozens of deletions): look once it has settled for this long, ms. */
export const settle = 40
/** Under changes without end the pause between woken rounds grows from this … */
const shortestPause = 250
/** … to this, ms, so that churn costs little. A quiet spell of three pauses, and at least `calm`, starts anew. */
const longestPause = 15_000
const calm = 2_000

export function rounds({ every, run, now = Date.now }: RoundsOptions): Rounds {
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
    running = run().finally(() => {
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
    pause = quiet > Math.max(calm, 3 * pause) ? 0 : Math.min(longestPause, Math.max(shortestPause, pause * 2))
    timer = setTimeout(
      () => {
        timer = undefined
        lastWoken = now()
        look()
      },
      Math.max(settle, pause - quiet),
    )
  }
  const clock = cron(every, look, { noOverlap: true })
  void clock.stop()

  return {
    wake,
    next: () => clock.getNextRun()?.getTime(),
    start() {
      void clock.start()
      look()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await clock.destroy()
      await running
    },
  }
}
