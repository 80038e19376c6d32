import type { Counts } from '../core/tally.ts'
import type { Measure } from '../model/index.ts'

/** A value of a label, as Prometheus's text format has it (exposition_formats.md, "Comments, help text, and type information"). */
const quoted = (text: string) =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`

/**
 * Counts as a histogram in Prometheus's text format, one for each key of `all`, which is the value of its first label.
 * prom-client only makes histograms of what it has counted itself. `above`: labels that all of them have.
 */
export function histogramText<Name extends string>(
  name: Name,
  declared: Readonly<Record<Name, Measure>>,
  all: Readonly<Record<string, Counts>>,
  above: Readonly<Record<string, string>> = {},
): string {
  const {
    help,
    labels: [label = ''],
  } = declared[name]
  const row = (suffix: string, labels: Readonly<Record<string, string>>, value: number) =>
    `murphy_${name}${suffix}{${Object.entries({ ...labels, ...above })
      .map(([key, text]) => `${key}=${quoted(text)}`)
      .join(',')}} ${value}`
  const rows = Object.entries(all).flatMap(([key, { within, times, seconds }]) => [
    ...within.map(([bound, count]) => row('_bucket', { [label]: key, le: String(bound) }, count)),
    row('_bucket', { [label]: key, le: '+Inf' }, times),
    row('_sum', { [label]: key }, seconds),
    row('_count', { [label]: key }, times),
  ])
  return `# HELP murphy_${name} ${help}\n# TYPE murphy_${name} histogram\n${rows.map((it) => `${it}\n`).join('')}`
}
