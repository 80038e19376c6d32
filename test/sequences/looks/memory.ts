import { iso } from '../../../agent/text/times.ts'
import { nameOf, podOf } from '../cast.ts'
import type { Kill, Node } from '../node.ts'
import { profile } from '../profile.ts'
import { type Statement, together } from '../truth.ts'

const minute = 60_000
const hour = 60 * minute

/** What the memory collector says of the node now. */
export function memorySays(node: Node): readonly Statement[] {
  const now = node.time.now()
  const held = node.kills.filter((it) => now - it.at < hour)
  return [
    ...starved(node, held),
    ...[...Map.groupBy(node.kills, ownerOf).values()].flatMap((its) => storming(node, its)),
    ...[...Map.groupBy(held, (it) => nameOf(it.pod)).values()].map((its) => killed(node, its)),
    ...again(node),
    ...near(node),
    ...whole(node),
  ]
}

const origin = (all: readonly Kill[]) => together(all) ?? { by: [], after: [] }
/** First and last, by the clock of the node. */
const times = (node: Node, all: readonly Kill[]) => ({
  at: node.wall(all[0]?.at ?? 0),
  latest: node.wall(all.at(-1)?.at ?? 0),
})

function killed(node: Node, its: readonly Kill[]): Statement {
  const [{ pod }] = its as readonly [Kill]
  const byNode = its.filter((it) => it.whole).length
  const { at, latest } = times(node, its)
  return {
    code: 'memory.oom-killed',
    subject: nameOf(pod),
    text: `Killed ${its.length} times${byNode === its.length ? ', because the node had no memory left' : ', limit 256 MiB (of the container)'}.`,
    ...(pod.database && { severity: 'critical' as const }),
    pod: podOf(pod),
    ...{ at, wellAt: at, latest },
    seen: true,
    past: true,
    evidence: {
      kills: its.length,
      last: iso(latest),
      ...(byNode > 0 && { 'because the node ran out': byNode }),
    },
    ...origin(its),
  }
}

/** collectors/memory/history/bouts.ts: three bouts within a day, until the next one is long overdue. */
function again(node: Node): readonly Statement[] {
  const now = node.time.now()
  return [...Map.groupBy(node.kills, (it) => nameOf(it.pod)).values()].flatMap(
    (its): readonly Statement[] => {
      const bouts = its.filter((it, index) => it.at - (its[index - 1]?.at ?? 0) >= 5000).slice(-12)
      const [first, last] = [bouts[0], bouts.at(-1)]
      if (!first || !last || bouts.length < 3) return []
      const { pod } = first
      const distance = (last.at - first.at) / (bouts.length - 1)
      if (last.at + Math.max(hour, 2 * distance) < now) return []
      const { at, latest } = times(node, bouts)
      return [
        {
          code: 'memory.oom-repeating',
          subject: nameOf(pod),
          text: `Killed ${bouts.length} times, about every ${Math.round(distance / minute)} min.`,
          pod: podOf(pod),
          ...{ at, wellAt: at, latest },
          seen: true,
          past: true,
          evidence: { times: bouts.length, last: iso(latest) },
          ...origin(bouts),
        },
      ]
    },
  )
}

/** Of whom a storm is: a kill of another pod is no part of it (collectors/memory/history/bouts.ts). */
const ownerOf = (it: Kill) => (it.whole ? 'the node' : nameOf(it.pod))

/** Twenty kills within a minute; it goes on while the kernel has killed within the last minute. */
function storming(node: Node, kills: readonly Kill[]): readonly Statement[] {
  const now = node.time.now()
  const all = kills.map((it) => it.at)
  const begins = all.findIndex((at, index) => {
    const last = all[index + 19]
    return last !== undefined && last - at < minute && now - last < 20 * minute
  })
  if (begins < 0) return []
  let end = begins + 19
  while (all[end + 1] !== undefined && (all[end + 1] as number) - (all[end] as number) < minute) end += 1
  const its = kills.slice(begins, end + 1)
  const last = all[end] as number
  const { stormHeld, stormPast } = profile()
  if (now - last >= stormHeld) return []
  const { at, latest } = times(node, its)
  return [
    {
      code: 'memory.oom-storm',
      subject: 'node',
      text: `${its.length} kills, last at ${iso(latest)}.`,
      ...{ at, wellAt: at, latest },
      seen: true,
      ...(stormPast && { past: true as const }),
      evidence: {
        kills: its.length,
        last: iso(latest),
        containers: [...new Set(its.map((it) => nameOf(it.pod)))].join(', '),
      },
      ...origin(its),
      ...(now - last >= minute && (stormPast ? { severity: 'warning' as const } : { over: true as const })),
    },
  ]
}

function starved(node: Node, held: readonly Kill[]): readonly Statement[] {
  const its = held.filter((it) => it.whole)
  if (its.length === 0) return []
  const { at, latest } = times(node, its)
  const { by } = origin(its)
  const text = `${its.length} kills, because the node had no memory left.`
  const evidence = { kills: its.length, last: iso(latest) }
  return [
    {
      code: 'memory.oom-system',
      subject: 'node',
      text,
      at,
      latest,
      seen: true,
      past: true,
      evidence,
      by,
      after: ['memory.node-filling', 'memory.pressure'],
    },
  ]
}

const near = (node: Node): readonly Statement[] =>
  [...node.near].map(([pod, wrong]) => ({
    code: 'memory.container-near-limit',
    subject: nameOf(pod),
    text: 'Holds 247 MiB of 256 MiB (97 %). It does not grow steadily.',
    pod: podOf(pod),
    seen: true,
    evidence: { used: '247 MiB', limit: '256 MiB' },
    ...wrong,
  }))

const whole = (node: Node): readonly Statement[] =>
  (['filling', 'pressure'] as const).flatMap((fact) => {
    const wrong = node.wrong.get(fact)
    const text =
      fact === 'filling'
        ? '3 % are available.'
        : 'Everything that could run waited for memory 22 % of the time.'
    // The numbers are of the last minute.
    const seen = fact === 'filling' || node.time.now() - (wrong?.since ?? 0) >= 15_000
    return wrong
      ? [
          {
            code: `memory.${fact === 'filling' ? 'node-filling' : 'pressure'}`,
            subject: 'node',
            text,
            seen,
            ...wrong,
          },
        ]
      : []
  })
