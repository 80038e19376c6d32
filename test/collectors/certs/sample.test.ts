import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { certs } from '../../../collectors/certs/index.ts'
import type { CertsSample } from '../../../collectors/certs/sample.ts'

t.test('a sample is plain JSON, small, and holds no secret', async (t) => {
  const host = recordedNode('test/nodes/healthy')
  const sample: CertsSample = await certs.collect(
    host,
    { paths: [], endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 },
    { heard: [] },
  )
  const text = JSON.stringify(sample)
  t.same(JSON.parse(text), sample)
  t.ok(text.length < 16_384, `${text.length} bytes`)
  t.notMatch(text, /PRIVATE KEY|tls\.key|client-key-data|token/)
})
