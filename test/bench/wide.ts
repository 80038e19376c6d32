import { parseArgs } from 'node:util'
import { conclude } from './conclude.ts'
import { type Stand, withStand } from './stand.ts'
import type { Row } from './table.ts'
import { certsRows } from './wide/certs.ts'
import { churnRows } from './wide/churn.ts'
import { findingsRows } from './wide/findings.ts'
import { logsRows } from './wide/logs.ts'
import { rulesRows } from './wide/rules.ts'

/** What large nodes cost, each part by its name: thousands of certificates, rules, logs and findings, and rules that change. */
export const wideParts: Readonly<Record<string, (stand: Stand) => Promise<readonly Row[]> | readonly Row[]>> =
  {
    certs: () => certsRows(),
    rules: () => rulesRows(),
    logs: () => logsRows(),
    findings: () => findingsRows(),
    churn: (stand) => churnRows(stand),
  }

/** `node test/bench/wide.ts [PART ...]`, as root. CPU time, since a busy machine makes everything take longer. */
export async function wide(names: readonly string[] = []): Promise<never> {
  const chosen = Object.entries(wideParts).filter(([name]) => names.length === 0 || names.includes(name))
  const rows: Row[] = []
  const failed = await withStand(async (stand) => {
    for (const [, measure] of chosen) rows.push(...(await measure(stand)))
  })
  return conclude(rows, failed)
}

if (import.meta.main) {
  const { positionals } = parseArgs({ allowPositionals: true })
  const unknown = positionals.filter((it) => !(it in wideParts))
  if (unknown.length > 0 || process.getuid?.() !== 0) {
    process.stderr.write(
      `usage, as root: node test/bench/wide.ts [${Object.keys(wideParts).join('|')} ...]\n`,
    )
    process.exit(2)
  }
  await wide(positionals)
}
