import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Sums by name, as `sha256sum` writes them. */
export type Sums = ReadonlyMap<string, string>

export const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex')

/**
 * Reads lines of `sha256sum` (64 hex digits, two characters, a name). Empty ones and those that begin with # are left
 * out; any other, and a name that is there twice, is a mistake.
 */
export function readSums(text: string): Sums {
  const sums = new Map<string, string>()
  for (const line of text.split('\n').filter((it) => it !== '' && !it.startsWith('#'))) {
    const [, sum, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? []
    if (!sum || !name || sums.has(name)) throw new Error(`no line of sums: ${JSON.stringify(line)}`)
    sums.set(name, sum)
  }
  return sums
}

/** The same as text, by name, so that it is the same whatever order they came in. */
export const writeSums = (sums: Sums): string =>
  [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, sum]) => `${sum}  ${name}\n`)
    .join('')

/** What `systemd/release/runtime-sums` holds: of Node.js's archives, and of the programs that Murphy ships. */
export const runtimeSums = (): Sums =>
  readSums(readFileSync(new URL('runtime-sums', import.meta.url), 'utf8'))
