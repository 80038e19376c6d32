import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { settings } from '../../../../agent/cli/commands/settings.ts'

t.test(
  'the settings, or everything that is wrong with them, and nothing that a terminal would obey',
  async (t) => {
    const folder = t.testdir()
    const file = join(folder, 'config.yaml')
    writeFileSync(file, 'node: node1\nstate_dir: /srv/murphy\nsocket: /srv/agent.sock\n')
    t.match(settings({ config: file }), { node: 'node1', stateDir: '/srv/murphy', socket: '/srv/agent.sock' })
    writeFileSync(file, 'nodes: x\nlog_level: loud\n')
    t.throws(() => settings({ config: file }), {
      name: 'Refusal',
      exit: 78,
      message: /^invalid config: 2 errors\n.*did you mean node\?\n.*one of debug/,
    })
    const hostile = join(folder, 'a\u001b[2Jb.yaml')
    writeFileSync(hostile, 'nodes: x\n')
    try {
      settings({ config: hostile })
      t.fail('they are not right')
    } catch (error) {
      t.notMatch((error as Error).message, /\u001b/)
    }
  },
)

t.test('a secret is left unread unless the command sends messages', async (t) => {
  const file = join(t.testdir(), 'config.yaml')
  writeFileSync(file, 'sinks:\n  - { type: discord, url_file: /nowhere/at/all }\n')
  t.strictSame(settings({ config: file }).sinks[0]?.unread, ['url'])
  t.throws(() => settings({ config: file }, { secrets: 'read' }), {
    exit: 78,
    message: /the file does not exist/,
  })
})
