import type { K3s } from '../node/k3s.ts'

/** Address and port at which a part of k3s answers. */
export interface Place {
  readonly host: string
  readonly port: number
}

const flag = ({ flags }: K3s, name: string) => flags[name]?.at(-1)
const isOn = (k3s: K3s, name: string) => flag(k3s, name) !== undefined && flag(k3s, name) !== 'false'
const port = (text: string | undefined, otherwise: number) => {
  const it = Number(text)
  return Number.isInteger(it) && it > 0 && it < 65_536 ? it : otherwise
}

function bound(k3s: K3s): string {
  const bind = flag(k3s, 'bind-address')
  if (!bind || bind === '0.0.0.0') return '127.0.0.1'
  return bind === '::' ? '::1' : bind
}

export const runsAgent = (k3s: K3s) => k3s.role === 'agent' || !isOn(k3s, 'disable-agent')

/**
 * The API as this node reaches it: a server's own port, or an agent's load balancer in front of the servers (k3s's
 * documentation: `https-listen-port` 6443, `lb-server-port` 6444). Undefined for an etcd-only server.
 */
export function apiPlace(k3s: K3s): Place | undefined {
  if (k3s.role === 'agent')
    return {
      host: '127.0.0.1',
      port: k3s.distribution === 'rke2' ? 6443 : port(flag(k3s, 'lb-server-port'), 6444),
    }
  if (isOn(k3s, 'disable-apiserver')) return undefined
  return { host: bound(k3s), port: port(flag(k3s, 'https-listen-port'), 6443) }
}

/** Where `/ping` is answered without a certificate: on k3s the API's own port, on RKE2 a separate one. */
export function supervisorPlace(k3s: K3s): Place | undefined {
  if (k3s.role === 'agent') return undefined
  return {
    host: bound(k3s),
    port: k3s.distribution === 'rke2' ? 9345 : port(flag(k3s, 'https-listen-port'), 6443),
  }
}

/** The certificate and key with which this node itself authenticates to the API. */
export function credentials(k3s: K3s): { certificate: string; key: string } {
  const base = runsAgent(k3s)
    ? `${k3s.dataDir}/agent/client-kubelet`
    : `${k3s.dataDir}/server/tls/client-admin`
  return { certificate: `${base}.crt`, key: `${base}.key` }
}

/** The value of a flag that k3s passes to the kubelet or kube-proxy: `--kubelet-arg=healthz-port=10248`. */
const handedOn = ({ flags }: K3s, to: string, name: string) =>
  flags[to]
    ?.map((it) => it.replace(/^--/, ''))
    .findLast((it) => it.startsWith(`${name}=`))
    ?.slice(name.length + 1)

/**
 * Plain HTTP on loopback, without credentials (kubernetes, `--healthz-port`). Undefined where it is switched off.
 * `filed`: the port that the kubelet's files name, which a flag overrides.
 */
export function kubeletPlace(k3s: K3s, filed?: string): Place | undefined {
  const asked = handedOn(k3s, 'kubelet-arg', 'healthz-port') ?? filed
  if (!runsAgent(k3s) || asked === '0') return undefined
  return { host: '127.0.0.1', port: port(asked, 10_248) }
}

export function proxyPlace(k3s: K3s): Place | undefined {
  const asked = handedOn(k3s, 'kube-proxy-arg', 'healthz-bind-address')
  if (!runsAgent(k3s) || isOn(k3s, 'disable-kube-proxy') || asked === '') return undefined
  return { host: '127.0.0.1', port: port(asked?.split(':').at(-1), 10_256) }
}
