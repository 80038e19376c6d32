import { HostError } from './host.ts'

/** What could not be seen, and which rules therefore keep their verdict. Absent `codes`: all of the collector's. */
export interface Unseen {
  readonly what: string
  readonly why: string
  readonly codes?: readonly string[]
  /**
   * Only findings of `codes` about these subjects keep their verdict; absent: all subjects. For subjects that were
   * left out by a limit, by sampling or by a skipped read, so that they do not count as resolved.
   */
  readonly subjects?: readonly string[]
  /** The full list (bounded) where the sentence names only a few, for readers of the JSON. */
  readonly names?: readonly string[]
  /** True where it is only missing from a recording. That is no fault of the node, so it makes no finding. */
  readonly unrecorded?: boolean
}

/** An Unseen from the error that came back. */
export function unseen(what: string, error: unknown, codes?: readonly string[]): Unseen {
  return {
    what,
    why: error instanceof Error ? error.message : String(error),
    ...(codes && { codes }),
    ...(error instanceof HostError && error.code === 'unrecorded' && { unrecorded: true }),
  }
}

/** Plain JSON. What a collector saw in one round, and what it wants to remember for the next. */
export interface Sample {
  readonly unseen?: readonly Unseen[]
}

/** Something that expires or fills up at a time that can be predicted: "certificates: 41 d". */
export interface Deadline {
  readonly what: string
  readonly at: number
  /** `date`: a fixed date. Otherwise a forecast, and how far to trust it. */
  readonly confidence?: 'date' | 'likely' | 'rough'
}

/** One measured value. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** A collector's own series by name, from a time on, oldest first. The current round's values are not in it yet. */
export type Series = (name: string, from: number) => readonly Point[]

/** Something stored beside the sample because it is too large for one. The store limits their number and size. */
export interface Artifact {
  /** A description as small plain JSON, for lists, which do not load the body. */
  readonly about: Readonly<Record<string, unknown>>
  readonly body: Uint8Array
}
