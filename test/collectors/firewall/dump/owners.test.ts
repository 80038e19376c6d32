import t from 'tap'
import {
  baseRuleOwner,
  chainOwner,
  tableOwner,
  takesItsOwn,
} from '../../../../collectors/firewall/dump/owners.ts'

t.test('chains by their names', (t) => {
  const owners = {
    'KUBE-SVC-LOLE4ISW44XBNF3G': 'kube-proxy',
    'KUBE-FIREWALL': 'kube-proxy',
    'KUBE-ROUTER-INPUT': 'kube-router',
    'KUBE-NWPLCY-BW5UN3LT2NGL7IE7': 'kube-router',
    'KUBE-POD-FW-HEJU2TNXIHZHBYUC': 'kube-router',
    'FLANNEL-POSTRTG': 'flannel',
    'CNI-DN-2dfb41f8230238d539d34': 'cni',
    'ufw6-before-input': 'ufw',
    'DOCKER-USER': 'docker',
    'f2b-sshd': 'fail2ban',
  }
  for (const [chain, owner] of Object.entries(owners)) t.equal(chainOwner(chain), owner, chain)
  t.equal(chainOwner('INPUT'), undefined)
  t.equal(chainOwner('my-own'), undefined)
  t.end()
})

t.test('native tables by their names, and who takes his own away', async (t) => {
  const owners = ['kube-proxy', 'cni_hostport', 'firewalld', 'f2b-table', 'docker-bridges', 'mine'].map(
    tableOwner,
  )
  t.strictSame(owners, ['kube-proxy', 'cni', 'firewalld', 'fail2ban', 'docker', 'other'])
  t.strictSame(owners.filter(takesItsOwn), ['cni', 'firewalld'])
})

t.test('rules in built-in chains by where they lead, and flannel by its network', (t) => {
  const of = (rule: string) => baseRuleOwner(rule, ['10.42.0.0/16'])
  t.equal(
    of('-A INPUT -m comment --comment "kube-router netpol - 4IA2OSFRMVNDXBVV" -j KUBE-ROUTER-INPUT'),
    'kube-router',
  )
  t.equal(of('-A FORWARD -s 10.42.0.0/16 -j ACCEPT'), 'flannel')
  t.equal(of('-A POSTROUTING ! -s 10.42.0.0/16 -d 10.42.0.0/16 -j MASQUERADE --random-fully'), 'flannel')
  t.equal(of('-A FORWARD -s 192.0.2.0/24 -j ACCEPT'), 'other')
  t.equal(of('-A POSTROUTING -s 10.42.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE'), 'flannel')
  t.equal(of('-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE'), 'docker')
  t.equal(of('-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'), 'other')
  t.equal(of('-A INPUT'), 'other')
  t.end()
})
