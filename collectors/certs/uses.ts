import { basename } from 'node:path'

/** What a certificate of k3s is for, and what fails once it has expired. */
export interface Use {
  /** Who uses it: "kubectl". */
  readonly by: string
  /** As part of "Once expired, …". */
  readonly stops: string
}

/**
 * By file name (k3s: pkg/daemons/control/deps, pkg/util/services; docs: CLI, certificate). An expired client
 * certificate gets 401 from the API, an expired serving certificate a TLS error in the client. In the order in which
 * people notice the failures.
 */
const uses: Readonly<Record<string, Use>> = {
  'client-admin.crt': { by: 'kubectl (k3s.yaml)', stops: '`kubectl` gets 401' },
  'dynamic-cert.json': { by: 'API on 6443', stops: '`kubectl` refuses the API and no node can register' },
  'client-kubelet.crt': { by: 'kubelet', stops: 'this node becomes NotReady' },
  'client-auth-proxy.crt': { by: 'API aggregation', stops: 'metrics-server and `kubectl top` fail' },
  'client-scheduler.crt': { by: 'scheduler', stops: 'no new pod gets a node' },
  'client-controller.crt': { by: 'controller manager', stops: 'nothing is repaired, scaled or rolled out' },
  'serving-kube-apiserver.crt': { by: 'API server', stops: 'nothing on the node reaches its API' },
  'etcd/client.crt': { by: 'API to etcd', stops: 'the API loses its database' },
  'etcd/server-client.crt': { by: 'etcd on 2379', stops: 'the API loses its database' },
  'etcd/peer-server-client.crt': { by: 'etcd on 2380', stops: 'the servers lose each other and the quorum' },
  'serving-kubelet.crt': {
    by: 'kubelet on 10250',
    stops: '`kubectl logs`, `exec` and metrics of this node fail',
  },
  'client-kube-apiserver.crt': { by: 'API to kubelets', stops: '`kubectl logs` and `exec` fail' },
  'client-kube-proxy.crt': { by: 'kube-proxy', stops: 'services on this node are no longer updated' },
  'client-k3s-controller.crt': {
    by: 'flannel, network policies',
    stops: 'network policies are no longer updated',
  },
  'client-k3s-cloud-controller.crt': { by: 'cloud controller', stops: 'load balancers and new nodes wait' },
  'client-supervisor.crt': { by: 'k3s itself', stops: 'k3s cannot manage its own API' },
  'serving-kube-scheduler.crt': { by: 'scheduler', stops: 'the scheduler shows no metrics' },
  'serving-kube-controller-manager.crt': {
    by: 'controller manager',
    stops: 'the controllers show no metrics',
  },
}

/** Undefined for authorities and for files that are no certificate k3s uses. */
export function useOf(path: string): Use | undefined {
  const name = basename(path).replaceAll('rke2', 'k3s')
  if (/\/etcd\/[^/]+$/.test(path)) return uses[`etcd/${name}`]
  if (name === 'kube-scheduler.crt' || name === 'kube-controller-manager.crt') return uses[`serving-${name}`]
  return Object.hasOwn(uses, name) ? uses[name] : undefined
}

/** What fails, at most `most` things, the most noticeable first: "a; b, and more". */
export function stopping(paths: readonly string[], most = 4): string {
  const meant = new Set(paths.map(useOf))
  const all = [
    ...new Set(
      Object.values(uses)
        .filter((it) => meant.has(it))
        .map((it) => it.stops),
    ),
  ]
  const more = all.length > most ? ', and more' : ''
  return `${all.slice(0, most).join('; ')}${more}`
}
