import t from 'tap'
import { nameOf, renderIncident } from '../../../../agent/cli/render/incident.ts'
import type { Incident } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'
import { cause, now, picture } from '../../small.ts'

const plain = { color: false, width: 80 }
const [incident] = picture.incidents as [Incident]

t.test('a root that is over does not speak for what is left', async (t) => {
  const over = { ...cause, resolved: now - 60_000 }
  const left = finding({
    code: 'k3s.api-unhealthy',
    title: 'the Kubernetes API is not healthy',
    subject: 'api',
    text: 'The API does not answer.',
    impact: 'kubectl fails.',
    since: now - 120_000,
    severity: 'critical',
  })
  const text = renderIncident({ ...incident, cause: over, affected: [left] }, now, plain)
  t.match(text, /^CRITICAL {2}the Kubernetes API is not healthy \(api\) /)
  t.match(text, /\n {2}What {5}The API does not answer\.\n {2}Impact {3}kubectl fails\./)
  t.match(text, /\n {2}Began {4}the firewall was flushed \(nft\), over since 03:29 UTC\n/)
  t.match(text, /\n {2}More {5}agent explain k3s\.api-unhealthy$/)
  t.notMatch(text, 'Also')
})

t.test('what the cause says already is not said again as what it began with', async (t) => {
  const left = finding({
    code: 'k3s.api-unhealthy',
    title: 'API dead',
    since: now - 120_000,
    severity: 'critical',
  })
  const began = { ...cause, severity: 'info' as const }
  const why = { certainty: 'likely' as const, cause: began.id, text: `${began.title} (20 s before)` }
  const it = { ...incident, cause: began, affected: [left], why }
  const page = renderIncident(it, now, plain)
  t.match(page, /\n {2}Cause {4}the firewall was flushed \(20 s before\)\n/)
  t.notMatch(page, 'Began')
  t.match(renderIncident(it, now, plain, true), 'Began', 'but where all is asked for')
  const { why: _, ...unsaid } = it
  t.match(renderIncident(unsaid, now, plain), /\n {2}Began {4}the firewall was flushed/)
})

t.test('what another finding says as well is left out, unless all is asked for', async (t) => {
  const kills = finding({
    code: 'memory.oom-repeating',
    title: 'OOMKilled 3x',
    since: now,
    severity: 'critical',
  })
  const kill = finding({ code: 'memory.oom-killed', title: 'OOMKilled: x', since: now })
  const it = { ...incident, affected: [kill, kills], restated: [kill.id] }
  t.notMatch(renderIncident(it, now, plain), 'OOMKilled: x')
  t.match(renderIncident(it, now, plain), /Also {5}OOMKilled 3x/)
  t.match(renderIncident(it, now, plain, true), 'OOMKilled: x')
  const { why: _, ...first } = { ...it, cause: kill, affected: [kills] }
  t.notMatch(renderIncident(first, now, plain), /Began|OOMKilled: x/)
})

t.test('of many affected only the first, and with all of their texts where asked', async (t) => {
  const affected = Array.from({ length: 14 }, (_, at) => finding({ code: 'a.b', subject: `pod-${at}` }))
  const text = renderIncident({ ...incident, affected }, now, plain)
  t.match(text, /pod-11\)\n {11}and 2 more\n/)
  t.notMatch(text, /pod-12/)
  t.notMatch(text, /a\.b is so/)
  t.match(renderIncident({ ...incident, affected }, now, plain, true), /a\.b \(pod-0\): a\.b is so\./)
})

t.test('what is over is one line', async (t) => {
  t.equal(
    renderIncident({ ...incident, resolved: now - 60_000 }, now, plain),
    'RESOLVED  the firewall was flushed (nft)                 03:29 UTC, after 17 min',
  )
})

t.test('a subject stands behind a title that does not name it', async (t) => {
  const named = (title: string, subject: string) =>
    nameOf({ ...incident, cause: { ...cause, title, subject }, affected: [] })
  t.equal(named('cni0 missing', 'cni0'), 'cni0 missing')
  t.equal(named('host port 80 dead', 'kube-system/ingress'), 'host port 80 dead (kube-system/ingress)')
  const uid = 'pod 38b85a3d-c687-4320-836e-9a2b647445f5'
  t.equal(named('OOMKilled: pod 38b85a3d-c…e-9a2b647445f5', uid), 'OOMKilled: pod 38b85a3d-c…e-9a2b647445f5')
  t.equal(
    named('OOMKilled: pod 48b85a3d-c…e-9a2b647445f5', uid),
    `OOMKilled: pod 48b85a3d-c…e-9a2b647445f5 (${uid})`,
  )
  t.equal(named('IP forwarding off', 'node'), 'IP forwarding off')
  t.equal(named('`iptables -F` would lock out SSH', 'x'.repeat(80)), 'iptables -F would lock out SSH')
})

t.test('the command of a step stands by itself, ready to be pasted', async (t) => {
  const shown = (step: string) =>
    renderIncident({ ...incident, fix: [step] }, now, plain).replace(
      /[\s\S]*\n {2}Fix {6}|\n {2}[A-Z][\s\S]*/g,
      '',
    )
  t.equal(shown('`ls /x`: what is there'), `ls /x\n${' '.repeat(11)}what is there`)
  t.equal(shown('On a server: `k3s server`.'), `On a server:\n${' '.repeat(11)}k3s server`)
  t.equal(shown('Run `a` or `b`'), 'Run `a` or `b`')
  const long = `kubectl get ${'x'.repeat(90)} -n y`
  const text = renderIncident({ ...incident, fix: [`\`${long}\``] }, now, plain)
  t.ok(text.split('\n').includes(`  Fix      ${long}`), 'and is never broken')
})
