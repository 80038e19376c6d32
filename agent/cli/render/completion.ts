import type { CommandTree } from './tree.ts'

/** What may stand for a placeholder, by its name. */
export type Values = Readonly<Record<string, readonly string[]>>

/** Placeholders for what is in the file system. */
const folders: readonly string[] = ['DIR']
const files: readonly string[] = ['FILE', 'PLACE']

interface Level {
  /** `/firewall/diff`; empty for the program itself. */
  readonly path: string
  readonly tree: CommandTree
}

const levels = (tree: CommandTree, path = ''): readonly Level[] => [
  { path, tree },
  ...tree.commands.flatMap((it) => levels(it, `${path}/${it.name}`)),
]

/** Each option that takes something, once: its forms, and the placeholder. */
function taking(tree: CommandTree): readonly (readonly [forms: string, value: string])[] {
  const all = levels(tree).flatMap((it) => it.tree.options)
  return [
    ...new Map(
      all.flatMap(({ forms, value }) => (value === undefined ? [] : [[forms.join('|'), value] as const])),
    ),
  ]
}

/** A text in single quotes, for a shell; line breaks do not survive. */
const quoted = (text: string) => `'${text.replaceAll(/\s+/g, ' ').replaceAll("'", `'\\''`)}'`

/** Walks along the words that were typed, to the command that they name. Not `path`: in zsh that is the PATH. */
const walk = (all: readonly Level[]) =>
  `    case "$at/$word" in ${all
    .filter((it) => it.path)
    .map((it) => it.path)
    .join('|')}) at="$at/$word" ;; esac`

const wordsAt = ({ tree }: Level, root: CommandTree, values: Values): readonly string[] => [
  ...tree.commands.map((it) => it.name),
  ...tree.words.flatMap((it) => values[it.name] ?? []),
  ...[...tree.options, ...(tree === root ? [] : root.options)].flatMap((it) => it.forms),
]

/** For bash (programmable completion, bash(1)). */
export function bashScript(tree: CommandTree, values: Values): string {
  const all = levels(tree)
  const given = taking(tree).map(([forms, value]) => {
    const words = folders.includes(value)
      ? 'compgen -d -- "$cur"'
      : files.includes(value)
        ? 'compgen -f -- "$cur"'
        : `compgen -W ${quoted((values[value] ?? []).join(' '))} -- "$cur"`
    return `    ${forms}) mapfile -t COMPREPLY < <(${words}); return ;;`
  })
  const cases = all.map(
    (it) => `    ${quoted(it.path)}) words=${quoted(wordsAt(it, tree, values).join(' '))} ;;`,
  )
  return `# bash completion for ${tree.name}; printed by \`${tree.name} completion bash\`
_murphy_${tree.name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${walk(all)}
  done
  case $prev in
${given.join('\n')}
  esac
  case $at in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o bashdefault -o default -F _murphy_${tree.name} ${tree.name}
`
}

/** For zsh (zshcompsys(1)). */
export function zshScript(tree: CommandTree, values: Values): string {
  const all = levels(tree)
  const described = (name: string, meaning: string) =>
    quoted(`${name.replaceAll(':', '\\:')}:${meaning.replaceAll(':', '\\:')}`)
  const valuesOf = taking(tree).map(([forms, value]) => {
    const words = folders.includes(value)
      ? '_files -/'
      : files.includes(value)
        ? '_files'
        : `compadd -- ${(values[value] ?? []).join(' ')}`
    return `    ${forms}) ${words}; return ;;`
  })
  const cases = all.map(({ path, tree: it }) => {
    const options = [...it.options, ...(it === tree ? [] : tree.options)]
    const lines = [
      ...it.commands.map((one) => described(one.name, one.meaning)),
      ...options.flatMap(({ forms, meaning }) => forms.map((one) => described(one, meaning))),
    ]
    const words = it.words.flatMap((one) => values[one.name] ?? [])
    const more = words.length > 0 ? `; compadd -- ${words.join(' ')}` : ''
    return `    ${quoted(path)}) known=(${lines.join(' ')}); _describe ${quoted(it.name)} known${more} ;;`
  })
  return `#compdef ${tree.name}
# Printed by \`${tree.name} completion zsh\`.
local at='' word
local -a known
for word in "\${words[@]:1:$((CURRENT - 2))}"; do
${walk(all)}
done
case \${words[CURRENT - 1]} in
${valuesOf.join('\n')}
esac
case $at in
${cases.join('\n')}
esac
`
}

/** For fish (complete(1) of fish). */
export function fishScript(tree: CommandTree, values: Values): string {
  const lines = levels(tree).flatMap(({ path, tree: it }) => {
    const names = path.split('/').filter(Boolean)
    const below = it.commands.map((one) => one.name)
    const condition = [
      ...names.map((one) => `__fish_seen_subcommand_from ${one}`),
      ...(below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : []),
    ].join('; and ')
    const head = `complete -c ${tree.name}${it === tree ? '' : ` -n ${quoted(condition)}`}`
    const first = below.length > 0 ? `complete -c ${tree.name} -n ${quoted(condition)}` : head
    const words = it.words.flatMap((one) => values[one.name] ?? [])
    return [
      ...it.commands.map((one) => `${first} -f -a ${one.name} -d ${quoted(one.meaning)}`),
      ...(words.length > 0 ? [`${head} -f -a ${quoted(words.join(' '))}`] : []),
      ...(it.words.some((one) => files.includes(one.name)) ? [`${head} -F`] : []),
      ...it.options.map(({ forms, value, meaning }) => {
        const named = forms.map((one) =>
          one.startsWith('--') ? ` -l ${one.slice(2)}` : ` -s ${one.slice(1)}`,
        )
        const takes =
          value === undefined
            ? ''
            : folders.includes(value) || files.includes(value)
              ? ' -r -F'
              : ` -x -a ${quoted((values[value] ?? []).join(' '))}`
        return `${head}${named.join('')}${takes} -d ${quoted(meaning)}`
      }),
    ]
  })
  return `# fish completion for ${tree.name}; printed by \`${tree.name} completion fish\`
complete -c ${tree.name} -f
${lines.join('\n')}
`
}
