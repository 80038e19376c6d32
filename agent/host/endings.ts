/** What waits for each signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `stop`, which must not throw, when a round ends, unless it is taken back with what is returned. Some hundred
 * questions of a round wait for its end, each for a moment: one listener for all of them costs a tenth.
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

/** Why a signal ends; without a reason Node.js would make an error with a stack of each. */
const ended = 'the round is over'

/**
 * The end of one round: after `timeout` ms at the latest, or when `outer` ends, or when `over` is called, as it has ended by
 * itself: what it left behind ends too, and no signal of Node.js's own wakes the process once more later, for nothing.
 */
export function roundEnd(
  timeout: number,
  outer: AbortSignal,
): { readonly signal: AbortSignal; readonly over: () => void } {
  const ending = new AbortController()
  const end = () => ending.abort(ended)
  const timer = setTimeout(end, timeout)
  timer.unref()
  const takeBack = atEnd(outer, end)
  if (outer.aborted) end()
  return {
    signal: ending.signal,
    over() {
      clearTimeout(timer)
      takeBack()
      end()
    },
  }
}
