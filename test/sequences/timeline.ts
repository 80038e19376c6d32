/** What happens when: events in the order of their times, of equal times in the order in which they were planned. */
export interface Timeline {
  /** True time, ms since the epoch: no clock of the node can change it. */
  now(): number
  /** Plans an event; one in the past happens next. */
  at(time: number, what: () => void, quiet?: true): void
  /** Plans an event `ms` from now; `quiet`: it changes nothing of the node. */
  in(ms: number, what: () => void, quiet?: true): void
  /** Lets everything happen until `end`; `after` is called behind each event that is not quiet. */
  run(end: number, after: () => void): void
}

export function timeline(begin: number): Timeline {
  let now = begin
  const planned: { readonly time: number; readonly what: () => void; readonly quiet: boolean }[] = []
  const at = (time: number, what: () => void, quiet?: true) => {
    let [low, high] = [0, planned.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((planned[middle]?.time ?? 0) <= time) low = middle + 1
      else high = middle
    }
    planned.splice(low, 0, { time, what, quiet: quiet === true })
  }
  return {
    now: () => now,
    at,
    in: (ms, what, quiet) => at(now + ms, what, quiet),
    run(end, after) {
      for (let next = planned[0]; next && next.time <= end; next = planned[0]) {
        planned.shift()
        now = Math.max(now, next.time)
        next.what()
        if (!next.quiet) after()
      }
      now = Math.max(now, end)
    },
  }
}
