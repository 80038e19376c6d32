import t from 'tap'
import { titles } from '../../../collectors/firewall/titles.ts'

const seen = (evidence: Readonly<Record<string, string | number>> = {}, subject = 'ipv4') =>
  ({ code: 'firewall.x', subject, text: 'x', evidence }) as const

t.test('what was flushed, in numbers that fit', async (t) => {
  t.equal(titles.flushed(seen({ before: 91, least: 0 })), 'firewall flushed: 91 of 91 rules lost')
  t.equal(titles.flushed(seen({ before: 53, least: 3 })), 'firewall flushed: 50 of 53 rules lost')
  t.equal(titles.flushed(seen({ before: 1204, least: 0 })), 'firewall flushed: 1204/1204 rules lost')
  t.equal(titles.flushed(seen()), 'firewall flushed')
})

t.test('all of kube-proxy, or a part', async (t) => {
  const all =
    'PREROUTING to KUBE-SERVICES, OUTPUT to KUBE-SERVICES, POSTROUTING to KUBE-POSTROUTING, KUBE-SERVICES, KUBE-POSTROUTING'
  t.equal(titles.kubeChains(seen({ missing: all })), 'kube-proxy iptables rules missing')
  t.equal(
    titles.kubeChains(seen({ missing: 'KUBE-SERVICES', family: 'ipv6' })),
    'kube-proxy ip6tables rules incomplete',
  )
})

t.test('ports, once each, whatever their family', async (t) => {
  const pod = { namespace: 'kube-system', name: 'ingress' }
  const dead = (port: string) => titles.hostPorts({ ...seen({ port }), pod })
  t.equal(dead('80'), 'host port 80 dead: kube-system/ingress')
  t.equal(dead('80, 443, 80 over IPv6'), 'ports 80, 443 dead: kube-system/ingress')
  t.equal(dead('80, 443, 53/udp'), 'ports 80, 443 … dead: ingress')
  t.equal(titles.hostPorts(seen({ port: 'x; reboot' })), 'host port dead')
  t.equal(titles.lockout(seen({ port: '22' })), 'SSH locked out: port 22 dropped')
  t.equal(titles.lockout(seen({ port: '22', family: 'ipv6' })), 'SSH locked out: port 22 dropped (IPv6)')
  t.equal(titles.lockout(seen({ port: '1, 2, 3, 4' })), 'SSH locked out: all ports dropped')
  t.equal(
    titles.blocks(
      seen({ by: 'ufw', blocked: 'pods-api 6443, pods-kubelet 10250, overlay 8472, pods-api 6443 ipv6' }),
    ),
    'ufw blocks k3s: 6443, 10250, 8472/udp',
  )
  t.equal(
    titles.blocks(seen({ by: 'ufw, rule', blocked: 'overlay-out 8472, pods-in 53' })),
    'firewall blocks k3s: 8472/udp, pods',
  )
  t.equal(
    titles.blocks(
      seen({ by: 'firewalld', blocked: 'nodes-api 6443, nodes-kubelet 10250, etcd 2379, etcd 2380' }),
    ),
    'firewalld blocks k3s: 6443, 10250 …',
  )
  t.equal(titles.blocks(seen({ by: 'docker' })), 'Docker blocks k3s')
})

t.test('who, how often, how many', async (t) => {
  t.equal(titles.changed(seen({ times: 1, process: 'iptables' })), 'firewall changed by iptables')
  t.equal(titles.changed(seen({ times: 3, process: 'iptables' })), 'firewall changed 3 times')
  t.equal(titles.changed(seen({ times: 1 })), 'firewall rules changed')
  t.equal(titles.duplicates(seen({ copies: 39 }, 'ipv6 nft')), '39 duplicate ip6tables rules')
  t.equal(titles.growing(seen({ rules: 12_000, daily: 800 })), '12000 iptables rules, +800 a day')
  t.equal(titles.growing(seen({ rules: 60_000 })), 'too many iptables rules: 60000')
  t.equal(
    titles.buggyIptables(seen({ version: 'v1.8.3 (nf_tables)' })),
    'iptables 1.8.3 bug: duplicate rules',
  )
  t.equal(titles.conntrack(seen({ percent: 82 })), 'conntrack table 82 % full')
})

t.test('three ways in which ufw and the kernel differ', async (t) => {
  t.equal(titles.ufwDrift(seen({ state: 'loaded' })), 'ufw off, but its rules still loaded')
  t.equal(titles.ufwDrift(seen({ state: 'bypassed' })), 'ufw on, but its rules bypassed')
  t.equal(titles.ufwDrift(seen({ state: 'different' })), 'ufw files and kernel rules differ')
})
