import type { Observation } from '../../agent/model/index.ts'

/** Something that somebody or something did at a moment: the beginning of everything that follows from it. */
export interface Act {
  readonly id: number
  readonly at: number
  readonly kind: string
  /** What was done, as a command or a sentence. */
  readonly text: string
  /** Whether people have to be told what comes of it; not so for ordinary acts and repairs. */
  readonly fault: boolean
}

/** Where something comes from, in truth. */
export interface Origin {
  readonly by: readonly Act[]
  /** The codes of what lies between the act and this: none of them can be its effect. */
  readonly after: readonly string[]
}

/** One thing that is not as it should be. */
export interface Wrong extends Origin {
  readonly since: number
}

/** What a look would say of the node, if it judged it now, and where that comes from in truth. */
export interface Statement extends Observation, Origin {
  /** Whether a look now would say it: not while the collector waits for a start to settle. */
  readonly seen: boolean
  /** Not judged yet, but a look says that it is so, since k3s was started so lately. */
  readonly early?: boolean
  /** When it was last well, where the collector knows, ms since the epoch, by the clock of the node. */
  readonly wellAt?: number
  /** It tells of what has happened, and is true for as long as it is shown. */
  readonly past?: true
  /** It is still said, in the present tense, though it is over. */
  readonly over?: true
  /** For what happens again and again: when it last did, ms since the epoch, by the clock of the node. */
  readonly latest?: number
}

export const keyOf = ({ code, subject }: Pick<Observation, 'code' | 'subject'>) => `${code}|${subject}`

/** The origin of what several things cause together; nothing comes of nothing. */
export function together(all: readonly (Origin | undefined)[]): Origin | undefined {
  const some = all.filter((it) => it !== undefined)
  if (some.length === 0) return undefined
  return {
    by: [...new Set(some.flatMap((it) => it.by))],
    after: [...new Set(some.flatMap((it) => it.after))],
  }
}

/** What follows from something that is told under `code`. */
export const from = (origin: Origin, code: string): Origin => ({
  by: origin.by,
  after: [...new Set([...origin.after, code])],
})

export const shares = (a: readonly Act[], b: readonly Act[]) => a.some((it) => b.includes(it))
