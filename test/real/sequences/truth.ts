import type { Finding } from '../../../agent/model/index.ts'
import { type Act, type Origin, together } from '../../sequences/truth.ts'
import { fits, type Key, type RealFault } from './faults/fault.ts'

/** Something that was done to a node, and what is so for as long as it is not undone. */
export interface Deed extends Act {
  readonly makes: Key
  readonly also: readonly Key[]
  readonly leads: readonly Key[]
  readonly past: boolean
  readonly byRestart: boolean
  readonly grace: number
  /** What else had made it so already, or had within ten minutes: then it need not ring again. */
  readonly known: boolean
  /** When it was done and when undone, by the fair clock and the real one, ms. */
  readonly done: Moment
  undone?: Moment
  /** Codes that a partial repair has ended. */
  readonly ended: Map<string, Moment>
}

export interface Moment {
  readonly fair: number
  readonly real: number
}

/** What is still said although it is over: of what has happened, or held so that it does not ring at each change. */
const ofThePast = /^(memory\.oom-|cni\.flapping$|agent\.)/
/** How long after the repair something may still be found for the first time, ms: a look may have begun before it. */
const late = 15_000

const isItself = (it: Deed, key: Key) => [it.makes, ...it.also].some((one) => fits(one, key))
const does = (it: Deed, key: Key) => isItself(it, key) || it.leads.some((one) => fits(one, key))

/** What caused what, on one real node in one sequence. `now`: both clocks. */
export function makeTruth(now: () => Moment) {
  const deeds: Deed[] = []
  return {
    deeds,
    /** To be called before it is done; `done` after. */
    begins(
      fault: Pick<RealFault, 'kind' | 'text' | 'makes' | 'also' | 'leads' | 'past' | 'byRestart' | 'grace'>,
      isFault: boolean,
    ) {
      const { kind, text, makes, also = [], leads = [], past = false, byRestart = false, grace = 0 } = fault
      const begun = now()
      const deed: Deed = {
        ...{
          id: deeds.length + 1,
          at: begun.real,
          kind,
          text,
          fault: isFault,
          makes,
          also,
          leads,
          past,
          byRestart,
          grace,
        },
        known: deeds.some((it) => does(it, makes)),
        done: begun,
        ended: new Map(),
      }
      deeds.push(deed)
      return {
        deed,
        done: () => void Object.assign(deed, { done: now() }),
      }
    },
    /**
     * Where a finding comes from that is there now; undefined: from nothing that was done. What was not done yet when it
     * was found is no origin: a look is dated by its beginning, and on a busy machine reads seconds later.
     */
    originOf({ code, subject, onset, found, resolved }: Finding): Origin | undefined {
      const here = deeds.filter(
        (it) =>
          does(it, { code, subject }) &&
          it.at <= (resolved ?? Number.POSITIVE_INFINITY) &&
          (it.undone === undefined || (onset.from ?? found) <= it.undone.real + late),
      )
      const itself = here.some((it) => isItself(it, { code, subject }))
      return together(here.map((it) => ({ by: [it], after: itself ? [] : [it.makes.code] })))
    },
    /**
     * Whether k3s was not started so lately, nor meanwhile, that it is not judged. A start by hand right after a crash takes
     * systemd's count of it away.
     */
    isJudged: ({ makes, grace, done, undone }: Deed) =>
      !deeds.some(
        (it) =>
          (grace > 0 &&
            /^k3s\.(restarted|crashed)$/.test(it.makes.code) &&
            it.done.real >= done.real - grace &&
            it.at <= (undone?.real ?? Number.POSITIVE_INFINITY)) ||
          (makes.code === 'k3s.crashed' &&
            it.makes.code === 'k3s.restarted' &&
            it.at >= done.real &&
            it.at - done.real <= late),
      ),
    /** Since when it is not so any more, by the fair clock, ms; undefined where it is, or tells of the past. */
    over(key: Key): number | undefined {
      const its = deeds.filter((it) => does(it, key))
      if (its.length === 0 || its.some((it) => it.past) || ofThePast.test(key.code)) return undefined
      const ends = its.map((it) => (it.undone ?? it.ended.get(key.code))?.fair ?? Number.POSITIVE_INFINITY)
      const last = Math.max(...ends)
      return Number.isFinite(last) ? last : undefined
    },
  }
}

export type Truth = ReturnType<typeof makeTruth>
