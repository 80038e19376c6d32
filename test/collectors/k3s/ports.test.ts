import t from 'tap'
import {
  apiPlace,
  credentials,
  kubeletPlace,
  proxyPlace,
  runsAgent,
  supervisorPlace,
} from '../../../collectors/k3s/ports.ts'
import type { K3s } from '../../../collectors/node/k3s.ts'

const node = (it: Partial<K3s> = {}): K3s => ({
  ...{ distribution: 'k3s', role: 'server', dataDir: '/d', unit: 'k3s', flags: {}, binary: '/k3s' },
  ...it,
})
const flags = (it: K3s['flags']) => node({ flags: it })

t.test('where the API and the supervisor answer', async (t) => {
  t.strictSame(apiPlace(node()), { host: '127.0.0.1', port: 6443 })
  t.strictSame(apiPlace(flags({ 'https-listen-port': ['443'], 'bind-address': ['192.0.2.1'] })), {
    host: '192.0.2.1',
    port: 443,
  })
  t.strictSame(apiPlace(flags({ 'bind-address': ['::'] })), { host: '::1', port: 6443 })
  t.strictSame(apiPlace(flags({ 'https-listen-port': ['none'] })), { host: '127.0.0.1', port: 6443 })
  t.equal(apiPlace(flags({ 'disable-apiserver': ['true'] })), undefined)
  t.strictSame(apiPlace(node({ role: 'agent' })), { host: '127.0.0.1', port: 6444 })
  t.strictSame(supervisorPlace(node()), { host: '127.0.0.1', port: 6443 })
  t.strictSame(supervisorPlace(node({ distribution: 'rke2' })), { host: '127.0.0.1', port: 9345 })
  t.equal(supervisorPlace(node({ role: 'agent' })), undefined)
})

t.test('with which credentials', async (t) => {
  t.strictSame(credentials(node()), {
    certificate: '/d/agent/client-kubelet.crt',
    key: '/d/agent/client-kubelet.key',
  })
  const alone = flags({ 'disable-agent': ['true'] })
  t.equal(runsAgent(alone), false)
  t.equal(credentials(alone).certificate, '/d/server/tls/client-admin.crt')
})

t.test('where kubelet and kube-proxy answer, unless switched off', async (t) => {
  t.strictSame(kubeletPlace(node())?.port, 10_248)
  t.strictSame(kubeletPlace(flags({ 'kubelet-arg': ['max-pods=9', '--healthz-port=9999'] }))?.port, 9999)
  t.equal(kubeletPlace(flags({ 'kubelet-arg': ['healthz-port=0'] })), undefined)
  t.strictSame(kubeletPlace(node(), '9998')?.port, 9998, 'by a file')
  t.strictSame(kubeletPlace(flags({ 'kubelet-arg': ['healthz-port=9999'] }), '9998')?.port, 9999)
  t.equal(kubeletPlace(node(), '0'), undefined)
  t.equal(kubeletPlace(flags({ 'disable-agent': ['true'] })), undefined)
  t.strictSame(proxyPlace(node())?.port, 10_256)
  t.strictSame(proxyPlace(flags({ 'kube-proxy-arg': ['healthz-bind-address=0.0.0.0:7'] }))?.port, 7)
  t.equal(proxyPlace(flags({ 'disable-kube-proxy': ['true'] })), undefined)
})
