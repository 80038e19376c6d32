import t from 'tap'
import { findNodeApi } from '../../../collectors/node/node-api.ts'
import { certificates } from '../certs/openssl.ts'
import { machine } from './machine.ts'

const data = '/var/lib/rancher/k3s'
const { issue } = certificates(t)
const ca = issue({ subject: '/CN=client-ca', ca: true })
const kubelet = (subject: string) => issue({ subject, use: 'clientAuth', by: ca }).pem

/** As k3s v1.36.3+k3s1 writes it. */
const kubeconfig = `apiVersion: v1
clusters:
- cluster:
    server: https://127.0.0.1:6444
    certificate-authority: ${data}/agent/server-ca.crt
  name: local
contexts:
- context:
    cluster: local
    namespace: default
    user: user
  name: Default
current-context: Default
kind: Config
preferences: {}
users:
- name: user
  user:
    client-certificate: ${data}/agent/client-kubelet.crt
    client-key: ${data}/agent/client-kubelet.key
`
const node = (text = kubeconfig, subject = '/O=system:nodes/CN=system:node:node2') =>
  machine(t, {
    [`${data}/agent/kubelet.kubeconfig`]: text,
    [`${data}/agent/client-kubelet.crt`]: kubelet(subject),
  })

t.test(
  "where the API is, by the kubelet's own kubeconfig, and who the node is, by its certificate",
  async (t) => {
    t.strictSame(await findNodeApi(node()), {
      node: 'node2',
      origin: 'https://127.0.0.1:6444',
      authority: `${data}/agent/server-ca.crt`,
      certificate: `${data}/agent/client-kubelet.crt`,
      key: `${data}/agent/client-kubelet.key`,
    })
  },
)

t.test('where k3s is known to be elsewhere, its files are read there', async (t) => {
  const elsewhere = machine(t, {
    '/srv/k3s/agent/kubelet.kubeconfig': kubeconfig.replaceAll(data, '/srv/k3s'),
    '/srv/k3s/agent/client-kubelet.crt': kubelet('/O=system:nodes/CN=system:node:node9'),
  })
  const { node: name, authority } = await findNodeApi(elsewhere, { dataDir: '/srv/k3s', distribution: 'k3s' })
  t.strictSame([name, authority], ['node9', '/srv/k3s/agent/server-ca.crt'])
})

t.test("the servers behind k3s's balancer are named, as it keeps them", async (t) => {
  const balancer = (ServerAddresses: unknown) =>
    machine(t, {
      [`${data}/agent/kubelet.kubeconfig`]: kubeconfig,
      [`${data}/agent/client-kubelet.crt`]: kubelet('/O=system:nodes/CN=system:node:node2'),
      [`${data}/agent/etc/k3s-agent-load-balancer.json`]: JSON.stringify({ ServerAddresses }),
    })
  t.strictSame((await findNodeApi(balancer(['198.51.100.10:6443', '[2001:db8::1]:6443']))).others, [
    'https://198.51.100.10:6443',
    'https://[2001:db8::1]:6443',
  ])
  t.equal(
    (await findNodeApi(balancer(Array.from({ length: 9 }, (_, at) => `node${at}:6443`)))).others?.length,
    3,
  )
  t.equal((await findNodeApi(balancer([7, 'a b', 'x/../y', ':::']))).others, undefined)
})

t.test('what is not as k3s writes it is not used', async (t) => {
  const rejects = (host: Parameters<typeof findNodeApi>[0], message: RegExp) =>
    t.rejects(findNodeApi(host), { name: 'HostError', message })
  await rejects(machine(t, {}), /there is no k3s/)
  await rejects(machine(t, { [`${data}/server/token`]: '' }), /kubelet.kubeconfig/)
  await rejects(node(kubeconfig.replace('https:', 'http:')), /no server as k3s writes it/)
  await rejects(node(`${kubeconfig}    server: https://192.0.2.1:6443\n`), /no server as k3s writes it/)
  await rejects(node(kubeconfig.replace(/client-key.*/, '')), /no client-key/)
  await rejects(node(kubeconfig.replace('/agent/client-kubelet.crt', '/agent/none.crt')), /none.crt/)
  await rejects(
    node(kubeconfig, '/O=system:masters/CN=system:admin'),
    /of CN=system:admin.*, not of a node|system:masters/,
  )
  await rejects(node(kubeconfig, '/O=system:nodes/CN=system:node:..\\/secrets'), /not of a node/)
  await rejects(node(kubeconfig, '/O=others/CN=system:node:node2'), /not of a node/)
})
