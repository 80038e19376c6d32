import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { askApi, heardFrom, isSilent } from '../../../collectors/node/kube-api.ts'
import { cluster, four } from '../cluster/machines.ts'

const { api, host } = await cluster(t)
four(api, 0)
const node = host('node4', Date.now)
const file = '/var/lib/rancher/k3s/agent'
const here = {
  origin: `https://127.0.0.1:${api.port}`,
  authority: `${file}/server-ca.crt`,
  certificate: `${file}/client-kubelet.crt`,
}
const ask = (as: 'kubelet' | 'kube-proxy' | 'k3s-controller', path: string, form?: 'Table') =>
  askApi(node, here, { path, as, limit: 65_536, timeout: 2_000, ...(form && { form }) })

t.test('each credential is shown for what it may read, over a connection that is verified', async (t) => {
  const table = await ask('kube-proxy', '/api/v1/nodes', 'Table')
  t.match(JSON.parse(table.body), { kind: 'Table', rows: { length: 4 } })
  t.equal((await ask('kubelet', '/api/v1/nodes/node4')).status, 200)
  t.equal((await ask('k3s-controller', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode4')).status, 200)
})

t.test('what each may not is refused, as the API does', async (t) => {
  const refused = await Promise.all([
    ask('kubelet', '/api/v1/nodes', 'Table'),
    ask('kubelet', '/api/v1/nodes/server1'),
    ask('kube-proxy', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode4'),
    ask('kube-proxy', '/api/v1/secrets'),
  ])
  t.strictSame(
    refused.map((it) => it.status),
    [403, 403, 403, 403],
  )
  t.match(JSON.parse(refused[0]?.body ?? ''), {
    message: /node 'node4' cannot read all nodes, only its own Node object/,
  })
})

t.test('another server is silent only if nothing answers', async (t) => {
  t.equal(await isSilent(node, here, '127.0.0.1', 1_000), false)
  t.equal(await isSilent(node, here, '127.0.0.7', 1_000), true)
  const strange = { ...here, authority: here.certificate }
  t.equal(
    await isSilent(node, { ...strange, authority: `${file}/client-kube-proxy.crt` }, '127.0.0.1', 1_000),
    false,
  )
  t.equal(api.asked.filter((it) => it === 'GET /ping as ').length, 1, 'a stranger is not even asked')
})

t.test('a machine that answers where nothing listens is told from one that is not there', async (t) => {
  const at = (address: string, port: number) =>
    heardFrom(node, here, { address, port, path: '/healthz' }, 1_000)
  t.equal(await at('127.0.0.1', api.port), 'answers')
  t.equal(await at('127.0.0.1', 1), 'closed', 'a real refusal of the kernel')
  const mute = createServer(() => {})
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  t.teardown(() => mute.close())
  t.equal(await at('127.0.0.1', (mute.address() as AddressInfo).port), 'silent', 'it never says a word')
})

t.test('RKE2 has a controller certificate of its own name', async (t) => {
  const asked: string[] = []
  const get: typeof node.get = async ({ as }) => {
    asked.push(as?.certificate ?? '')
    return { status: 200, body: '' }
  }
  await askApi({ ...node, get }, here, { path: '/', as: 'rke2-controller', limit: 1, timeout: 1 })
  t.strictSame(asked, [`${file}/client-rke2-controller.crt`])
})
