import { readFileSync } from 'node:fs'
import t from 'tap'
import { metrics, metricsText } from '../../../agent/api/metrics.ts'
import { metricsFile, metricsPage } from '../../metrics.ts'
import { picture } from '../small.ts'

t.test('the picture in numbers, for Prometheus', async (t) => {
  const text = await metricsText(picture)
  for (const line of [
    'murphy_info{version="0.1.0",node="node1"} 1',
    'murphy_incidents{severity="critical"} 1',
    'murphy_incidents{severity="warning"} 0',
    'murphy_finding{code="firewall.flushed",subject="nft",severity="critical",cause="firewall.flushed"} 1',
    'murphy_finding{code="firewall.kube-chains-missing",subject="node",severity="critical",cause="firewall.flushed"} 1',
    'murphy_collector_blind{collector="memory"} 1',
    'murphy_collector_blind{collector="certs"} 0',
    'murphy_sink_failing{sink="ntfy"} 1',
    'murphy_sink_failing{sink="discord"} 0',
  ])
    t.ok(text.split('\n').includes(line), line)
})

t.test('asked twice it says the same, hostile names included', async (t) => {
  const [incident] = picture.incidents
  if (!incident) throw new Error('the picture has one')
  const hostile = {
    ...picture,
    incidents: [{ ...incident, cause: { ...incident.cause, subject: 'a"}\n evil 1' } }],
  }
  const text = await metricsText(hostile)
  t.equal(await metricsText(hostile), text)
  t.notMatch(text, /^ evil/m)
})

t.test('each metric names the cluster, where it has a name', async (t) => {
  const samples = async (of: typeof picture) =>
    (await metricsText(of)).split('\n').filter((it) => it.startsWith('murphy_'))
  for (const it of await samples({ ...picture, cluster: 'home' })) t.match(it, /[{,]cluster="home"[},]/)
  for (const it of await samples(picture)) t.notMatch(it, 'cluster=')
})

t.test('docs/metrics.md is what is declared, and what is declared is what is shown', async (t) => {
  t.equal(readFileSync(metricsFile, 'utf8'), metricsPage(), 'npm run docs writes it')
  const shown = (await metricsText(picture)).matchAll(/^# TYPE murphy_(\S+) (\S+)$/gm)
  t.same(
    Array.from(shown, ([, name, type]) => [name, type]),
    Object.keys(metrics).map((name) => [name, 'gauge']),
  )
})
