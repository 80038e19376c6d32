import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { authorityOf } from '../../../collectors/certs/chain.ts'
import { certs } from '../../../collectors/certs/index.ts'
import { stopping, useOf } from '../../../collectors/certs/uses.ts'
import { stageNumber } from '../../../collectors/certs/window.ts'

const settings = { paths: [], endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 }

t.test(
  'of a recorded server each certificate in use has a user and an authority that is there',
  async (t) => {
    for (const node of ['healthy', 'two-nodes-healthy-node2']) {
      const sample = await certs.collect(recordedNode(`test/nodes/${node}`), settings, { heard: [] })
      const paths = new Set(sample.files.map((it) => it.path))
      const used = sample.files.filter(
        (it) => it.of === 'k3s' && !it.loose && it.certificates[0] && !it.certificates[0].ca,
      )
      t.ok(used.length > 3)
      for (const { path } of used) {
        t.ok(useOf(path), `${path} has a user`)
        t.ok(paths.has(authorityOf(path) ?? ''), `${path} is signed by ${authorityOf(path)}`)
      }
      t.same(
        sample.pairs?.filter((it) => it.problem),
        [],
        'and really is',
      )
      t.equal(sample.pairs?.length, used.length)
    }
  },
)

t.test('what has no user, and what stops', async (t) => {
  for (const path of [
    '/d/server/tls/client-ca.crt',
    '/etc/x.pem',
    '/d/server/tls/constructor',
    '127.0.0.1:6443',
  ])
    t.equal(useOf(path), undefined, path)
  t.match(useOf('/var/lib/rancher/rke2/server/tls/client-rke2-cloud-controller.crt'), {
    by: 'cloud controller',
  })
  t.match(useOf('/d/server/tls/kube-scheduler/kube-scheduler.crt'), { by: 'scheduler' })
  const tls = (name: string) => `/d/server/tls/${name}`
  t.equal(stopping([]), '')
  t.equal(stopping([tls('client-admin.crt'), tls('client-admin.crt'), '/x']), '`kubectl` gets 401')
  t.match(
    stopping(
      [
        'client-admin.crt',
        'client-scheduler.crt',
        'client-controller.crt',
        'etcd/client.crt',
        'dynamic-cert.json',
      ].map(tls),
    ),
    /^`kubectl` gets 401; `kubectl` refuses the API and no node can register; no new pod gets a node; [^;]*, and more$/,
  )
})

t.test('the stages at which it is told again', async (t) => {
  const day = 86_400_000
  t.same(
    [31, 30, 15, 14, 8, 7, 4, 3, 1.1, 1, 0].map((it) => stageNumber(it * day)),
    [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
  )
})
