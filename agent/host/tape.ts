import { type Host, HostError } from '../model/index.ts'
import type { Recording } from './recording.ts'
import type { openFolder } from './recording-folder.ts'
import { withoutNamed } from './redaction.ts'

/** The answers that are written to node.json at the end, by question. */
export type Facts = {
  readonly [K in
    | 'errors'
    | 'lists'
    | 'stats'
    | 'handshakes'
    | 'gets'
    | 'spaces'
    | 'resolutions'
    | 'probes']: Record<string, NonNullable<Recording[K]>[string]>
}

export const emptyFacts = (): Facts => ({
  errors: {},
  lists: {},
  stats: {},
  handshakes: {},
  gets: {},
  spaces: {},
  resolutions: {},
  probes: {},
})

/** One recording under way. */
export interface Tape {
  readonly host: Host
  readonly written: ReturnType<typeof openFolder>
  readonly withLogs: boolean
  readonly resolve: (path: string) => Promise<string>
  readonly facts: Facts
  /** Records of the kernel log; undefined until it is read. */
  kernel: string[] | undefined
}

/** Redacts messages: programs and libraries quote in them what they were given. */
export const said = withoutNamed
export const why = (error: HostError) => [error.code, said(error.message)] as const
/** Redacts keys that are paths: people name files, and may put secrets in their names. */
export const named = <T>(of: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(of).map(([name, it]) => [said(name), it]))

/** Records the answer or the error of one question, and passes it on unchanged. */
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
