import type { Test } from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Host, HostError } from '../../../agent/model/index.ts'
import type { Heard } from '../../../collectors/node/kube-api.ts'
import { type ClusterApi, type ClusterNode, startClusterApi } from '../../receivers/cluster-api.ts'
import { certificates } from '../certs/openssl.ts'
import { machine, process, unit } from '../node/machine.ts'

/** A cluster whose servers ask one API, over real TLS, with the certificates that lie on each of its nodes. */
export interface Cluster {
  readonly api: ClusterApi
  /** What the kubelet's port answers, by address; else nothing does, as where the machine is off. */
  readonly kubelets: Map<string, Heard>
  /** A node of it, as its Murphy sees it; `now`, and whether k3s runs there, are read at each question. */
  host(name: string, now: () => number, running?: () => boolean): Host
  /** Another server at an address of its own, with the port of the API; its API does not work. */
  peer(address: string): Promise<ClusterApi>
}

const data = '/var/lib/rancher/k3s'

export async function cluster(t: Test): Promise<Cluster> {
  const { issue } = certificates(t)
  const authority = issue({ subject: '/CN=k3s-server-ca', ca: true })
  const clients = issue({ subject: '/CN=k3s-client-ca', ca: true })
  const serving = issue({
    subject: '/CN=k3s',
    names: 'IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3',
    by: authority,
  })
  const api = await startClusterApi(serving, clients)
  t.teardown(() => api.close())
  const client = (subject: string) => issue({ subject, use: 'clientAuth', by: clients })
  const issued = new Map<string, ReturnType<typeof client>>()
  const proxy = client('/CN=system:kube-proxy')
  const controller = client('/CN=system:k3s-controller')
  const real = openMachine()
  t.teardown(() => real.close())
  const asking = real.during(new AbortController().signal)
  const kubelets = new Map<string, Heard>()
  const heard = (address: string) => {
    const it = kubelets.get(address) ?? 'silent'
    if (it === 'closed') throw new HostError('refused', 'nothing listens there (ECONNREFUSED)')
    if (it === 'silent') throw new HostError('timeout', 'no answer within 3 s')
    return { status: 401, body: '' }
  }
  return {
    ...{ api, kubelets },
    peer: (address) => startClusterApi(serving, clients, { host: address, port: api.port }),
    host(name, now, running = () => true) {
      const kubelet = issued.get(name) ?? client(`/O=system:nodes/CN=system:node:${name}`)
      issued.set(name, kubelet)
      const node = machine(t, {
        '/etc/systemd/system/k3s.service': unit('/usr/local/bin/k3s server'),
        ...process(812, 'k3s-server', '/usr/local/bin/k3s\0server'),
        [`${data}/agent/kubelet.kubeconfig`]: `    server: https://127.0.0.1:${api.port}
    certificate-authority: ${data}/agent/server-ca.crt
    client-certificate: ${data}/agent/client-kubelet.crt
    client-key: ${data}/agent/client-kubelet.key
`,
        [`${data}/agent/client-kubelet.crt`]: kubelet.pem,
      })
      const files: Readonly<Record<string, string>> = {
        [`${data}/agent/server-ca.crt`]: authority.file,
        ...filesOf('kubelet', kubelet),
        ...filesOf('kube-proxy', proxy),
        ...filesOf('k3s-controller', controller),
      }
      const there = (path: string) => files[path] ?? path
      return {
        ...node,
        ...{ recorded: false, now },
        list: async (path) => (path === '/proc' && !running() ? [] : await node.list(path)),
        get: async ({ as, authority: by, ...rest }) =>
          rest.port === 10_250
            ? heard(rest.host)
            : await asking.get({
                ...rest,
                ...(by && { authority: there(by) }),
                ...(as && { as: { certificate: there(as.certificate), key: there(as.key) } }),
              }),
      }
    },
  }
}

const filesOf = (name: string, { file, key }: { readonly file: string; readonly key: string }) => ({
  [`${data}/agent/client-${name}.crt`]: file,
  [`${data}/agent/client-${name}.key`]: key,
})

const stamp = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`

/** The condition as the kubelet or, where it is silent, the node controller writes it. */
export const ready = (since: number) => ({
  ...{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ...{ lastTransitionTime: stamp(since), lastHeartbeatTime: stamp(since) },
})
export const silent = (since: number) => ({
  ...{
    type: 'Ready',
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  },
  ...{ lastTransitionTime: stamp(since), lastHeartbeatTime: stamp(since - 50_000) },
})
export const notReady = (since: number, message: string) => ({
  ...{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message },
  ...{ lastTransitionTime: stamp(since), lastHeartbeatTime: stamp(since) },
})
/** What Murphy on the node wrote last. */
export const murphy = (at: number, status: string, reason: string, message: string) => ({
  ...{ type: 'MurphyHealthy', status, reason, message },
  ...{ lastTransitionTime: stamp(at), lastHeartbeatTime: stamp(at) },
})

/** Three servers and an agent, all Ready since `since`. */
export function four(api: ClusterApi, since: number): void {
  const node = (at: number, server: boolean): ClusterNode => ({
    ...{ address: `127.0.0.${at}`, server, conditions: [ready(since)] },
  })
  for (const at of [1, 2, 3]) api.nodes.set(`server${at}`, node(at, true))
  api.nodes.set('node4', node(4, false))
}
