import { loadavg } from 'node:os'
import { excuses } from './report.ts'
import { figures, type Row, table } from './table.ts'

/** Prints what was measured, why budgets are missed, and what could not be measured, and ends the bench: with 1 where something could not. */
export function conclude(rows: readonly Row[], failed: unknown): never {
  const all = rows.map(figures)
  const missed = [...all.flatMap((it) => it.missed), ...(failed === undefined ? [] : [String(failed)])]
  const load = loadavg().map((it) => it.toFixed(1))
  const lines = [
    ...(all.length > 0 ? [table(all)] : []),
    ...excuses(all),
    `load ${load.join(' ')}, node ${process.version}`,
    ...missed.map((it) => `not measured: ${it}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exit(missed.length > 0 ? 1 : 0)
}
