import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import { HostError } from '../../../agent/model/index.ts'
import { orNull, print } from '../../../collectors/cni/ask.ts'

const machine = openMachine()
t.teardown(() => machine.close())
const host = machine.during(new AbortController().signal)

t.test('what a command printed, understood', async (t) => {
  t.strictSame(await print(host, ['echo', '[1]'], JSON.parse), [1])
})

t.test('a command that fails, or prints something else, is an error that names it', async (t) => {
  await t.rejects(print(host, ['sh', '-c', 'echo "no such device " >&2; exit 1'], JSON.parse), {
    code: 'failed',
    message: /^running `sh -c .*`: exit code 1: no such device$/,
  })
  const long = print(host, ['sh', '-c', 'head -c 5000 /dev/zero | tr "\\0" x >&2; exit 1'], JSON.parse)
  await t.rejects(long, { message: /: x{200}$/ }, 'no more of it than can be read')
  await t.rejects(print(host, ['echo', 'Usage: ip'], JSON.parse), {
    code: 'failed',
    message: 'running `echo Usage: ip`: it did not print the JSON that iproute2 5.0 and later print',
  })
  await t.rejects(print(host, ['no-such-command'], JSON.parse), { code: 'missing' })
})

t.test('nothing there, or nothing to understand, is null; not seeing is an error', async (t) => {
  const folder = t.testdir({ good: '{"a":1}', bad: '{' })
  t.strictSame(await orNull(host.text(`${folder}/good`), JSON.parse), { a: 1 })
  t.equal(await orNull(host.text(`${folder}/bad`), JSON.parse), null)
  t.equal(await orNull(host.text(`${folder}/none`), JSON.parse), null)
  await t.rejects(orNull(Promise.reject(new HostError('denied', 'no')), JSON.parse), { code: 'denied' })
})
