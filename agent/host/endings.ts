/** What waits for each signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `stop` when a round ends, unless it is taken back with what is returned. Some hundred questions of a round wait for
 * its end, each for a moment: one listener for all of them costs a tenth.
 */
export function atEnd(signal: AbortSignal, stop: () => void): () => void {
  const all = waiting.get(signal) ?? begin(signal)
  all.add(stop)
  return () => all.delete(stop)
}

function begin(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>()
  waiting.set(signal, all)
  signal.addEventListener(
    'abort',
    () => {
      for (const stop of all) {
        all.delete(stop)
        stop()
      }
    },
    { once: true },
  )
  return all
}

/**
 * The end of one round: after `timeout` ms at the latest, or when `outer` ends. `over` is to be called when it has ended by
 * itself: a signal of Node.js's own that times out later wakes the process once more, for nothing.
 */
export function roundEnd(
  timeout: number,
  outer: AbortSignal,
): { readonly signal: AbortSignal; readonly over: () => void } {
  const ending = new AbortController()
  const end = () => ending.abort()
  const timer = setTimeout(end, timeout)
  timer.unref()
  const takeBack = atEnd(outer, end)
  if (outer.aborted) end()
  return {
    signal: ending.signal,
    over() {
      clearTimeout(timer)
      takeBack()
    },
  }
}
