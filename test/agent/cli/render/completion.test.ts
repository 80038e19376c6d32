import t from 'tap'
import { bashScript, fishScript, zshScript } from '../../../../agent/cli/render/completion.ts'

const none = { words: [], options: [], commands: [] }
const tree = {
  ...none,
  name: 'murphy',
  meaning: 'Murphy',
  options: [{ forms: ['-c', '--config'], value: 'FILE', meaning: "Murphy's own: settings" }],
  commands: [
    {
      ...none,
      name: 'explain',
      meaning: 'what it means',
      words: [{ name: 'CODE', required: true, meaning: '' }],
    },
    {
      ...none,
      name: 'check',
      meaning: 'look',
      options: [
        { forms: ['-o', '--output'], value: 'FORM', meaning: 'how' },
        { forms: ['--node'], value: 'DIR', meaning: 'which' },
      ],
      commands: [{ ...none, name: 'deep', meaning: 'below' }],
    },
  ],
}
const values = { CODE: ['a.b', 'a.c'], FORM: ['json', 'yaml'] }

t.test('bash: each level has its words, each option what it takes', async (t) => {
  const script = bashScript(tree, values)
  t.match(script, /case "\$at\/\$word" in \/explain\|\/check\|\/check\/deep\) at=/)
  t.match(script, /\n {4}''\) words='explain check -c --config' ;;\n/)
  t.match(script, /\n {4}'\/explain'\) words='a\.b a\.c -c --config' ;;\n/)
  t.match(script, /\n {4}-o\|--output\) .*compgen -W 'json yaml' /)
  t.match(script, /\n {4}--node\) .*compgen -d /)
  t.match(script, /\n {4}-c\|--config\) .*compgen -f /)
  t.match(script, /\ncomplete .* -F _murphy_murphy murphy\n$/)
})

t.test('zsh: with what each means', async (t) => {
  const script = zshScript(tree, values)
  t.match(script, /^#compdef murphy\n/)
  t.match(script, /'--config:Murphy'\\''s own\\: settings'/)
  t.match(script, /\n {4}'\/explain'\) .*; compadd -- a\.b a\.c ;;/)
  t.match(script, /\n {4}--node\) _files -\/; return ;;/)
})

t.test('fish: with what each means', async (t) => {
  const script = fishScript(tree, values)
  t.match(
    script,
    /complete -c murphy -n 'not __fish_seen_subcommand_from explain check' -f -a explain -d 'what it/,
  )
  t.match(script, /complete -c murphy -n '__fish_seen_subcommand_from explain' -f -a 'a\.b a\.c'/)
  t.match(script, / -s o -l output -x -a 'json yaml' -d 'how'/)
  t.match(script, / -l node -r -F -d 'which'/)
})
