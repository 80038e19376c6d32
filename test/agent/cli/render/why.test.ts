import t from 'tap'
import { renderWhy } from '../../../../agent/cli/render/why.ts'
import type { Candidate, Finding, Incident } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'

const plain = { width: 80, colors: false, unicode: true }
const minute = 60_000
const noon = Date.UTC(2026, 10, 29, 12)
const killed = finding({ code: 'k3s.killed', title: 'k3s was killed', severity: 'info', since: noon })
const gone = finding({
  code: 'cni.bridge-missing',
  subject: 'cni0',
  title: 'the bridge is gone',
  since: noon + minute,
  onset: { from: noon - minute, to: noon + minute },
})
const incident: Incident = {
  id: killed.id,
  cause: killed,
  affected: [gone],
  severity: 'critical',
  since: noon,
  notifyAt: noon,
  fix: [],
  avoid: [],
  why: { certainty: 'likely', cause: killed.id, text: 'k3s was killed (60 s earlier; nothing else)' },
}

t.test('each finding with its interval, and each candidate with its verdict, a dozen at most', async (t) => {
  const others = Array.from(
    { length: 14 },
    (_, at): Candidate => ({
      cause: finding({ code: `a.b${at}`, since: noon - at * minute }),
      edge: { code: `a.b${at}` },
      verdict: 'well after it',
    }),
  )
  const all: readonly Candidate[] = [
    { cause: killed, edge: { code: 'k3s.killed' }, verdict: 'taken' },
    ...others,
  ]
  const text = renderWhy(incident, (it: Finding) => (it === gone ? all : undefined), plain as never)
  t.match(text, /Cause: k3s was killed \(60 s earlier; nothing else\)/)
  t.match(text, /k3s\.killed \(node\)\n {4}happened at 2026-11-29 12:00:00 UTC\n {4}no cause is looked for/)
  t.match(text, /began between 2026-11-29 11:59:00 UTC, when last seen well, and/)
  t.match(text, /- k3s\.killed \(node\), 60 s before: taken/)
  t.match(text, /- a\.b0 \(node\), 60 s before: no: this was still seen well too long\s+after it/)
  t.match(text, /and 3 more\n$/)
  const never = { ...gone, onset: { to: noon } }
  t.match(
    renderWhy({ ...incident, affected: [never] }, (it) => (it === never ? [] : undefined), plain as never),
    /began before 2026-11-29 12:00:00 UTC: never seen well\n {4}nothing that is known to cause it was found/,
  )
  for (const line of text.split('\n')) t.ok(line.length <= 80, line)
})
