import { collectors } from '../../../collectors/index.ts'
import { rulesOf } from '../../core/round.ts'
import { selfRules } from '../../core/self.ts'
import type { Rules } from '../../model/index.ts'
import { didYouMean } from '../../text/near.ts'
import { type Catalogue, markdown, renderArea, renderGraph, renderRule } from '../render/explain.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { here, show } from './output.ts'

/** Every rule Murphy knows. */
export const allRules = (): Rules => Object.assign({}, ...collectors.map(rulesOf), selfRules)

export const catalogue = (): Catalogue => ({
  rules: allRules(),
  collectors: Object.fromEntries(collectors.map((it) => [it.name, it])),
})

export interface ExplainArguments extends Common {
  /** Print all rules as Markdown: docs/findings.md. */
  readonly markdown?: boolean
}

/** The page of one code, or of an area (`memory`); without one, the graph of which rule may cause which. */
export function explain(code: string | undefined, options: ExplainArguments = {}): Exit {
  const all = catalogue()
  const terminal = here(options)
  const codes = Object.keys(all.rules)
  const inArea = codes.filter((it) => it.startsWith(`${code}.`))
  if (options.markdown) print(markdown(all))
  else if (code === undefined) show(renderGraph(all, terminal), terminal)
  else if (Object.hasOwn(all.rules, code)) show(`${renderRule(code, all, terminal)}\n`, terminal)
  else if (inArea.length > 0) show(renderArea(code, inArea, all, terminal), terminal)
  else {
    const areas = [...new Set(codes.map((it) => it.split('.')[0] ?? ''))]
    const hint = didYouMean(code, [...areas, ...codes]) || `; the areas are ${areas.join(', ')}`
    throw new Refusal(`there is no finding called ${code}${hint}`)
  }
  return 0
}
