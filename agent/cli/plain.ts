import type { Common } from './commands/common.ts'
import type { StatusArguments } from './commands/status.ts'

/** The switches that `agent status` alone has: their forms, and what they do. */
export const switchesOfStatus: readonly (readonly [forms: string, meaning: string])[] = [
  ['-v, --verbose', 'also all that could not be seen'],
  ['--watch', 'keep it on the screen, always current'],
  ['--brief', 'a few lines; nothing when all is well'],
]

/** A command line that is understood without the parser of all command lines. */
export type Plain =
  | { readonly command: 'status'; readonly options: StatusArguments }
  | { readonly command: 'run'; readonly options: Common }

const ofStatus: ReadonlyMap<string, string> = new Map(
  ['--local', '--json', ...switchesOfStatus.map(([forms]) => forms)].flatMap((forms) => {
    const all = forms.split(', ')
    const name = all.at(-1)?.slice('--'.length) ?? ''
    return all.map((form) => [form, name] as const)
  }),
)

/**
 * What people type most, `agent status` with its switches, and what the unit starts, both also with `--config FILE`. For
 * these the parser is not loaded: it takes longer than the answer, and would stay in the daemon's memory. Undefined for
 * any other words, which the parser is to understand or to refuse.
 */
export function plain(all: readonly string[]): Plain | undefined {
  const [first = '', file = ''] = all
  const hasConfig = (first === '-c' || first === '--config') && /^[^-]/.test(file)
  const [command, ...words] = hasConfig ? all.slice(2) : all
  const common = hasConfig ? { config: file } : {}
  if (command === 'run') return words.length === 0 ? { command, options: common } : undefined
  if (command !== 'status' || !words.every((it) => ofStatus.has(it))) return undefined
  return {
    command,
    options: { ...common, ...Object.fromEntries(words.map((it) => [ofStatus.get(it), true])) },
  }
}
