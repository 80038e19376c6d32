import type { Test } from 'tap'
import type { Pattern } from '../../../../collectors/pods/pattern.ts'
import { patterns } from '../../../../collectors/pods/patterns.ts'
import { matcher, scan } from '../../../../collectors/pods/scan.ts'
import { cri } from '../node.ts'

/** As PostgreSQL begins its lines unless told otherwise. */
export const pg = (text: string) => `2026-11-23 00:31:07.643 UTC [17504] ${text}`
export const redis = (text: string) => `1:M 23 Nov 2026 00:00:00.000 # ${text}`
export const klog = (text: string) => `E1123 00:00:00.123456       1 kubelet.go:2412] ${text}`

const all = matcher(patterns)

/** The patterns that a line of a container's log fits, of all that are shipped. */
export const names = (text: string) =>
  scan(all, Buffer.from(cri(text, Date.parse('2026-11-23T00:31:08Z')))).found.map((it) => it.name)

/** Each pattern of a file has lines of its own, and each line is found, whatever else is looked for. */
export function each(
  t: Test,
  its: readonly Pattern[],
  lines: Readonly<Record<string, readonly string[]>>,
): void {
  t.strictSame(new Set(Object.keys(lines)), new Set(its.map((it) => it.name)), 'each pattern has its lines')
  for (const [name, of] of Object.entries(lines))
    for (const line of of) t.ok(names(line).includes(name), `${name}: ${line} (${names(line)})`)
}
