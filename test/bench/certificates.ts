import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { certificates, days } from '../collectors/certs/openssl.ts'

/** What stands in the place of the recorded node's certificates, whose end would come. */
export interface Certificates {
  /** PEM by path in k3s's data folder. */
  readonly files: Readonly<Record<string, string>>
  readonly kubeconfig: string
  readonly key: string
  /** One of the files, as it should be. */
  readonly valid: string
  /** The same, over since yesterday; each time since another second, because that is what tells one trouble from the next. */
  expired(): string
}

/** Who the node's clients are to its API, and by which address its servers are asked; of others only the dates count. */
const known: Readonly<Record<string, { readonly subject?: string; readonly names?: string }>> = {
  'client-kubelet.crt': { subject: '/O=system:nodes/CN=system:node:node1' },
  'client-kube-proxy.crt': { subject: '/CN=system:kube-proxy' },
  'client-k3s-controller.crt': { subject: '/CN=system:k3s-controller' },
  'serving-kube-apiserver.crt': { names: 'IP:127.0.0.1' },
}
const healthy = join(import.meta.dirname, '../nodes/healthy/files')

/** Fresh certificates by the names of the recorded ones. `over` is told what to do in the end. */
export function makeCertificates(over: (work: () => void) => void): Certificates {
  const { issue } = certificates({ teardown: over } as unknown as Test)
  const authority = issue({ subject: '/CN=k3s-ca', to: days(3650), ca: true })
  const signed = (subject: string, from = days(-1), to = days(364), names = '') =>
    issue({ subject, from, to, names, by: authority }).pem + authority.pem
  const files: Record<string, string> = {}
  for (const folder of ['server/tls', 'server/tls/etcd', 'agent'])
    for (const name of readdirSync(join(healthy, 'var/lib/rancher/k3s', folder)))
      if (name.endsWith('.crt')) {
        const { subject = `/CN=${name}`, names } = known[name] ?? {}
        files[`${folder}/${name}`] = /-ca\.crt$/.test(name)
          ? authority.pem
          : signed(subject, undefined, undefined, names)
      }
  const valid = signed('/CN=system:admin')
  let count = 0
  const expired = () => {
    count += 1
    return signed('/CN=system:admin', days(-365), new Date(days(-1).getTime() - count * 1000))
  }
  files['server/tls/client-admin.crt'] = valid
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const kubeconfig = readFileSync(join(healthy, 'etc/rancher/k3s/k3s.yaml'), 'utf8')
    .replace(/client-certificate-data: .*/, `client-certificate-data: ${base64(valid)}`)
    .replace(/certificate-authority-data: .*/, `certificate-authority-data: ${base64(authority.pem)}`)
  return { files, kubeconfig, key: readFileSync(authority.key, 'utf8'), valid, expired }
}
