import type { Observation } from '../../agent/model/index.ts'
import type { Example } from './examples.ts'

const example = (
  code: string,
  subject: string,
  evidence: NonNullable<Observation['evidence']>,
  key: string,
): Example => ({ it: { code, subject, text: 'An example.', evidence }, key })

const file = '/etc/letsencrypt/live/grafana.example.org/fullchain.pem'
const home = '/home/administrator/.kube/config'
const address = 'registry.example.org:5000/registry.internal'

export const certs: readonly Example[] = [
  example('certs.expired', 'k3s server', { kind: 'restart', count: 23 }, '23 k3s certs expired'),
  example('certs.expired', 'rke2 agent', { kind: 'restart', count: 1 }, '1 rke2 cert expired'),
  example('certs.expired', 'k3s server CAs', { kind: 'authorities', count: 6 }, 'k3s CA expired'),
  example('certs.expired', home, { kind: 'kubeconfig', count: 1 }, 'kubeconfig expired: /home'),
  example('certs.expired', file, { kind: 'file', count: 1 }, 'cert expired: /etc'),
  example('certs.expired', address, { kind: 'endpoint', count: 1 }, 'cert expired: registry'),
  example('certs.expiring', 'k3s server', { kind: 'restart', count: 23, in: '118 d' }, 'expire in 118 d'),
  example('certs.expiring', file, { kind: 'file', count: 1, in: '29 d' }, 'chain.pem expires'),
  example('certs.ca-expiring', 'k3s server CAs', { count: 6, in: '364 d' }, 'expires in 364 d'),
  example('certs.not-yet-valid', 'k3s server', { kind: 'restart', count: 23 }, '23 k3s certs not valid yet'),
  example('certs.not-yet-valid', file, { kind: 'file', count: 1 }, 'cert not valid yet: /etc'),
  example('certs.unreadable', 'k3s agent', { kind: 'restart', count: 3 }, '3 k3s certs unreadable'),
  example('certs.unreadable', file, { kind: 'file', count: 1 }, 'cert unreadable: /etc'),
  example('certs.served-differs', '127.0.0.1:10250', { expired: true }, 'an expired cert'),
  example('certs.served-differs', '[::1]:6443', { expired: false }, ':6443'),
  example('certs.kubeconfig-stale', home, { reason: 'older' }, 'old kubeconfig: /home'),
  example('certs.kubeconfig-stale', home, { reason: 'foreign' }, 'kubeconfig of another CA: '),
  example(
    'certs.chain-broken',
    'k3s server',
    { first: '/var/lib/rancher/k3s/server/tls/client-k3s-cloud-controller.crt', count: 3, of: 'key' },
    'client-k3s',
  ),
  example('certs.rotated-not-restarted', 'k3s server', { newer: 23, gone: 0 }, '23 new certs not loaded'),
  example('certs.rotated-not-restarted', 'k3s agent', { newer: 0, gone: 4 }, 'certs deleted'),
  example(
    'certs.clock-wrong',
    'clock',
    { says: '2026-11-29', moved_by_ms: -31_536_000_000 },
    'back by 365 d',
  ),
  example('certs.clock-wrong', 'clock', { says: '1970-01-01' }, '1970-01-01'),
]
