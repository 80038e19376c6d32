import { HostError } from './host.ts'

/** What could not be seen, and which rules therefore keep the verdict they had. Absent `codes`: all of the collector's. */
export interface Unseen {
  readonly what: string
  readonly why: string
  readonly codes?: readonly string[]
  /**
   * With `codes`: only these subjects of them were not judged, as the observations name them. For what a cap, a
   * sample or a skipped read left out: it must not count as over. Absent: all subjects.
   */
  readonly subjects?: readonly string[]
  /** Of what the sentence names only some: all of them, bounded, for those who read JSON. */
  readonly names?: readonly string[]
  /** True where a recording does not say, which is no fault of the node: nobody is alarmed. */
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

/** Something that runs out at a time that can be told: "certificates: 41 d". */
export interface Deadline {
  readonly what: string
  readonly at: number
  /** How sure that is, where it is a forecast and not a date. */
  readonly confidence?: 'date' | 'likely' | 'rough'
}

/** One measured value. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** A collector's own series by name, from a time on, oldest first; without the values of the round at hand. */
export type Series = (name: string, from: number) => readonly Point[]

/** Something that is kept whole beside the sample, because it is too large for one. Bounded in number and size by the store. */
export interface Artifact {
  /** What it is, as small plain JSON: lists show it without the body. */
  readonly about: Readonly<Record<string, unknown>>
  readonly body: Uint8Array
}
