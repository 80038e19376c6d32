import { severities } from '../../model/index.ts'
import { bashScript, fishScript, type Values, zshScript } from '../render/completion.ts'
import type { CommandTree } from '../render/tree.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { forms, here } from './output.ts'

export type { CommandTree } from '../render/tree.ts'

const shells = { bash: bashScript, zsh: zshScript, fish: fishScript } as const
const isShell = (it: string): it is keyof typeof shells => Object.hasOwn(shells, it)

/** Prints the completion script of a shell, for this program under the name by which it was called. */
export function completion(shell: string, tree: CommandTree, options: Common): Exit {
  if (!isShell(shell)) throw new Refusal(`completion ${shell}: use one of ${Object.keys(shells).join(', ')}`)
  const { command = 'agent' } = here(options)
  print(shells[shell]({ ...tree, name: command }, values()))
  return 0
}

/** What may stand for a placeholder of the help. */
function values(): Values {
  const codes = Object.keys(allRules())
  const areas = [...new Set(codes.map((it) => it.split('.')[0] ?? ''))]
  return {
    CODE: [...areas, ...codes],
    WHAT: ['all', ...areas, ...codes],
    FORM: forms,
    SEVERITY: severities,
    SHELL: Object.keys(shells),
  }
}
