import t from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { printed } from '../../../agent/config/printed.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'

const parsed = (text: string) =>
  parseConfig(text, { file: 'config.yaml', collectors: [], sinks, secrets: 'leave', environment: {} })

t.test('what is printed is a file that means the same, without its secrets', async (t) => {
  const text = `node: node1
cluster: home
zone: Europe/Berlin
sinks:
  - { type: ntfy, url: "https://ntfy.example/s3cr3t-topic", min: critical, weekly: sun 18:05 }
quiet:
  - { days: [fri], from: "22:00", to: "07:00", zone: UTC, pass: warning, sinks: [ntfy] }
maintenance:
  - { from: "02:00", to: "24:00", what: certs, why: renewal }
heartbeats:
  - { url: "https://kuma.example/api/push/s3cr3t-t0ken", every_seconds: 30, report: critical }
`
  const shown = printed(parsed(text), sinks)
  t.notMatch(shown, /s3cr3t/)
  const { sinks: before, heartbeats, ...given } = parsed(text)
  const { sinks: after, heartbeats: beats, ...again } = parsed(shown)
  t.strictSame(again, given)
  t.match(after, [{ name: 'ntfy', min: 'critical', weekly: before[0]?.weekly }])
  t.match(beats, [{ every: heartbeats[0]?.every, settings: { type: 'kuma', report: 'critical' } }])
})
