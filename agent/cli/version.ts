import { readFileSync } from 'node:fs'

/** The version of this program, from the package.json that was shipped with it: "0.1.0". */
export function readVersion(): string {
  // In the bundle it is beside the program; in a checkout, at the root.
  for (const place of ['./package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as {
        version?: string
      }
      if (version) return version
    } catch {
      // The other place has it.
    }
  }
  return 'unknown'
}
