import t from 'tap'
import { isRelevantLine } from '../../../collectors/cni/monitor.ts'

const worth = isRelevantLine({ own: ['kbr0', 'flannel-wg'], outward: ['eth0'] })

/** Printed by `ip monitor link address route neigh` (iproute2 6.1) while Debian's bridge plugin made a second pod. */
const churn = `4: vetha8ee72fa@NONE: <BROADCAST,MULTICAST> mtu 1450 qdisc noop state DOWN group default 
    link/ether 22:fe:7a:df:82:fa brd ff:ff:ff:ff:ff:ff
4: vetha8ee72fa@if2: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1450 qdisc noqueue master cni0 state DOWN group default 
    link/ether 22:fe:7a:df:82:fa brd ff:ff:ff:ff:ff:ff link-netnsid 1
4: vetha8ee72fa@cni0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1450 master cni0 state DOWN 
    link/ether 22:fe:7a:df:82:fa
multicast ff00::/8 dev vetha8ee72fa table local proto kernel metric 256 pref medium
fe80::/64 dev vetha8ee72fa proto kernel metric 256 pref medium
4: vetha8ee72fa@cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 master cni0 state UP 
4: vetha8ee72fa    inet6 fe80::20fe:7aff:fedf:82fa/64 scope link 
       valid_lft forever preferred_lft forever
local fe80::20fe:7aff:fedf:82fa dev vetha8ee72fa table local proto kernel metric 0 pref medium
Deleted fe80::/64 dev vetha8ee72fa proto kernel metric 256 pref medium
Deleted multicast ff00::/8 dev vetha8ee72fa table local proto kernel metric 256 pref medium
Deleted 4: vetha8ee72fa@NONE: <BROADCAST,MULTICAST> mtu 1450 master cni0 state DOWN 
Deleted 4: vetha8ee72fa@NONE: <BROADCAST,MULTICAST> mtu 1450 qdisc noop state DOWN group default `.split('\n')

t.test('pods that come and go are quiet', (t) => {
  t.same(churn.filter(worth), [])
  t.end()
})

t.test('while pods are cut off, the end of a veth is heard, and only that', (t) => {
  const cutOff = isRelevantLine({ own: ['cni0'], outward: ['eth0'], pods: true })
  const heard = churn.filter(cutOff)
  t.equal(heard.length, 2)
  t.ok(heard.every((it) => it.startsWith('Deleted 4: vetha8ee72fa')))
  t.notOk(cutOff('Deleted 9: vethabc@if2: <BROADCAST,MULTICAST> mtu 1500'), 'not of a pod')
  t.end()
})

t.test('bridge and overlay are heard', (t) => {
  for (const line of [
    '2: cni0: <BROADCAST,MULTICAST> mtu 1450 qdisc noqueue state DOWN group default ',
    'Deleted 2: cni0: <BROADCAST,MULTICAST> mtu 1450 qdisc noop state DOWN group default ',
    'Deleted 2: cni0    inet 10.42.0.1/24 brd 10.42.0.255 scope global cni0',
    '2: cni0    inet 10.42.0.1/24 scope global cni0',
    'Deleted 10.42.0.0/24 dev cni0 proto kernel scope link src 10.42.0.1 ',
    'Deleted 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink ',
    '10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink ',
    'Deleted fd42:0:1::/64 via fd42:0:1:: dev flannel-v6.1 metric 1024 onlink pref medium',
    'Deleted 35: flannel.1: <BROADCAST,MULTICAST> mtu 1450 qdisc noop state DOWN group default ',
    '7: kbr0: <BROADCAST,MULTICAST> mtu 1450',
    '3: eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default ',
    '3: eth0@if4: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default ',
    // A neighbour and an FDB entry of another node.
    '10.42.1.0 dev flannel.1 FAILED ',
    'Deleted 10.42.1.0 dev flannel.1 lladdr 6e:b3:c4:42:08:4b PERMANENT ',
    'Deleted 192.0.2.20 dev flannel.1 lladdr 6e:b3:c4:42:08:4b NOARP PERMANENT ',
  ])
    t.ok(worth(line), line)
  t.end()
})

t.test('the rest is not', (t) => {
  for (const line of [
    '',
    'Deleted ',
    '3: eth0    inet 192.0.2.10/24 brd 192.0.2.255 scope global dynamic eth0',
    '4: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500',
    '10.42.0.5 dev cni0 lladdr 2a:44:c0:47:78:10 REACHABLE ',
    '192.0.2.1 dev eth0 lladdr 36:b9:79:23:d4:0a STALE ',
    'Deleted ff02::16 dev flannel.1 lladdr 33:33:00:00:00:16 NOARP ',
    'dev veth4e9e8bc1 lladdr 42:cf:27:3c:1f:94 REACHABLE ',
    '3: docker0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500',
    'Deleted 172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 ',
    'Deleted local 10.42.0.1 dev cni0 table local proto kernel scope host src 10.42.0.1 ',
    'Deleted fe80::/64 dev cni0 proto kernel metric 256 pref medium',
    'multicast ff00::/8 dev cni0 table local proto kernel metric 256 pref medium',
    'ff00::/8 dev cni0 metric 256',
    '10.42.0.0/24 dev '.padEnd(100_000, 'x'),
  ])
    t.notOk(worth(line), line.slice(0, 80))
  t.end()
})
