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

const without = (shell: string) => spawnSync(shell, ['-c', 'true']).error !== undefined && `needs ${shell}`

t.test('zsh shows what may follow, and what it means', { skip: without('zsh') }, async (t) => {
  const folder = t.testdir({ _agent: agent('completion', 'zsh').out, recorded: { node: '' } })
  const shown = (typed: string, wanted: string) => {
    // A terminal of its own, as completion is what happens in an editor of lines.
    const script = `zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z "stty columns 200; fpath=($1 \\$fpath); autoload -Uz compinit; compinit -D; bindkey '^I' list-choices; print RE''ADY"
      zpty -r -m z said '*READY*'
      zpty -w -n z "$2"$'\\t'
      zpty -r -m z said "*$3*"
      print -r -- "$said"`
    const { stdout, error } = spawnSync('zsh', ['-f', '-c', script, 'zsh', folder, typed, wanted], {
      ...{ encoding: 'utf8', timeout: 20_000, env: { ...process.env, HOME: folder, TERM: 'dumb' } },
    })
    return error ? `${error.message}: ${stdout}` : stdout
  }
  t.match(shown('agent stat', 'show what is wrong'), /status +-- show what is wrong/)
  t.match(shown('agent explain memory.oom-', 'oom-storm'), /memory\.oom-killed\s+memory\.oom-rec/)
  t.match(shown('agent check -o ', 'yaml'), /json +name +wide +yaml/)
  t.match(shown('agent firewall d', 'deleted and'), /diff +-- deleted and/)
  t.match(shown(`agent check --node ${folder}/rec`, 'recorded'), /recorded/, 'a folder')
})

t.test('fish shows what may follow, and what it means', { skip: without('fish') }, async (t) => {
  const folder = t.testdir({ 'agent.fish': agent('completion', 'fish').out })
  const shown = (typed: string) => {
    const script = `source ${folder}/agent.fish; complete -C '${typed}'`
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], {
      ...{ encoding: 'utf8', env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder } },
    })
    t.equal(stderr, '', typed)
    return stdout
  }
  t.match(shown('agent stat'), /^status\tshow what is wrong/)
  t.match(shown('agent explain memory.oom-'), /^memory\.oom-before-boot\n[\s\S]*\nmemory\.oom-storm\n/)
  t.match(shown('agent check -o '), /^json\t[^\n]*\nname\t[^\n]*\nwide\t[^\n]*\nyaml\t/)
  t.match(shown('agent firewall d'), /^diff\tdeleted and added rules/)
  t.match(shown('agent status --sev'), /^--severity\t/)
  t.equal(shown('agent status '), '', 'nothing follows, not even a file')
  t.match(shown(`agent record ${folder}/`), /agent\.fish/, 'but where a place is asked for')
})

t.test('no shell, and none that is known', async (t) => {
  const tree = { name: 'agent', meaning: '', words: [], options: [], commands: [] }
  t.throws(() => completion('toString', tree, {}), { exit: 3, message: /use one of bash, zsh, fish/ })
})
