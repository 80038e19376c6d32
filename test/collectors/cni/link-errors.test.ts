import { readFileSync } from 'node:fs'
import t from 'tap'
import { allErrors, countErrors, wear } from '../../../collectors/cni/link-errors.ts'
import type { Course } from '../../../collectors/cni/sample.ts'

const minute = 60_000
const hour = 60 * minute
const now = 1_000 * hour
const line = (name: string, errors: number, packets = 5) =>
  `  ${name}:     426       ${packets}    ${errors}    0    0     0          0         0      426       0    0    0    0     0       0          0\n`
const grown = (steps: number, each: number, packets: number): Course =>
  Array.from(
    { length: steps + 1 },
    (_, it) => [now - (steps - it) * 3 * minute, it * each, it * packets] as const,
  )

t.test('errors of some interfaces, as the kernel counts them', (t) => {
  const real = countErrors(readFileSync('/proc/net/dev', 'utf8'), ['lo'], {}, now)
  t.match(real, { lo: [[now, Number, Number]] })
  t.same(countErrors(line('cni0', 3), ['cni0', 'flannel.1'], {}, now), { cni0: [[now, 3, 5]] })
  t.same(countErrors('cni0: x', ['cni0'], {}, now), {})
  t.end()
})

t.test('a link that is well stays as it is; a counter that fell begins anew', (t) => {
  const first = countErrors(line('cni0', 3), ['cni0'], {}, now)
  t.strictSame(countErrors(line('cni0', 3, 900), ['cni0'], first, now + minute), first)
  const more = countErrors(line('cni0', 9, 900), ['cni0'], first, now + minute)
  t.same(more.cni0, [
    [now, 3, 5],
    [now + minute, 9, 900],
  ])
  t.equal(countErrors(line('cni0', 9), ['cni0'], more, now + 3 * hour).cni0?.length, 1, 'old ones are let go')
  t.same(countErrors(line('cni0', 0), ['cni0'], more, now + hour).cni0, [[now + hour, 0, 5]])
  let course: Record<string, Course> = {}
  for (let at = 0; at < 200; at += 1) course = countErrors(line('cni0', at), ['cni0'], course, now + at)
  t.ok((course.cni0?.length ?? 0) <= 25)
  t.equal(allErrors({ a: [[0, 1, 1]], b: [[0, 2, 1]], c: [] }), 3)
  t.end()
})

t.test('errors that grow are told however often one looks', (t) => {
  let errors: Record<string, Course> = {}
  const looks = (60 * minute) / 5_000
  for (let at = 0; at <= looks; at += 1)
    errors = countErrors(line('eth0', at, 10 * at), ['eth0'], errors, now - (looks - at) * 5_000)
  t.match(wear({ errors }, now), [
    { code: 'cni.errors-growing', subject: 'eth0', text: /: about 7\d\d an hour/ },
  ])
  t.ok(Number(errors.eth0?.length) <= 25)
  t.end()
})

t.test('errors that grow are told, bursts and drops in the ocean are not', (t) => {
  t.match(wear({ errors: { eth0: grown(5, 20, 1000) } }, now), [
    {
      code: 'cni.errors-growing',
      subject: 'eth0',
      text: 'eth0 counted 100 errors in 15 min, 2.0 % of its packets: roughly 400 an hour.',
    },
  ])
  t.match(
    wear({ errors: { eth0: grown(11, 20, 1000) } }, now)[0]?.text,
    /: about \d+ an hour\.$/,
    'over half an hour',
  )
  t.same(wear({ errors: { eth0: grown(1, 5000, 1000) } }, now), [], 'one burst')
  t.same(wear({ errors: { eth0: grown(5, 20, 1_000_000) } }, now), [])
  t.same(wear({ errors: { eth0: grown(5, 2, 10) } }, now), [], 'too few')
  t.same(wear({ errors: { eth0: grown(5, 20, 1000) } }, now + 2 * hour), [], 'it has stopped')
  const faster = grown(6, 0, 1000).map(([at, , packets], it) => [at, it ** 4, packets] as const)
  t.match(wear({ errors: { eth0: faster } }, now)[0]?.text, /an hour, and rising\.$/)
  t.end()
})

t.test('only what has hardware has a driver and a cable to be looked at', async (t) => {
  const steps = (device: string) =>
    wear({ errors: { [device]: grown(5, 20, 1000) } }, now)[0]?.fix?.join('\n')
  t.match(steps('eth0'), /`ethtool -S eth0`\n.*cable/)
  for (const device of ['cni0', 'flannel.1', 'flannel-wg']) t.notMatch(steps(device), /ethtool|cable/, device)
})
