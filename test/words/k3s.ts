import type { Observation } from '../../agent/model/index.ts'
import type { Example } from './examples.ts'

const example = (
  code: string,
  subject: string,
  key: string,
  evidence: Observation['evidence'] = {},
): Example => ({ it: { code, subject, text: 'An example.', evidence }, key })

const data = '/var/lib/rancher/k3s/agent/containerd'

export const k3s: readonly Example[] = [
  example('k3s.down', 'k3s-agent', 'failed: exit 1', { state: 'failed', result: 'exit-code', status: 1 }),
  example('k3s.down', 'k3s', 'failed: OOMKilled', { state: 'failed', result: 'oom-kill', status: 9 }),
  example('k3s.down', 'rke2-server', 'does not finish', {
    state: 'activating',
    result: 'success',
    status: 0,
  }),
  example('k3s.down', 'k3s-agent', 'k3s-agent stopped', { state: 'inactive', result: 'success', status: 0 }),
  example('k3s.down', 'k3s', 'k3s not running'),
  example('k3s.restarting', 'rke2-server', 'rke2-server keeps restarting', { restarts: 117 }),
  example('k3s.api-unhealthy', 'api', 'not ready', { status: 503 }),
  example('k3s.api-unhealthy', 'api', '401', { status: 401 }),
  example('k3s.api-unhealthy', 'api', 'not answering', { port: 16_443 }),
  example('k3s.kubelet-unhealthy', 'kubelet', 'kubelet not answering on :10248', { port: 10_248 }),
  example('k3s.kubelet-unhealthy', 'kube-proxy', 'kube-proxy not ready (HTTP 503)', { status: 503 }),
  ...[
    ['runtime', 'runtime down'],
    ['pleg', 'PLEG not healthy'],
    ['network', 'CNI not ready'],
    ['shutdown', 'shutting down'],
    ['silent', 'kubelet silent'],
    ['deleted', 'Node object deleted'],
    ['disk', 'DiskPressure'],
    ['memory', 'MemoryPressure'],
    ['pids', 'PIDPressure'],
    ['other', 'node NotReady'],
  ].map(([reason = '', key = '']) =>
    example('k3s.node-not-ready', 'ip-10-0-113-27.eu-central-1.compute.internal', key, { reason }),
  ),
  example('k3s.disk-filling', data, 'disk 100 % full: /var', { of: 'bytes', used_percent: 99.8 }),
  example('k3s.disk-filling', data, 'inodes 98 % used: /var', { of: 'inodes', inodes_percent: 98.2 }),
  example('k3s.datastore-growing', 'sqlite', 'SQLite datastore', { size: 12_345_678_901, log: 5_000_000 }),
  example('k3s.datastore-growing', 'etcd', 'etcd datastore', { size: 1_700_000_000, log: 0 }),
  example('k3s.restarted', 'rke2-server', 'rke2-server restarted'),
  example('k3s.crashed', 'k3s-agent', 'k3s-agent crashed (signal 11)', { signal: 11 }),
  example('k3s.crashed', 'k3s', 'k3s crashed (exit 2)', { exit: 2 }),
  example('k3s.killed', 'k3s', 'k3s-killall.sh: 110 containers', { containers: 110 }),
]
