import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { metrics } from '../agent/api/metrics.ts'

/** docs/metrics.md, as `npm run docs` writes it of the declarations. */
export const metricsFile = join(import.meta.dirname, '../docs/metrics.md')

export function metricsPage(): string {
  const rows = Object.entries(metrics).map(([name, { help, labels }]) => {
    const told = labels.map((it) => `\`${it}\``).join(', ')
    return `| \`murphy_${name}\` | gauge | ${told} | ${help} |`
  })
  return `# Metrics

Made by \`npm run docs\` from \`agent/api/metrics.ts\`. In Prometheus's text format, on the unix socket and nowhere else:

\`\`\`
curl --unix-socket /run/murphy/agent.sock http://agent/metrics
\`\`\`

With the setting \`cluster\`, each also has a label of that name. A collector that is switched off has no values. Names behind \`code\` are those of [findings.md](findings.md).

| name | type | labels | meaning |
|---|---|---|---|
${rows.join('\n')}
`
}

if (import.meta.main) writeFileSync(metricsFile, metricsPage())
