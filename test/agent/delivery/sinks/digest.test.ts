import t from 'tap'
import { bySeverity, counted, digestWords, gravestOf } from '../../../../agent/delivery/sinks/digest.ts'
import type { Incident, Severity } from '../../../../agent/model/index.ts'
import { finding, incident, since } from '../../../receivers/notices.ts'

const one = (severity: Severity, at: number, resolved?: number): Incident =>
  incident({
    ...{ id: `${severity} ${at}`, severity, since: since + at, affected: [] },
    cause: finding({ severity, title: `${severity} ${at}`, ...(resolved !== undefined && { resolved }) }),
    ...(resolved !== undefined && { resolved }),
  })
const digest = (incidents: readonly Incident[], of?: 'quiet') =>
  digestWords(
    { ...{ kind: 'digest', id: 'd', node: 'node1', at: since + 600_000, incidents }, ...(of && { of }) },
    'node1',
  )

t.test('how many there are of each', async (t) => {
  const all = [one('info', 1), one('critical', 2), one('warning', 3), one('critical', 4)]
  t.equal(counted(all), '2 critical, 1 warning, 1 info')
  t.equal(counted([]), '')
  t.strictSame(bySeverity(all), { critical: 2, warning: 1, info: 1 })
  t.strictSame(
    gravestOf([...all, one('warning', 5, 6)]).map(({ id }) => id),
    ['critical 4', 'critical 2', 'warning 3', 'info 1', 'warning 5'],
    'what is open first',
  )
})

t.test('what was missed, the gravest first', async (t) => {
  const said = digest([one('warning', 1, since + 5), one('critical', 2, since + 9)])
  t.equal(said.headline, 'node1: 2 missed incidents (all resolved)')
  t.equal(said.text, '1 critical, 1 warning. They began and ended while Murphy could not send here.')
  t.match(said.lines, [/^critical 2: was critical/, /^warning 1: was warning/])
})

t.test('what was held back', async (t) => {
  const said = digest([one('warning', 1, since + 5)], 'quiet')
  t.equal(said.headline, 'node1: 1 held back in quiet hours (resolved)')
  t.equal(said.text, '1 warning. It began and ended in quiet hours.')
})
