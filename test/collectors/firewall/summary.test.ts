import t from 'tap'
import { collect } from '../../../collectors/firewall/collect.ts'
import type { FirewallSample } from '../../../collectors/firewall/sample.ts'
import { summary } from '../../../collectors/firewall/summary.ts'
import { node } from './look.ts'

const of = async (state: string) => summary(await collect(node(state), { heard: [] }))

t.test('one calm line', async (t) => {
  t.equal(
    await of('healthy'),
    '113 rules (kube-proxy 63, kube-router 35, cni 9, flannel 6), nft; INPUT accepts, SSH port 22 accepted (port assumed)',
  )
  t.match(await of('ufw-default-deny'), /ufw 168.* …\), nft; INPUT drops, SSH port 22 dropped/)
  t.equal(await of('no-k3s'), '0 rules, nft; INPUT accepts, SSH port 22 accepted (port assumed); no k3s')
})

t.test('nothing there, and nothing seen', (t) => {
  const bare: FirewallSample = {
    sets: [],
    ssh: { ports: { ipv4: [], ipv6: [] } },
    input: {},
    memory: { reference: {} },
  }
  t.match(summary(bare), /^no iptables on this machine/)
  t.equal(summary({ ...bare, unseen: [{ what: 'IPv4 rules', why: 'no' }] }), 'rules unreadable')
  t.end()
})
