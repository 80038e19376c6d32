import { certs as collector } from '../../../collectors/certs/index.ts'
import { rowsOf } from '../../../collectors/certs/rows.ts'
import type { CertsSample } from '../../../collectors/certs/sample.ts'
import { gravest } from '../../core/cascade.ts'
import { renderCerts } from '../render/certs.ts'
import { terminalOf } from '../render/terminal.ts'
import { type Exit, madeOf, print, settings } from './common.ts'
import { type Latest, type LatestArguments, latest } from './latest.ts'

export interface CertsArguments extends LatestArguments {
  readonly json?: boolean
  /** Authorities, copies and what nobody uses as well. */
  readonly all?: boolean
}

const exits = { info: 0, warning: 1, critical: 2 } as const

/** Every certificate, the most urgent first. Exit code 0 well, 1 warning, 2 critical, 3 when they cannot be seen. */
export async function certs(options: CertsArguments): Promise<Exit> {
  const its = settings(options).collectors[collector.name]?.settings as Parameters<typeof collector.assess>[2]
  const seen = await latest(collector.name, options)
  return madeOf('certificates', () => shown(seen, its, options))
}

function shown(
  { node, sample: seen, at, now }: Latest,
  its: Parameters<typeof collector.assess>[2],
  options: CertsArguments,
): Exit {
  const sample = seen as CertsSample
  const rows = rowsOf(sample, its.warn_days, now, options.all === true)
  const told = collector.assess(sample, { heard: [] }, its, now).map((it) => {
    const rule = collector.rules[it.code]
    return { severity: it.severity ?? rule.severity, title: rule.title, it }
  })
  const unseen = (sample.unseen ?? []).filter((it) => !it.unrecorded).map((it) => it.why)
  const exit: Exit =
    unseen.length > 0 && told.every((it) => it.severity !== 'critical') ? 3 : exits[gravest(told)]
  if (options.json) {
    const findings = told.map(({ severity, it }) => ({
      severity,
      code: it.code,
      subject: it.subject,
      text: it.text,
    }))
    print(`${JSON.stringify({ version: 1, node, at, certificates: rows, findings, unseen }, null, 2)}\n`)
    return exit
  }
  const summary = collector.summary(sample, its, now)
  const page = { node, summary, rows, told, at, now, unseen, all: options.all === true }
  print(renderCerts(page, terminalOf(process.stdout, process.env)))
  return exit
}
