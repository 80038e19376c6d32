import { createTask } from 'node-cron'
import { daily } from './daily.ts'

/** Runs the rounds of one collector: on schedule, and early when woken; never two at once. */
export interface Rounds {
  /** Asks for a round soon. Many wakes in quick succession make one round. */
  wake(): void
  /**
   * Asks for a round now, whatever changes keep coming: what only waits to be confirmed has waited already. Asked for
   * once a finding, so it cannot become many.
   */
  confirm(): void
  /** When the next round is, if nothing wakes it. */
  next(): number | undefined
  /** When the next round is by the schedule alone: others may come sooner, and need not come after all. */
  scheduled(): number | undefined
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
  /**
   * Asked after each round, which ran for `took` ms: how long after its beginning the next one comes at the latest, ms.
   * Undefined: when the clock says so.
   */
  readonly within?: (took: number) => number | undefined
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
  within = () => undefined,
  now = () => performance.now(),
  wallClock = Date.now,
}: RoundsOptions): Rounds {
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let again: 'wake' | 'confirm' | undefined
  let stopped = false
  let pause = 0
  let lastWoken = Number.NEGATIVE_INFINITY
  const look = (woken = false) => {
    if (stopped) return
    if (running) {
      again ??= 'wake'
      return
    }
    clearTimeout(timer)
    timer = undefined
    const begun = now()
    running = run()
      .catch(failed)
      .finally(() => {
        running = undefined
        if (!stopped) sooner.after(begun, woken)
        const asked = again
        again = undefined
        if (asked === 'wake') wake()
        if (asked === 'confirm') look()
      })
  }
  const wake = () => {
    if (stopped || timer) return
    if (running) {
      again ??= 'wake'
      return
    }
    const quiet = now() - lastWoken
    pause = quiet > Math.max(calm, 3 * pause) ? 0 : Math.min(longest, Math.max(shortestPause, pause * 2))
    timer = setTimeout(
      () => {
        timer = undefined
        lastWoken = now()
        look(true)
      },
      Math.max(settle, pause - quiet),
    )
  }
  const clock = ticking(every, wallClock, () => look())
  const sooner = attending(within, now, () => look())
  return {
    wake,
    confirm() {
      // The round that runs began before now: it confirms nothing.
      if (running) again = 'confirm'
      else look()
    },
    next() {
      const left = sooner.left()
      const times = [clock.next(), ...(left === undefined ? [] : [wallClock() + left])]
      return times.filter((it) => it !== undefined).sort((a, b) => a - b)[0]
    },
    scheduled: clock.next,
    start() {
      clock.start()
      look()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      sooner.stop()
      clock.stop()
      await running
    },
  }
}

/** Calls `look` for rounds that come sooner than scheduled. `left`: how long until then, ms. */
function attending(within: NonNullable<RoundsOptions['within']>, now: () => number, look: () => void) {
  let timer: NodeJS.Timeout | undefined
  let at: number | undefined
  const stop = () => {
    clearTimeout(timer)
    at = undefined
  }
  return {
    stop,
    left: () => (at === undefined ? undefined : Math.max(0, at - now())),
    /** After a round that began then. */
    after(begun: number, woken: boolean) {
      const pause = within(now() - begun)
      // Woken rounds do not put it off: they may leave out what takes long, and could come without end.
      if (woken && pause !== undefined && at !== undefined) return
      stop()
      if (pause === undefined) return
      at = begun + pause
      timer = setTimeout(
        () => {
          at = undefined
          look()
        },
        Math.max(0, at - now()),
      )
      timer.unref()
    },
  }
}

/** Calls `look` at the times of a cron expression, also when the clock is set. */
function ticking(every: string, wallClock: () => number, look: () => void) {
  const next = timesOf(every, wallClock)
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

/** When a cron expression comes next. */
function timesOf(every: string, wallClock: () => number): () => number | undefined {
  const nextDaily = daily(every)
  if (nextDaily) return () => nextDaily(wallClock())
  // Only used to compute times: the library's own timer stops when the clock is set back, and after a jump ahead it
  // runs for every time that was skipped.
  const cron = createTask(every, () => {})
  return () => cron.getNextRuns(1)[0]?.getTime()
}
