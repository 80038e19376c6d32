import { type Host, HostError, type Stat } from '../../agent/model/index.ts'

type Answer = Stat | HostError | undefined

/** The states of files, as `Host.stats`; undefined where there is no path. */
export async function statsOf(
  host: Host,
  paths: readonly (string | undefined)[],
): Promise<readonly Answer[]> {
  const asked = paths.filter((it) => it !== undefined)
  const answers = asked.length > 0 ? await host.stats(asked) : []
  let next = 0
  return paths.map((it) => (it === undefined ? undefined : answers[next++]))
}

/** Undefined for what is not there; throws what else came back. */
export function present(answer: Answer): Stat | undefined {
  if (!(answer instanceof HostError)) return answer
  if (answer.code === 'missing') return undefined
  throw answer
}
