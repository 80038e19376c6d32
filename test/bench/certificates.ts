import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Test } from 'tap'
import { authorityOf } from '../../collectors/certs/chain.ts'
import { certificates, days, type Issued } from '../collectors/certs/openssl.ts'
import { data, read, recorded } from './recorded.ts'

/** What stands in the place of the recorded node's certificates, whose end would come. */
export interface Certificates {
  /** PEM by path in k3s's data folder, and the Secret of what is served on 6443. */
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
/** `client-ca` or `etcd/peer-ca`, of an authority's file; k3s keeps some in several places. */
const authorityIn = (path = '') => /(?:etcd\/)?[\w-]+-ca(?=(?:\.nochain)?\.crt$)/.exec(path)?.[0]

/** Fresh certificates by the names of the recorded ones. `over` is told what to do in the end. */
export function makeCertificates(over: (work: () => void) => void): Certificates {
  const { issue } = certificates({ teardown: over } as unknown as Test)
  const authority = (of: string) => issue({ subject: `/CN=k3s-${of}`, to: days(3650), ca: true })
  const clients = authority('client-ca')
  const authorities: Readonly<Record<string, Issued>> = {
    'client-ca': clients,
    'server-ca': authority('server-ca'),
    'request-header-ca': authority('request-header-ca'),
    'etcd/peer-ca': authority('etcd-peer-ca'),
    'etcd/server-ca': authority('etcd-server-ca'),
  }
  const signed = (subject: string, from = days(-1), to = days(364), { by = clients, names = '' } = {}) =>
    issue({ subject, from, to, names, by }).pem + by.pem
  const files: Record<string, string> = {}
  for (const path of globSync('**/*.crt', { cwd: join(recorded, 'files', data) })) {
    const name = basename(path)
    const { subject = `/CN=${name}`, names } = known[name] ?? {}
    const own = authorityIn(path)
    const by = authorities[authorityIn(authorityOf(`/${path}`)) ?? ''] ?? clients
    files[path] = own ? (authorities[own]?.pem ?? '') : signed(subject, undefined, undefined, { by, names })
  }
  const valid = signed('/CN=system:admin')
  let count = 0
  const expired = () => {
    count += 1
    return signed('/CN=system:admin', days(-365), new Date(days(-1).getTime() - count * 1000))
  }
  files['server/tls/client-admin.crt'] = valid
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const serving = base64(String(files['server/tls/serving-kube-apiserver.crt']))
  files['server/tls/dynamic-cert.json'] = JSON.stringify({ kind: 'Secret', data: { 'tls.crt': serving } })
  const kubeconfig = read('files/etc/rancher/k3s/k3s.yaml')
    .replace(/client-certificate-data: .*/, `client-certificate-data: ${base64(signed('/CN=system:admin'))}`)
    .replace(
      /certificate-authority-data: .*/,
      `certificate-authority-data: ${base64(String(files['server/tls/server-ca.crt']))}`,
    )
  return { files, kubeconfig, key: readFileSync(clients.key, 'utf8'), valid, expired }
}
