import { type Host, HostError } from '../../agent/model/index.ts'
import { orMissing } from '../node/ask.ts'
import type { Code } from './rules.ts'

/** Asks for one thing; what fails is noted with the rules that rest on it, and stops nothing else. */
export type See = <T>(what: string, codes: readonly Code[], ask: () => Promise<T>) => Promise<T | undefined>

/** What a command printed, understood; a HostError otherwise. */
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

/** null for what is not there, or holds nothing that can be understood. */
export async function orNull<T>(work: Promise<string>, parse: (text: string) => T): Promise<T | null> {
  const text = await orMissing(work)
  if (text === undefined) return null
  try {
    return parse(text)
  } catch {
    return null
  }
}
