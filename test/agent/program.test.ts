import t from 'tap'
import { plain, switchesOfStatus } from '../../agent/cli/plain.ts'
import { obey, program } from '../../agent/program.ts'
import { chances } from './api/requests.ts'

/** What it makes of words that it takes for one of these two commands. */
async function parsed(words: readonly string[]) {
  let seen: { command: string; options: object } | undefined
  for (const command of program.commands.filter((it) => ['status', 'run'].includes(it.name())))
    command.action((own: object) => {
      const options = { ...program.opts(), ...(command.name() === 'status' && own) }
      seen = { command: command.name(), options }
    })
  await program.parseAsync(words, { from: 'user' })
  return seen
}

t.test('what is understood without it, it understands alike', async (t) => {
  const chance = chances(5)
  const words = ['--local', '--json', ...switchesOfStatus.flatMap(([forms]) => forms.split(', '))]
  for (let round = 0; round < 200; round += 1) {
    const config = [[], [], ['-c', 'a.yaml'], ['--config', '/b c']][chance(4)] ?? []
    const more = Array.from({ length: chance(4) }, () => words[chance(words.length)] ?? '')
    const all = chance(8) === 0 ? [...config, 'run'] : [...config, 'status', ...more]
    const it = plain(all)
    t.ok(it, all.join(' '))
    t.strictSame(it, await parsed(all), all.join(' '))
  }
})

t.test('what is no command ends with 3, and what was only asked for with 0', async (t) => {
  const { exitCode } = process
  t.teardown(() => {
    process.exitCode = exitCode
  })
  const codes: unknown[] = []
  let said = ''
  const hear = (text: string) => {
    said += text
  }
  for (const it of [program, ...program.commands]) it.configureOutput({ writeOut: hear, writeErr: hear })
  for (const words of [['status', '--jsn'], ['config'], ['status', '--help'], ['stats']]) {
    process.exitCode = undefined
    await obey(words)
    codes.push(process.exitCode)
  }
  t.strictSame(codes, [3, 3, 0, 3])
  t.match(said, /unknown command 'stats'/)
  t.match(said, /did you mean --json/i)
  t.match(said, /^Usage: agent status /m)
})
