import type { HostErrorCode, Properties, Settings, WakeEvent } from '../model/index.ts'
import { hour } from '../text/times.ts'
import type { Edit } from './text-edit.ts'

/**
 * A film: what every round of an agent asked, heard and was answered, and when. JSON lines, each complete by itself in
 * its place, so that a film that was cut off can be read up to the cut:
 *
 * - first a `Head`
 * - a `Take` for each round, in the order in which they ended. Of its answers only those are written that differ from
 *   the last ones to the same question; a text that changed in a few lines is written as an `Edit`
 * - last an `End`, unless it was cut off
 */
export const filmFormat = 1

/** The longest line of a film, and the longest single answer in one, characters. */
export const longestLine = 8 * 1024 * 1024
export const longestAnswer = 2 * 1024 * 1024
/** The most bytes of a film: an hour of a busy node. */
export const largestFilm = 128 * 1024 * 1024
/** The longest film, ms. */
export const longestFilm = 6 * hour

export interface Head {
  readonly film: typeof filmFormat
  /** The version of the agent that made it. */
  readonly murphy: string
  readonly node: string
  /** When it begins, ms since the epoch. */
  readonly at: number
  /** Whether the text of logs is in it. */
  readonly logs: boolean
  /** After how long a reminder is told, ms; 0 for never. */
  readonly remind: number
  /** By name; the version is that of its samples. */
  readonly collectors: Readonly<Record<string, FilmedCollector>>
}

export interface FilmedCollector {
  readonly enabled: boolean
  readonly version: number
  readonly settings: Settings<Properties>
}

/**
 * One answer. `text`: of a file as it was, of anything else as JSON; `bytes`: base64, where a file is no UTF-8; `about`:
 * of a command its exit code and what it said on stderr, as JSON. A string alone is a text.
 */
export type Answer =
  | { readonly error: readonly [HostErrorCode, string] }
  | { readonly text: string; readonly about?: string }
  | { readonly bytes: string }

/** An answer as it stands in a film. */
export type WrittenAnswer = string | Answer | { readonly edit: Edit; readonly about?: string }

/** A question, and the answers each time it was asked in this round. */
export type Answered<A> = readonly [question: string, ...answers: A[]]

/** One round. */
export interface Take<A = WrittenAnswer> {
  /** The collector. */
  readonly round: string
  /** When it began, ms since the epoch, and how long it took, ms. */
  readonly at: number
  readonly took: number
  /** Why it came early. */
  readonly heard: readonly WakeEvent[]
  /** Set where the node that was filmed was itself a recording. */
  readonly recorded?: true
  readonly answers: readonly Answered<A>[]
}

/** Why a film ended: its time was over, it became too large, somebody ended it, or whoever wrote it was too slow. */
export type Ending = 'time' | 'size' | 'stopped' | 'slow'

export interface End {
  readonly end: Ending
  readonly at: number
}

export type FilmLine = Head | Take | End
