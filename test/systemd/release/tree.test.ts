import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { layOut, setModes } from '../../../systemd/release/tree.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'murphy-tree-'))
t.teardown(() => rmSync(home, { recursive: true }))

t.test('modes are set, whatever they were', async (t) => {
  const folder = join(home, 'modes')
  mkdirSync(join(folder, 'in'), { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'in/run'), '', { mode: 0o600 })
  writeFileSync(join(folder, 'in/read'), '', { mode: 0o777 })
  setModes(folder, new Set(['in/run']))
  const modes = ['', 'in', 'in/run', 'in/read'].map((it) =>
    (statSync(join(folder, it)).mode & 0o7777).toString(8),
  )
  t.strictSame(modes, ['755', '755', '755', '644'])
})

t.test('it is the folder that install.sh takes for a release', async (t) => {
  const agent = join(home, 'agent')
  mkdirSync(agent)
  writeFileSync(join(agent, 'package.json'), '{"type":"module"}')
  writeFileSync(join(agent, 'main.js'), 'console.log(process.env.MURPHY_COMMAND, ...process.argv.slice(2))')
  writeFileSync(join(home, 'node'), '#!/bin/sh\n')
  writeFileSync(join(home, 'LICENSE'), '')
  const runtime = { version: '1', node: join(home, 'node'), license: join(home, 'LICENSE'), compared: false }
  const folder = join(home, 'release')
  layOut(folder, { root, agent, runtime, installer: '#!/bin/sh\n' })
  const list = (find: string) =>
    execFileSync('sh', ['-c', `cd ${folder} && ${find} | sort`], { encoding: 'utf8' })
  t.equal(list('find systemd share -type f'), readableList)
  t.equal(list('find . -type f -perm -100'), './install.sh\n./runtime/node\n./systemd/motd\n')
  t.equal(list('cat share/man/man1/*'), 'agent man\nmurphy man\n', 'each name has its own page')
  t.equal(list('cat share/zsh/site-functions/_agent'), 'agent completion zsh\n')
})

const readableList = `share/bash-completion/completions/agent
share/bash-completion/completions/murphy
share/fish/vendor_completions.d/agent.fish
share/fish/vendor_completions.d/murphy.fish
share/man/man1/agent.1
share/man/man1/murphy.1
share/zsh/site-functions/_agent
share/zsh/site-functions/_murphy
systemd/after.sh
systemd/checks.sh
systemd/config.yaml
systemd/help.sh
systemd/list.sh
systemd/motd
systemd/murphy-last-word.service
systemd/murphy.service
systemd/nodes.sh
systemd/removal.sh
systemd/runs.sh
systemd/sinks.sh
systemd/steps.sh
systemd/undo.sh
`
