import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { follow, type RunOptions, run } from '../../../agent/host/command.ts'

const signal = new AbortController().signal
const ran = (argv: readonly string[], options: RunOptions = {}) => run(argv, options, signal)

t.test('commands are bounded in time and size, and run without a shell', async (t) => {
  t.match(await ran(['echo', '$HOME; `id`']), { stdout: '$HOME; `id`\n', exit: 0 })
  t.match(await ran(['sh', '-c', 'echo no >&2; exit 3']), { stderr: 'no\n', exit: 3 })
  await t.rejects(ran(['no-such-command']), { code: 'missing', message: /no command no-such-command/ })
  await t.rejects(ran(['sleep', '60'], { timeout: 50 }), {
    code: 'timeout',
    message: /no answer within 0.05 s/,
  })
  await t.rejects(ran(['yes'], { limit: 100_000 }), { code: 'too-large' })
  await t.rejects(ran([]), { code: 'failed' })
})

t.test('output is handed over by lines, with a bound on each', async (t) => {
  const lines: string[] = []
  const it = await ran(['printf', 'one\ntwo\nlast'], { line: (it) => lines.push(it) })
  t.strictSame(lines, ['one', 'two', 'last'])
  t.equal(it.stdout, '')
  let longest = 0
  await ran(['head', '-c', '3000000', '/dev/zero'], {
    line: (it) => {
      longest = Math.max(longest, it.length)
    },
  })
  t.ok(longest > 0 && longest <= 64 * 1024, `${longest}`)
  // Chunks of a pipe end where they will: in the middle of a line, of a character, or between two lines.
  const text = Array.from({ length: 40_000 }, (_, at) => `${at} €ü ${'x'.repeat(at % 90)}`)
  const file = `${t.testdir({ text: `${text.join('\n')}\n\n` })}/text`
  lines.length = 0
  await ran(['cat', file], { line: (it) => lines.push(it) })
  t.strictSame(lines, [...text, ''])
})

t.test('following says why it ended', async (t) => {
  t.match(await follow(['no-such-command'], () => {}, signal), /no-such-command/)
  t.match(await follow(['sh', '-c', 'echo bad >&2; exit 3'], () => {}, signal), /^bad$/)
  t.match(await follow(['true'], () => {}, signal), /exit code 0/)
})

t.test('what a command leaves behind keeps nobody waiting', async (t) => {
  const begun = performance.now()
  await t.rejects(ran(['sh', '-c', 'sleep 20 & sleep 20'], { timeout: 100 }), { code: 'timeout' })
  t.ok(performance.now() - begun < 10_000, 'although its child holds the output open')
})

t.test('it gets nothing of the environment that may be secret, and speaks English', async (t) => {
  process.env.MURPHY_TEST_TOKEN = 'S3cret'
  process.env.LANG = 'de_DE.UTF-8'
  const { stdout } = await ran(['env'])
  delete process.env.MURPHY_TEST_TOKEN
  t.notMatch(stdout, /S3cret|MURPHY|HOME=|LANG=/)
  t.match(stdout, /^LC_ALL=C$/m, 'so that everybody reads the same words')
  t.match(stdout, /^PATH=\/usr\/local\/sbin:.*:\/bin$/m, 'daemons and cron often lack sbin')
})

t.test('what it says on stderr is kept in part, and says why it was ended', async (t) => {
  const { stderr } = await ran(['sh', '-c', 'dd if=/dev/zero bs=20000 count=1 status=none >&2'])
  t.equal(stderr, '\0'.repeat(8 * 1024))
  await t.rejects(ran(['sh', '-c', 'echo sorry >&2; kill -TERM $$']), {
    code: 'failed',
    message: /: it was ended by SIGTERM: sorry$/,
  })
})

t.test('lines are as good as all of it: bounded, and whoever cannot take one ends it', async (t) => {
  await t.rejects(ran(['yes'], { limit: 100_000, line: () => {} }), { code: 'too-large' })
  const refuse = () => {
    throw new Error('no more')
  }
  await t.rejects(ran(['yes'], { line: refuse }), { code: 'failed', message: /reading its output: no more$/ })
})

t.test('following ends when nobody listens any more, and complains meanwhile', async (t) => {
  const ending = new AbortController()
  const lines: string[] = []
  const complaints: string[] = []
  const followed = follow(
    ['sh', '-c', 'echo careful >&2; echo a; echo b; exec sleep 600'],
    (it) => {
      lines.push(it)
      if (it === 'b') ending.abort()
    },
    ending.signal,
    (it) => void complaints.push(it),
  )
  t.match(await followed, /^(careful|it ended \(SIGKILL\))$/)
  t.strictSame(lines, ['a', 'b'])
  t.ok(complaints.every((it) => it === 'careful'))
  t.equal(await follow(['yes'], () => t.fail('it is not begun'), AbortSignal.abort()), 'stopped')
  t.match(await follow([], () => {}, signal), /none was named/)
})

t.test('none of them is left', async (t) => {
  const children = () =>
    readdirSync('/proc/self/task').flatMap((task) =>
      readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    )
  for (let count = 0; count < 200 && children().length > 0; count += 1) await sleep(20)
  t.strictSame(children(), [])
})
