import { collectors } from '../../../collectors/index.ts'
import { rulesOf } from '../../core/round.ts'
import { selfRules } from '../../core/self.ts'
import type { Rules } from '../../model/index.ts'
import { terminalOf } from '../../text/terminal.ts'
import { type Catalogue, markdown, renderGraph, renderRule } from '../render/explain.ts'
import { type Exit, print, Refusal } from './common.ts'

/** Every rule Murphy knows. */
export const allRules = (): Rules => Object.assign({}, ...collectors.map(rulesOf), selfRules)

export const catalogue = (): Catalogue => ({
  rules: allRules(),
  collectors: Object.fromEntries(collectors.map((it) => [it.name, it])),
})

export interface ExplainArguments {
  /** Print all rules as Markdown: docs/findings.md. */
  readonly markdown?: boolean
}

/** The page of one code; without one, the graph of which rule may cause which. */
export function explain(code: string | undefined, options: ExplainArguments = {}): Exit {
  const all = catalogue()
  const terminal = terminalOf(process.stdout, process.env)
  if (options.markdown) print(markdown(all))
  else if (code === undefined) print(renderGraph(all, terminal))
  else if (Object.hasOwn(all.rules, code)) print(`${renderRule(code, all, terminal)}\n`)
  else {
    const near = Object.keys(all.rules).filter(
      (it) => it.includes(code) || code.includes(it.split('.')[1] ?? it),
    )
    throw new Refusal(
      `there is no finding called ${code}; ${near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'see `agent explain`'}`,
    )
  }
  return 0
}
