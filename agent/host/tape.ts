import { type Host, HostError } from '../model/index.ts'
import type { Recording } from './recording.ts'
import type { openFolder } from './recording-folder.ts'
import { withoutNamed } from './redaction.ts'

/** What is written to node.json in the end, by the name of each question. */
export type Facts = {
  readonly [K in 'errors' | 'lists' | 'stats' | 'handshakes' | 'gets' | 'spaces' | 'resolutions']: Record<
    string,
    NonNullable<Recording[K]>[string]
  >
}

export const emptyFacts = (): Facts => ({
  errors: {},
  lists: {},
  stats: {},
  handshakes: {},
  gets: {},
  spaces: {},
  resolutions: {},
})

/** One recording under way. */
export interface Tape {
  readonly host: Host
  readonly written: ReturnType<typeof openFolder>
  readonly withLogs: boolean
  readonly resolve: (path: string) => Promise<string>
  readonly facts: Facts
  /** Records of the kernel log; undefined while nobody has asked for it. */
  kernel: string[] | undefined
}

/** Programs and libraries quote in their messages what they were given. */
export const said = withoutNamed
export const why = (error: HostError) => [error.code, said(error.message)] as const
/** Paths are names that people gave. */
export const named = <T>(of: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(of).map(([name, it]) => [said(name), it]))

/** Notes the answer or the error of one question, and gives it on unchanged. */
export async function noted<T>(
  { facts }: Tape,
  question: string,
  ask: () => Promise<T>,
  note: (answer: T) => void | Promise<void>,
): Promise<T> {
  try {
    const answer = await ask()
    await note(answer)
    return answer
  } catch (error) {
    if (error instanceof HostError) facts.errors[question] = why(error)
    throw error
  }
}
