import t from 'tap'
import { plain } from '../../../agent/cli/plain.ts'

// That the parser understands the same by it is in test/agent/program.test.ts.
t.test('a status with its switches, and what the unit starts', async (t) => {
  t.strictSame(plain(['status', '-v', '--json']), {
    command: 'status',
    options: { verbose: true, json: true },
  })
  t.strictSame(plain(['--config', 'a', 'status']), { command: 'status', options: { config: 'a' } })
  t.strictSame(plain(['run']), { command: 'run', options: {} })
})

t.test('all else is left to the parser', async (t) => {
  for (const words of [
    [],
    ['--help'],
    ['status', '--help'],
    ['status', '-o', 'json'],
    ['status', '--severity', 'warning'],
    ['status', '-vv'],
    ['status', '--verb'],
    ['status', '--json=yes'],
    ['status', '--'],
    ['status', 'x'],
    ['status', 'constructor'],
    ['--local', 'status'],
    ['status', '-c', 'a.yaml'],
    ['--config=a', 'status'],
    ['-c', '--json', 'status'],
    ['-c', '', 'status'],
    ['-c', 'a.yaml'],
    ['-c', 'a', '-c', 'b', 'status'],
    ['run', '--local'],
    ['run', 'x'],
    ['why'],
    ['__proto__'],
  ])
    t.equal(plain(words), undefined, words.join(' '))
})
