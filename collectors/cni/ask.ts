import { type Host, HostError } from '../../agent/model/index.ts'
import { orMissing } from '../node/ask.ts'
import type { Code } from './rules.ts'

/** Runs one question; an error is noted with the rules that need the answer, and stops no other question. */
export type See = <T>(what: string, codes: readonly Code[], ask: () => Promise<T>) => Promise<T | undefined>

/**
 * Runs a command and parses its output; throws a HostError if either fails, also where another program of that name
 * answered: what is not the answer asked for is no answer.
 */
export async function print<T>(
  host: Host,
  argv: readonly string[],
  parse: (stdout: string) => T,
): Promise<T> {
  const { stdout, stderr, exit } = await host.run(argv)
  const doing = `running \`${argv.join(' ')}\``
  if (exit !== 0) throw new HostError('failed', `${doing}: exit code ${exit}: ${stderr.trim().slice(0, 200)}`)
  try {
    return parse(stdout)
  } catch (error) {
    throw new HostError('failed', `${doing}: it did not print the JSON that iproute2 5.0 and later print`, {
      cause: error,
    })
  }
}

/** null if the file does not exist or cannot be parsed. */
export async function orNull<T>(work: Promise<string>, parse: (text: string) => T): Promise<T | null> {
  const text = await orMissing(work)
  if (text === undefined) return null
  try {
    return parse(text)
  } catch {
    return null
  }
}
