import { day, minute } from '../../../agent/text/times.ts'
import { type Cells, inTables, ownerIn, tableIn, total } from '../cells.ts'
import { takesItsOwn } from '../dump/owners.ts'
import { type Author, deleters, type Loss } from './author.ts'
import type { FlannelMemory } from './flannel.ts'
import { flushedTables, isBack, isMissed, isOfKubernetes, lost, type Present } from './loss.ts'

/** Tables that lost their rules by one process, or in one unseen moment. Times are ms since the epoch. */
export interface Step {
  readonly at: number
  /** When the rules were last seen complete, where no event gave the exact moment. */
  readonly seen?: number
  readonly by?: Author
  /** By table (`ipv4 nat`): how many rules it held right before, and the fewest since then. */
  readonly tables: Readonly<
    Record<string, { readonly before: number; readonly least: number; readonly loss?: Loss }>
  >
}

/** One flush: what people do in one go, with the steps in which it happened, oldest first. */
export interface Flush {
  /** What it began with: `ipv4 nat`, or `ipv4` where several tables went at once. */
  readonly subject: string
  readonly steps: readonly Step[]
  /** What its tables held: it is over when this is back. */
  readonly needs: Cells
}

/** What must be known of earlier runs to notice a loss; part of the sample. */
export interface Memory {
  /** The rules this node had when all was well; of flushed tables those that are there. */
  readonly reference: Cells
  readonly boot?: string
  /** Since when there have been fewer, without it being a flush. */
  readonly less?: number
  /** Those whose rules are not back, oldest first. */
  readonly flushes?: readonly Flush[]
  readonly flannel?: FlannelMemory
}

/**
 * A loss in several steps (people paste commands one by one) is measured against the state before the first step, for
 * this long, ms. What is flushed once more after this time without having come back in between is a flush of its own.
 */
export const patience = 10 * minute
/** After this time, ms, the state with fewer rules counts as normal, unless an owner still needs the lost rules. */
export const forgotten = day
/** Other tables that go within this time, ms, belong to the same flush: lines of a recipe, pasted one by one. */
const together = minute
/** Of more steps the first is kept, and the last ones. */
const mostSteps = 5

export const tablesOf = ({ steps }: Pick<Flush, 'steps'>): readonly string[] => [
  ...new Set(steps.flatMap((it) => Object.keys(it.tables))),
]

/** What this node had before it was flushed, where that is not back. */
export const hadOf = ({ reference, flushes = [] }: Memory): Cells =>
  flushes.reduce((all, it) => more(all, it.needs), reference)

/** When its last step was, ms since the epoch. */
export const latestOf = ({ steps }: Flush) => Math.max(...steps.map((it) => it.at))

/** What to remember after a collector run, given what was remembered before it. Pure. */
export function remember(memory: Memory | undefined, present: Present): Memory {
  const { cells, now, boot } = present
  const here = boot === undefined ? {} : { boot }
  if (!memory || (boot !== undefined && memory.boot !== undefined && boot !== memory.boot))
    return { reference: cells, ...here }
  const gone = flushedTables(memory.reference, present)
  const known = { ...memory, flushes: (memory.flushes ?? []).map((it) => heardSince(it, present)) }
  const all = gone.length > 0 ? added(known, gone, present) : known.flushes
  const flushes = all
    .filter((it) => !isBack(it.needs, present))
    .filter((it) => now - latestOf(it) < forgotten || isMissed(it.needs, present))
    .map((it) => ({ ...it, steps: it.steps.map((step) => lowered(step, cells)) }))
  return { ...here, ...measured(memory, flushes, present), ...(flushes.length > 0 && { flushes }) }
}

/** With what was lost in this run: part of a flush that still goes on, or one of its own. */
function added({ reference, flushes = [] }: Memory, gone: readonly string[], present: Present) {
  const steps = stepsOf(reference, gone, present)
  const begun = Math.min(...steps.map((it) => it.at))
  const subject = subjectOf(gone)
  const same = flushes.find((it) => it.subject === subject)
  const going =
    flushes.findLast((it) => begun - latestOf(it) < together) ??
    (same && begun - latestOf(same) < patience ? same : undefined)
  const needs = more((going ?? same)?.needs ?? {}, inTables(reference, gone))
  const it: Flush = going
    ? { ...going, steps: bounded([...going.steps, ...steps]), needs }
    : { subject, steps: bounded(steps), needs }
  return [...flushes.filter((old) => old !== (going ?? same)), it]
}

