import t from 'tap'
import type { Observation } from '../../../agent/model/index.ts'
import { clockTitle, titles } from '../../../collectors/certs/titles.ts'

const seen = (subject: string, evidence: NonNullable<Observation['evidence']> = {}): Observation => ({
  ...{ code: 'certs.x', subject, text: 'It is so.', evidence },
})

t.test('of k3s how many, of a file or an address which', async (t) => {
  t.equal(titles.expired(seen('k3s server', { count: 9 })), '9 k3s certs expired')
  t.equal(titles.expired(seen('rke2 agent', { count: 1 })), '1 rke2 cert expired')
  t.equal(titles.expired(seen('k3s server CAs', { count: 2 })), 'k3s CA expired')
  t.equal(titles.authority(seen('rke2 server CAs', { in: '200 d' })), 'rke2 CA expires in 200 d')
  t.equal(titles.expired(seen('/x/a.pem', { kind: 'file' })), 'cert expired: /x/a.pem')
  t.equal(
    titles.early(seen('/root/.kube/config', { kind: 'kubeconfig' })),
    'kubeconfig not valid yet: /root/.…config',
  )
  t.equal(titles.unreadable(seen('k3s agent', { count: 2 })), '2 k3s certs unreadable')
})

t.test('when', async (t) => {
  t.equal(titles.expiring(seen('k3s server', { count: 9, in: '7 d' })), '9 k3s certs expire in 7 d')
  t.equal(titles.expiring(seen('k3s server', { count: 1, in: '7 d' })), '1 k3s cert expires in 7 d')
  t.equal(titles.expiring(seen('v:8200', { count: 1, in: '7 d' })), 'v:8200 expires in 7 d')
  t.equal(titles.authority(seen('k3s server CAs', { in: '200 d' })), 'k3s CA expires in 200 d')
  t.equal(
    titles.expiring(seen('k3s server')),
    '1 k3s cert expires soon',
    'as of a finding of an older version',
  )
})

t.test('what k3s does with its own', async (t) => {
  t.equal(titles.served(seen('127.0.0.1:6443')), 'k3s serves an old cert on :6443')
  t.equal(titles.served(seen('[::1]:10250', { expired: true })), 'k3s serves an expired cert on :10250')
  t.equal(
    titles.chain(seen('k3s server', { first: '/d/client-admin.crt', of: 'CA' })),
    'CA mismatch: client-admin.crt',
  )
  t.equal(
    titles.chain(seen('k3s server', { first: '/d/client-admin.crt', of: 'key' })),
    'key mismatch: client-admin.crt',
  )
  t.equal(titles.rotated(seen('k3s server', { newer: 3, gone: 0 })), '3 new certs not loaded: restart k3s')
  t.equal(titles.rotated(seen('k3s server', { newer: 0, gone: 3 })), 'certs deleted: restart k3s')
  t.equal(titles.stale(seen('/home/a/c', { reason: 'older' })), 'old kubeconfig: /home/a/c')
  t.equal(titles.stale(seen('/home/a/c', { reason: 'foreign' })), 'kubeconfig of another CA: /home/a/c')
})

t.test('the clock', async (t) => {
  t.equal(
    clockTitle(seen('clock', { says: '2026-11-29', moved_by_ms: -10_800_000 })),
    'clock jumped back by 3 h',
  )
  t.equal(clockTitle(seen('clock', { says: '1970-01-01' })), 'clock wrong: 1970-01-01')
  t.equal(clockTitle(seen('clock')), 'clock wrong')
})
