import { spawnSync } from 'node:child_process'
import t from 'tap'
import { completion } from '../../../../agent/cli/commands/completion.ts'
import { main, typed } from './typed.ts'

const { agent } = typed(t)

t.test('bash completes commands, codes, forms and subcommands', async (t) => {
  const script = `source <("${process.execPath}" "${main}" completion bash)
    ask() { COMP_WORDS=(agent "$@"); COMP_CWORD=$#; _murphy_agent; printf '%s\\n' "\${COMPREPLY[*]}"; }
    ask stat; ask explain memory.oom-k; ask status -o ''; ask firewall d; ask check --severity c; ask nonsense --sev`
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  t.equal(stderr, '')
  t.strictSame(stdout.split('\n'), [
    'status',
    'memory.oom-killed',
    'wide json yaml name',
    'diff',
    'critical',
    '',
    '',
  ])
})

t.test('the other shells, and none', async (t) => {
  t.match(agent('completion', 'fish'), { exit: 0, out: /complete -c agent .* -a status -d / })
  const tree = { name: 'agent', meaning: '', words: [], options: [], commands: [] }
  t.throws(() => completion('toString', tree, {}), { exit: 3, message: /use one of bash, zsh, fish/ })
})
