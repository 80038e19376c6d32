import t from 'tap'
import { ofNode } from '../../../collectors/node/own-certificates.ts'
import { finding } from '../../agent/findings.ts'

t.test('a kubeconfig or a file that has expired stops no k3s', async (t) => {
  const of = (subject: string) =>
    ofNode(finding({ code: 'certs.expired', subject }), finding({ code: 'k3s.down' }))
  t.ok(of('k3s server'))
  t.ok(of('rke2 agent'))
  t.notOk(of('/root/.kube/config'))
  t.notOk(of('/etc/rancher/k3s/k3s.yaml'))
  t.notOk(of('k3s server CAs'))
  t.notOk(of('192.0.2.1:443'))
})
