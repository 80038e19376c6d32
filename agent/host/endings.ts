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
