import type { CommandTree } from './tree.ts'

/** The manual page in the language of man(7), from the commands' own help. */
export function manPage(tree: CommandTree, version: string): string {
  const name = tree.name
  const [first = '', ...rest] = tree.meaning.split(': ')
  return [
    `.TH ${name.toUpperCase()} 1 "" "Murphy ${roff(version)}"`,
    '.SH NAME',
    `${roff(name)} \\- ${roff(rest.join(': ') || first)}`,
    '.SH SYNOPSIS',
    `.B ${roff(name)}`,
    '.RI [ OPTIONS ]',
    '.I COMMAND',
    '.SH DESCRIPTION',
    'Murphy watches a k3s node: certificates, firewall, pod network, memory, pods and k3s itself.',
    'It says what is wrong, what follows from it, and the next safe step.',
    '.SH OPTIONS',
    ...tree.options.flatMap(option),
    '.SH COMMANDS',
    ...tree.commands.flatMap((it) => command(it, [])),
    '.SH EXIT STATUS',
    ...['0 well', '1 warning', '2 critical', '3 unknown, or not possible', '78 invalid settings'].flatMap(
      (it) => {
        const [code = '', ...words] = it.split(' ')
        return ['.TP', `.B ${code}`, words.join(' ')]
      },
    ),
    '.SH FILES',
    ...['.TP', '.I /etc/murphy/config.yaml', 'settings', '.TP', '.I /run/murphy/agent.sock'],
    ...['the socket on which the agent answers', '.TP', '.I /var/lib/murphy', 'what it remembers'],
    '.SH ENVIRONMENT',
    ...[
      '.TP',
      '.B NO_COLOR',
      'no colour',
      '.TP',
      '.B TZ',
      'on a terminal: the zone of times, instead of UTC',
    ],
    ...['.TP', '.B LC_ALL, LC_CTYPE, LANG', 'ASCII only, unless the locale has UTF\\-8'],
    '',
  ].join('\n')
}

function command(it: CommandTree, above: readonly string[]): readonly string[] {
  const path = [...above, it.name]
  const words = it.words.map(({ name, required }) => (required ? name : `[${name}]`))
  return [
    `.SS ${roff([...path, ...words].join(' '))}`,
    roff(it.meaning),
    ...it.words.flatMap(({ name, meaning }) => ['.TP', `.I ${roff(name)}`, roff(meaning)]),
    ...it.options.flatMap(option),
    ...it.commands.flatMap((one) => command(one, path)),
  ]
}

const option = ({ forms, value, meaning }: CommandTree['options'][number]): readonly string[] => [
  '.TP',
  `.BR ${forms.map(roff).join(' ", " ')}${value === undefined ? '' : ` " " \\fI${roff(value)}\\fR`}`,
  roff(meaning),
]

/** A text that troff prints as it is: no escapes, no requests at the head of a line. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1')
