/** What a log has grown by. */
export interface Demand {
  readonly pod: string
  readonly bytes: number
  /** Its pod has precedence once every pod has its equal share. */
  readonly first: boolean
}

/**
 * How much of each log may be read, `total` bytes at most. Every pod gets an equal share, or less if it needs less.
 * What is left over goes to pods with precedence (`first`), then to the others, evenly. The containers of a pod share
 * in the same way. Pure.
 */
export function shares(demands: readonly Demand[], total: number): readonly number[] {
  const pods = [...Map.groupBy(demands.keys(), (at) => (demands[at] as Demand).pod).values()]
  const wanted = pods.map((its) => sum(its.map((at) => demands[at]?.bytes ?? 0)))
  const first = pods.map((its) => its.some((at) => demands[at]?.first))
  const part = Math.floor(total / Math.max(1, pods.length))
  const given = wanted.map((it) => Math.min(it, part))
  for (const turn of [true, false]) {
    const its = [...pods.keys()].filter((pod) => first[pod] === turn)
    const more = level(
      its.map((pod) => (wanted[pod] ?? 0) - (given[pod] ?? 0)),
      total - sum(given),
    )
    its.forEach((pod, at) => {
      given[pod] = (given[pod] ?? 0) + (more[at] ?? 0)
    })
  }
  const result = demands.map(() => 0)
  pods.forEach((its, pod) => {
    const each = level(
      its.map((at) => demands[at]?.bytes ?? 0),
      given[pod] ?? 0,
    )
    its.forEach((at, index) => {
      result[at] = each[index] ?? 0
    })
  })
  return result
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, it) => all + it, 0)

/** Gives each what it wants; if that is too much, all who want more get the same amount. */
function level(wants: readonly number[], total: number): number[] {
  const given = wants.map(() => 0)
  let left = total
  const order = [...wants.keys()].sort((a, b) => (wants[a] ?? 0) - (wants[b] ?? 0))
  order.forEach((at, index) => {
    given[at] = Math.min(wants[at] ?? 0, Math.floor(left / (order.length - index)))
    left -= given[at] ?? 0
  })
  return given
}
