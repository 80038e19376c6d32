import { mistake } from '../../core/guard.ts'
import { type Exit, Refusal } from '../../model/index.ts'

/** Options that come before every command. */
export interface Common {
  readonly config?: string
  /** Times in the zone of this machine instead of UTC. */
  readonly local?: boolean
}

/** Runs `make` on a sample that another version of the agent may have made; any error becomes a Refusal. */
export function madeOf<T>(what: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof Refusal) throw error
    const why = `${mistake(what, error)}; the running agent may have another version: compare \`agent version\` and \`agent status\``
    throw new Refusal(why, 3, { cause: error })
  }
}

export const print = (text: string) => {
  process.stdout.write(text)
}

export { type Exit, Refusal }
