import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { histograms, metrics } from '../agent/api/metrics.ts'
import { collectors } from '../collectors/index.ts'

/** docs/metrics.md, as `npm run docs` writes it of the declarations. */
export const metricsFile = join(import.meta.dirname, '../docs/metrics.md')

interface Shown {
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
  /** Whose it is; empty for the agent itself. */
  readonly of: string
}

/** Every metric there is, by its name: of the agent itself, and of its collectors. */
export const allMetrics: readonly (readonly [name: string, Shown])[] = [
  ...[...Object.entries(metrics), ...Object.entries(histograms)].map(
    ([name, { type, labels, help }]) => [`murphy_${name}`, { type, labels, help, of: '' }] as const,
  ),
  ...collectors.flatMap(({ name: of, measures }) =>
    Object.entries(measures?.declared ?? {}).map(
      ([name, { counter, labels, help }]) =>
        [`murphy_${name}`, { type: counter ? 'counter' : 'gauge', labels, help, of }] as const,
    ),
  ),
]

export function metricsPage(): string {
  const table = (of: string) => `| name | type | labels | meaning |
|---|---|---|---|
${allMetrics
  .filter(([, it]) => it.of === of)
  .map(([name, { type, labels, help }]) => {
    const told = labels.map((it) => `\`${it}\``).join(', ')
    return `| \`${name}\` | ${type} | ${told} | ${help} |`
  })
  .join('\n')}`
  const own = collectors.filter((it) => it.measures)
  return `# Metrics

Made by \`npm run docs\` from \`agent/api/metrics.ts\` and each collector's \`measures.ts\`. In Prometheus's text format, on the unix
socket:

\`\`\`
curl --unix-socket /run/murphy/agent.sock http://agent/metrics
\`\`\`

and where the settings want it over TCP (\`metrics_listen\`) or in a file for node_exporter (\`metrics_textfile\`):
[monitoring](monitoring/README.md) has both, with rules, alerts and a dashboard.

A collector that is switched off has no values. Names behind \`code\` are those of [findings.md](findings.md). With \`cluster\` in the
settings, every metric has it as a label. No metric has more than 250 values: what matters most is shown, and \`murphy_left_out\` says
how many are not. They are as of the last check: a scrape asks the node nothing.

## The agent

${table('')}
${own.map(({ name, title }) => `\n## ${name}: ${title}\n\n${table(name)}\n`).join('')}`
}

if (import.meta.main) writeFileSync(metricsFile, metricsPage())
