import t from 'tap'
import {
  addressPattern,
  fileServed,
  k3sAddresses,
  lookAtServer,
  parseAddress,
} from '../../../collectors/certs/served.ts'
import type { K3s } from '../../../collectors/node/k3s.ts'
import { machine } from '../node/machine.ts'
import { certificates } from './openssl.ts'

const server: K3s = {
  distribution: 'k3s',
  role: 'server',
  dataDir: '/d',
  unit: 'k3s',
  flags: {},
  binary: '/k3s',
}

t.test('addresses as people write them', async (t) => {
  const read: Record<string, unknown> = {
    '127.0.0.1:6443': { host: '127.0.0.1', port: 6443 },
    'vault.example:8200/vault.internal': { host: 'vault.example', port: 8200, servername: 'vault.internal' },
    '[::1]:443': { host: '::1', port: 443 },
    '[fe80::1%eth0]:443/a': { host: 'fe80::1%eth0', port: 443, servername: 'a' },
  }
  for (const [text, address] of Object.entries(read)) {
    t.same(parseAddress(text), address, text)
    t.match(text, new RegExp(addressPattern))
  }
  for (const text of [
    'a',
    'a:',
    ':443',
    'a:b',
    'https://a:443',
    '::1:443',
    'a:443/',
    'a:443/b/c',
    'a b:1',
    '',
  ])
    t.notOk(parseAddress(text) || new RegExp(addressPattern).test(text), text)
  t.notOk(parseAddress('a:0') || parseAddress('a:70000'))
})

t.test('where k3s answers', async (t) => {
  t.same(k3sAddresses(server), ['127.0.0.1:6443', '127.0.0.1:10250'])
  t.same(k3sAddresses({ ...server, role: 'agent' }, true), ['127.0.0.1:10250'])
  t.same(k3sAddresses(server, true), [
    '127.0.0.1:6443',
    '127.0.0.1:2379',
    '127.0.0.1:2380',
    '127.0.0.1:10250',
  ])
  t.same(k3sAddresses({ ...server, distribution: 'rke2' }), [
    '127.0.0.1:6443',
    '127.0.0.1:9345',
    '127.0.0.1:10250',
  ])
  const flags = { 'https-listen-port': ['7443'], 'bind-address': ['fd00::1'], 'disable-agent': ['true'] }
  t.same(k3sAddresses({ ...server, flags }), ['[fd00::1]:7443'])
  t.same(k3sAddresses({ ...server, flags: { 'bind-address': ['::'] } })[0], '[::1]:6443')
})

t.test('from which file a port serves', async (t) => {
  const file = (port: number, distribution: 'k3s' | 'rke2' = 'k3s', role: 'server' | 'agent' = 'server') =>
    fileServed(`127.0.0.1:${port}`, distribution, role)?.replace(/.*\//, '')
  t.same(
    [6443, 7443, 2379, 2380, 10250].map((it) => file(it)),
    [
      'dynamic-cert.json',
      'dynamic-cert.json',
      'server-client.crt',
      'peer-server-client.crt',
      'serving-kubelet.crt',
    ],
  )
  t.same(
    [6443, 9345].map((it) => file(it, 'rke2')),
    ['serving-kube-apiserver.crt', 'dynamic-cert.json'],
  )
  t.same(
    [6443, 10250].map((it) => file(it, 'k3s', 'agent')),
    [undefined, 'serving-kubelet.crt'],
  )
})

t.test('what is served, and what no answer means for whom', async (t) => {
  const { issue } = certificates(t)
  const authority = issue({ subject: '/CN=authority', ca: true })
  const leaf = issue({ subject: '/CN=k3s', by: authority, use: 'serverAuth' })
  const host = machine(
    t,
    {},
    {
      handshakes: {
        'good:443': {
          certificates: [leaf.der.toString('base64'), authority.der.toString('base64')],
          protocol: 'TLSv1.3',
        },
        'garbage:443': { certificates: ['AAAA'], protocol: 'TLSv1.3' },
        'closed:443': ['refused', 'nothing listens there'],
        'silent:443': ['timeout', 'no answer within 3 s'],
      },
    },
  )
  const good = await lookAtServer(host, 'good:443', 'extra', [])
  t.match(good, {
    served: {
      certificates: [
        { name: 'k3s', use: 'serving' },
        { name: 'authority', ca: true },
      ],
    },
  })
  t.notOk(good.served.problem)
  t.match(await lookAtServer(host, 'garbage:443', 'extra', []), {
    served: { certificates: [], problem: 'presents a certificate that cannot be read' },
  })

  t.same(await lookAtServer(host, 'closed:443', 'k3s', []), {
    served: { address: 'closed:443', of: 'k3s', certificates: [] },
  })
  t.match(await lookAtServer(host, 'closed:443', 'extra', []), {
    served: { problem: 'shows no certificate (nothing listens there)' },
  })

  const before = { ...good.served, address: 'silent:443' }
  const asked = await lookAtServer(host, 'silent:443', 'extra', [before])
  t.same(asked.served.certificates, good.served.certificates, 'the last it showed is kept')
  t.match(asked.served.problem, 'no answer within 3 s')

  const once = await lookAtServer(host, 'silent:443', 'k3s', [{ ...before, of: 'k3s' }])
  t.equal(once.blind, undefined, 'a busy API misses one look')
  t.same(once.served.certificates, good.served.certificates)
  const twice = await lookAtServer(host, 'silent:443', 'k3s', [once.served])
  t.match(twice.blind, {
    what: 'what silent:443 serves',
    why: 'no answer within 3 s',
    codes: ['certs.served-differs'],
  })

  t.match(await lookAtServer(host, 'never:443', 'extra', []), { blind: { unrecorded: true } })
  t.match(await lookAtServer(host, 'nonsense', 'extra', []), { served: { problem: 'is no host:port' } })
})
