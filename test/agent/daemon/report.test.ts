import t from 'tap'
import { openLog } from '../../../agent/daemon/log.ts'
import { reportFindings, reportRound } from '../../../agent/daemon/report.ts'
import { finding } from '../findings.ts'

const lines = (write: (log: ReturnType<typeof openLog>) => void) => {
  const said: { level: string; msg: string }[] = []
  write(openLog({ level: 'info', write: (line) => void said.push(JSON.parse(line)) }))
  return said.map((it) => `${it.level} ${it.msg}`)
}

t.test('a finding is a line when it opens and when it is over', async (t) => {
  const it = finding({ code: 'a.b', subject: 'x', text: 'It is so.' })
  const mild = finding({ code: 'a.c', severity: 'info' })
  t.strictSame(
    lines((log) => reportFindings(log, [], [it, mild])),
    ['warn warning: a.b (x): It is so.', 'info info: a.c (node): a.c is so.'],
  )
  t.strictSame(
    lines((log) => reportFindings(log, [it], [it])),
    [],
  )
  t.strictSame(
    lines((log) => reportFindings(log, [it], [{ ...it, resolved: 5 }])),
    ['info resolved: a.b (x)'],
  )
})

t.test('what the title names already is not named twice', async (t) => {
  const uid = '38b85a3d-c687-4320-836e-9a2b647445f5'
  const kill = finding({
    code: 'a.b',
    subject: `pod ${uid}`,
    title: 'OOMKilled: pod 38b85a3d',
    text: 'It was.',
  })
  t.strictSame(
    lines((log) => reportFindings(log, [], [kill])),
    ['warn warning: OOMKilled: pod 38b85a3d: It was.'],
  )
})

t.test('a look that fails is a line once, not each time', async (t) => {
  const outcome = { collector: 'a', at: 0, took: 1, observations: [], rules: {}, unseen: [] }
  const failed = { ...outcome, error: new Error('no') }
  t.strictSame(
    lines((log) => reportRound(log, undefined, failed)),
    ['warn a: the check failed: no'],
  )
  t.strictSame(
    lines((log) => reportRound(log, failed, failed)),
    [],
  )
  t.strictSame(
    lines((log) => reportRound(log, failed, outcome)),
    [],
  )
})