/** What is said of one table that lost its rules. */
type Gone = Step['tables']

/** The tables by who flushed them, as far as was heard. */
function stepsOf(reference: Cells, gone: readonly string[], present: Present): readonly Step[] {
  const { cells, last, now } = present
  const tables = gone.map((it) => {
    const its = inTables(reference, [it])
    const before = total(its)
    const loss = { had: anchorsIn(its, Object.keys(its)), lost: anchorsIn(its, lost(its, cells)) }
    return [it, { before, least: before, loss }] as const
  })
  return byAuthor(
    { at: now, ...(last !== undefined && { seen: last }), tables: Object.fromEntries(tables) },
    present,
  )
}

const anchorsIn = (cells: Cells, places: readonly string[]) =>
  places.reduce((sum, place) => sum + (cells[place]?.[1] ?? 0), 0)

/** One moment as what each process did in it; what nobody was heard to do stays as it is. */
function byAuthor(step: Step, { heard }: Pick<Present, 'heard'>): readonly Step[] {
  const losses = new Map(
    Object.entries(step.tables).flatMap(([table, { loss }]) => (loss ? [[table, loss]] : [])),
  )
  const authors = deleters(heard, losses)
  return [...Map.groupBy(Object.entries(step.tables), ([table]) => authors.get(table)?.pid)]
    .map(([, tables]): Step => {
      const by = authors.get(tables[0]?.[0] ?? '')
      const its: Gone = Object.fromEntries(tables)
      if (!by) return { ...step, tables: its }
      const { seen: _, ...rest } = step
      return { ...rest, at: Math.min(by.at, step.at), by, tables: its }
    })
    .sort((a, b) => a.at - b.at)
}

/** A line of `nft monitor` comes so much later, ms, than what it tells of is seen, on a machine under load. */
const lateLine = 5_000

/**
 * A flush with what was heard of it since: what happens while the rules are read is heard only for the next run. Its
 * lines are no later than the reading that found the rules gone.
 */
function heardSince(flush: Flush, { heard }: Present): Flush {
  const steps = flush.steps.flatMap((step) => {
    if (step.by) return [step]
    return byAuthor(step, {
      heard: heard.filter(({ at }) => at >= (step.seen ?? 0) && at <= step.at + lateLine),
    })
  })
  return { ...flush, steps: bounded(steps.toSorted((a, b) => a.at - b.at)) }
}

function subjectOf(tables: readonly string[]): string {
  const [only = ''] = tables
  const named = [...new Set(tables.map((it) => it.split(' ', 1)[0] ?? ''))]
  return tables.length === 1 ? only : named.join(' and ')
}

const bounded = (steps: readonly Step[]) =>
  steps.length <= mostSteps ? steps : [...steps.slice(0, 1), ...steps.slice(1 - mostSteps)]

/** The step with the fewest rules seen until now. */
function lowered(step: Step, cells: Cells): Step {
  const tables = Object.entries(step.tables).map(([table, it]) => [
    table,
    { ...it, least: Math.min(it.least, total(inTables(cells, [table]))) },
  ])
  return { ...step, tables: Object.fromEntries(tables) }
}

/** Of each place what has more rules in the built-in chains. */
const more = (a: Cells, b: Cells): Cells => ({
  ...a,
  ...Object.fromEntries(Object.entries(b).filter(([place, [, anchors]]) => anchors >= (a[place]?.[1] ?? 0))),
})

/**
 * What the next loss is measured against. A table that is flushed is measured by what is there, so that its next flush
 * is seen before it is whole again; and so is what k3s wrote while it is stopped.
 */
function measured(
  { reference, less }: Memory,
  flushes: readonly Flush[],
  { cells, now, k3s }: Present,
): Pick<Memory, 'reference' | 'less'> {
  const flushed = new Set(flushes.flatMap(tablesOf))
  const follows = (place: string) =>
    flushed.has(tableIn(place)) || (k3s === 'stopped' && isOfKubernetes(place))
  const kept = Object.entries(reference).filter(([place]) => !follows(place))
  const fewer = kept.some(
    ([place, [, anchors]]) => !takesItsOwn(ownerIn(place)) && (cells[place]?.[1] ?? 0) < anchors,
  )
  if (!fewer || now - (less ?? now) >= patience) return { reference: cells }
  const there = Object.entries(cells).filter(([place]) => follows(place))
  return { reference: Object.fromEntries([...kept, ...there]), less: less ?? now }
}
