import type { Test } from 'tap'
import { certificates, type Issued } from '../collectors/certs/openssl.ts'
import type { Machine } from './machine.ts'

const hour = 3600_000
const day = 24 * hour
const server = '/var/lib/rancher/k3s/server/tls'
const agent = '/var/lib/rancher/k3s/agent'

/** What signs what, in k3s's folders. */
const leaves: Readonly<Record<string, readonly string[]>> = {
  'client-ca': [
    ...['admin', 'controller', 'k3s-cloud-controller', 'kube-apiserver', 'scheduler'].map(
      (it) => `${server}/client-${it}.crt`,
    ),
    ...['k3s-controller', 'kube-proxy', 'kubelet'].map((it) => `${agent}/client-${it}.crt`),
  ],
  'server-ca': [`${server}/serving-kube-apiserver.crt`, `${agent}/serving-kubelet.crt`],
  'request-header-ca': [`${server}/client-auth-proxy.crt`],
  'etcd/server-ca': [`${server}/etcd/client.crt`, `${server}/etcd/server-client.crt`],
  'etcd/peer-ca': [`${server}/etcd/peer-server-client.crt`],
}
const admin = '/etc/rancher/k3s/k3s.yaml'
const dynamic = `${server}/dynamic-cert.json`

/** k3s's certificates: its own authorities, and leaves of 365 days that a start renews in its window. */
export interface Authority {
  /** When the leaves end. */
  readonly end: () => number
  /** Writes new leaves, as k3s does at a start within the window. */
  issue(from: number): void
  /** What a start of k3s does: it renews what is within the window, writes its kubeconfigs, and serves what it has. */
  start(window: number): void
}

export function authority(t: Test, machine: Machine, born: number): Authority {
  const { issue } = certificates(t)
  const until = (from: number, days: number) => ({
    from: new Date(from - hour),
    to: new Date(from + days * day),
  })
  const signers = new Map<string, Issued>()
  for (const name of Object.keys(leaves)) {
    const it = issue({ subject: `/CN=k3s-${name.replace('/', '-')}`, ca: true, ...until(born, 3650) })
    signers.set(name, it)
    machine.write(`${server}/${name}.crt`, it.pem)
    if (!name.includes('/')) machine.write(`${agent}/${name}.crt`, it.pem)
  }
  machine.remove(`${agent}/request-header-ca.crt`)
  const left = ['client-k3s-controller.crt', 'client-kube-proxy.crt']
  for (const name of left) machine.remove(`${server}/${name}`)
  const yaml = machine.text(admin)
  const json = machine.text(dynamic)
  const kubeconfigs = ['kubelet', 'kubeproxy', 'k3scontroller'].map((it) => `${agent}/${it}.kubeconfig`)
  let end = 0
  let presented: Buffer = Buffer.alloc(0)
  let kubelet: Buffer = Buffer.alloc(0)

  const it: Authority = {
    end: () => end,
    issue(from) {
      end = from + 365 * day
      for (const [name, paths] of Object.entries(leaves)) {
        const by = signers.get(name) as Issued
        // One certificate for all that an authority signs: which is which is told by the file.
        const subject =
          name === 'client-ca' ? '/O=system:nodes/CN=system:node:node1' : `/CN=${name.replace('/', '-')}`
        const leaf = issue({ subject, by, ...until(from, 365) })
        for (const path of paths) machine.write(path, leaf.pem + by.pem)
        const data = (text: string) => Buffer.from(text).toString('base64')
        if (name === 'client-ca')
          machine.write(
            admin,
            yaml.replace(/(client-certificate-data: ).*/, (_, key) => `${key}${data(leaf.pem + by.pem)}`),
          )
        if (name !== 'server-ca') continue
        kubelet = leaf.der
        presented = leaf.der
        machine.write(
          dynamic,
          json.replace(/("tls\.crt": ?")[^"]*/, (_, key) => `${key}${data(leaf.pem + by.pem)}`),
        )
        machine.write(
          admin,
          machine
            .text(admin)
            .replace(/(certificate-authority-data: ).*/, (_, key) => `${key}${data(by.pem)}`),
        )
      }
    },
    start(window) {
      if (end - machine.clock < window) it.issue(machine.clock)
      for (const path of kubeconfigs) machine.write(path, machine.text(path))
      machine.served.set(6443, presented)
      machine.served.set(10250, kubelet)
    },
  }
  it.issue(born)
  return it
}
