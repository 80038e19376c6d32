import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { textfile } from '../../../agent/daemon/textfile.ts'

const until = async (it: () => boolean) => {
  for (let left = 500; left > 0 && !it(); left -= 1) await sleep(10)
}
const log = () => {
  const said: string[] = []
  const add = (_: object, text: string) => void said.push(text)
  return { said, warn: add, info: add }
}

t.test('the metrics are in the file, again and again, never half of them', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'murphy.prom')
  let count = 0
  const before = process.umask(0o077)
  t.teardown(() => process.umask(before))
  const { stop } = textfile({
    ...{ file, log: log(), every: 5 },
    metrics: async () => `${'x'.repeat(100_000)} ${++count}\n`,
  })
  await until(() => existsSync(file))
  t.equal(statSync(file).mode & 0o777, 0o644, 'node_exporter is another user')
  for (let times = 0; times < 200; times += 1) {
    await sleep(1)
    if (!/^x{100000} \d+\n$/.test(readFileSync(file, 'utf8'))) t.fail('half of it')
  }
  t.ok(count > 5)
  t.strictSame(
    readdirSync(folder).filter((it) => it.endsWith('.prom')),
    ['murphy.prom'],
    'no other that would be read',
  )
  stop()
  t.strictSame(readdirSync(folder), ['murphy.prom'], 'that it is old tells that nobody writes it')
  t.match(
    readFileSync(file, 'utf8'),
    /^# Murphy was stopped at \d{4}-.*Z\n$/,
    'no value is left that looks fresh',
  )
  await sleep(20)
  t.match(readFileSync(file, 'utf8'), /^#/, 'nor comes back')
})

t.test('what keeps it from writing is said once, and when that is over', async (t) => {
  const folder = join(t.testdir(), 'gone')
  const file = join(folder, 'murphy.prom')
  const { said, ...own } = log()
  const { stop, problem } = textfile({ file, log: own, every: 5, metrics: async () => 'a 1\n' })
  await until(() => said.length > 0)
  await sleep(50)
  t.match(said, [/^the metrics cannot be written to .*murphy\.prom: its folder does not exist \(ENOENT\)$/])
  t.match(problem(), { since: Number, why: 'its folder does not exist (ENOENT)' })
  mkdirSync(folder)
  await until(() => existsSync(file))
  await until(() => said.length > 1)
  t.equal(problem(), undefined)
  t.match(said[1], /written again/)
  rmSync(folder, { recursive: true, force: true })
  stop()
  t.notOk(existsSync(folder), 'what keeps it from the last word keeps nobody from stopping')
})

t.test('metrics that hang keep nobody from stopping', async (t) => {
  const file = join(t.testdir(), 'murphy.prom')
  const { stop } = textfile({ file, log: log(), every: 5, metrics: () => new Promise(() => undefined) })
  await stop()
  t.match(readFileSync(file, 'utf8'), /^# Murphy was stopped/)
})

t.test('what somebody else put in the folder is not followed', async (t) => {
  const folder = t.testdir({ 'precious.txt': 'mine' })
  const [file, precious] = [join(folder, 'murphy.prom'), join(folder, 'precious.txt')]
  symlinkSync(precious, file)
  symlinkSync(precious, join(folder, '.murphy.prom.new'))
  chmodSync(precious, 0o600)
  const { mode } = statSync(precious)
  const { stop } = textfile({ file, log: log(), metrics: async () => 'a 1\n' })
  await until(() => !lstatSync(file).isSymbolicLink())
  t.equal(readFileSync(file, 'utf8'), 'a 1\n')
  t.equal(readFileSync(precious, 'utf8'), 'mine')
  t.equal(statSync(precious).mode, mode)
  stop()
})

t.test('metrics that cannot be made leave the last ones, and are tried again', async (t) => {
  const file = join(t.testdir(), 'murphy.prom')
  const faults: Error[] = []
  const { stop } = textfile({
    ...{ file, log: log(), every: 5 },
    metrics: async () => {
      for (const it of faults) throw it
      return 'a 1\n'
    },
  })
  await until(() => existsSync(file))
  faults.push(new Error('no'))
  await sleep(30)
  t.equal(readFileSync(file, 'utf8'), 'a 1\n')
  stop()
})
