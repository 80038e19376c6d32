import type { Machine } from '../../agent/host/machine.ts'

/**
 * k3s counts as started so much earlier, ms, as most rules judge it only some minutes after a start. Not more: then
 * its certificates, which are as young as the test, would count as written long after it started.
 */
const aged = 6 * 60_000

/** The processes that are called like k3s now. */
export async function k3sNow(machine: Machine): Promise<readonly number[]> {
  const host = machine.during(new AbortController().signal)
  const found: number[] = []
  for (const { name } of await host.list('/proc'))
    if (/^\d+$/.test(name) && /^k3s/.test(await host.text(`/proc/${name}/comm`).catch(() => '')))
      found.push(Number(name))
  return found
}

/** A machine on which these processes have run for a while. */
export function withAged(machine: Machine, pids: readonly number[]): Machine {
  const old = new Set(pids.map((it) => `/proc/${it}/stat`))
  return {
    ...machine,
    during: (signal) => {
      const real = machine.during(signal)
      const text: typeof real.text = async (path, options) => {
        const said = await real.text(path, options)
        if (!old.has(path)) return said
        const from = said.lastIndexOf(')') + 2
        const fields = said.slice(from).split(' ')
        fields[19] = String(Math.max(1, Number(fields[19]) - aged / 10))
        return said.slice(0, from) + fields.join(' ')
      }
      return { ...real, text }
    },
  }
}
