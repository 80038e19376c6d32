import t from 'tap'
import { tryKubernetes } from '../../../../agent/cli/commands/try-kubernetes.ts'
import { machine } from '../../../collectors/node/machine.ts'
import { cluster } from '../../delivery/kubernetes/cluster.ts'

const { server, api, read } = await cluster(t)
const data = '/var/lib/rancher/k3s/agent'
const node = async (origin = server.origin) =>
  machine(t, {
    [`${data}/kubelet.kubeconfig`]: [
      `server: ${origin}`,
      `certificate-authority: ${data}/server-ca.crt`,
      `client-certificate: ${data}/client-kubelet.crt`,
      `client-key: ${data}/client-kubelet.key`,
    ].join('\n'),
    [`${data}/server-ca.crt`]: await read(api.authority),
    [`${data}/client-kubelet.crt`]: await read(api.certificate),
    [`${data}/client-kubelet.key`]: await read(api.key),
  })

t.test('a trial is answered as the writing would be, and writes nothing', async (t) => {
  t.equal(await tryKubernetes(await node(), { conditions: true, events: true }), true)
  t.match(
    server.arrived.map(({ method, path }) => `${method} ${path}`),
    ['GET /api/v1/nodes/node1', /^PATCH .*dryRun=All$/, /^POST .*dryRun=All$/],
  )
  t.same(server.events.size, 0)
  t.same(server.nodes.get('node1')?.conditions.length, 1)
  server.nodes.delete('node1')
  t.match(
    await tryKubernetes(await node(), { conditions: true, events: false }),
    /404: nodes "node1" not found/,
  )
})

t.test(
  'where nothing is asked for, nothing is tried; where there is no k3s, that is the answer',
  async (t) => {
    const before = server.arrived.length
    t.equal(await tryKubernetes(await node(), { conditions: false, events: false }), undefined)
    t.equal(server.arrived.length, before)
    t.match(await tryKubernetes(machine(t, {}), { conditions: true, events: false }), /no k3s/)
  },
)
