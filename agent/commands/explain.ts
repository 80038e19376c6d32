import type { Rules } from '../model.ts'
import { renderRule, renderRules } from '../render/explain.ts'
import { terminalOf } from '../render/terminal.ts'
import { rulesOf } from '../round.ts'
import { selfRules } from '../self.ts'
import { collectors, type Exit, print, Refusal } from './common.ts'

/** Every rule Murphy knows. */
export const allRules = (): Rules => Object.assign({}, ...collectors.map(rulesOf), selfRules)

/** The page of one code; without one, the list of all. */
export function explain(code: string | undefined): Exit {
  const rules = allRules()
  const terminal = terminalOf(process.stdout, process.env)
  if (code === undefined) {
    print(renderRules(rules, terminal))
    return 0
  }
  if (!(code in rules)) {
    const near = Object.keys(rules).filter((it) => it.includes(code) || code.includes(it.split('.')[1] ?? it))
    throw new Refusal(
      `there is no finding called ${code}; ${near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'see `agent explain`'}`,
    )
  }
  print(`${renderRule(code, rules, terminal)}\n`)
  return 0
}
