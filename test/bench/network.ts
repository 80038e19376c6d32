import { read, recordedPods } from './recorded.ts'

/** Shell scripts that make the recorded node's network: interfaces, another node behind its VXLAN, rules. */

/** Where the cluster's DNS is by k3s's defaults. */
export const dns = '10.43.0.10'

const batch = (lines: readonly string[]) => `ip -batch - <<'EOF'\n${lines.join('\n')}\nEOF`

const [node, peer] = [
  { address: '198.51.100.10', vtep: '10.42.0.0', mac: '4e:46:9a:47:be:d8' },
  { address: '198.51.100.20', vtep: '10.42.1.0', mac: '4a:b9:7f:4f:77:21' },
]
/** The other nodes, as the stand-in for the API has them: `name address` a line. */
export const otherNodes = `node2 ${peer.address}\n`

/** What flannel makes on a node: its end of the VXLAN, and what it knows of the other one. */
const overlay = (own: typeof node, other: typeof peer) => [
  `link add flannel.1 address ${own.mac} mtu 1450 type vxlan id 1 local ${own.address} dev host0 dstport 8472 nolearning`,
  `addr add ${own.vtep}/32 dev flannel.1`,
  'link set flannel.1 up',
  `neigh replace ${other.vtep} dev flannel.1 lladdr ${other.mac} nud permanent`,
  `route replace ${other.vtep}/24 via ${other.vtep} dev flannel.1 onlink`,
]

/** flannel's bridge with its pods; also what brings it back after it was deleted. */
export const makeBridge = (veths: readonly string[]) =>
  batch([
    'link add cni0 mtu 1450 type bridge',
    'addr add 10.42.0.1/24 brd + dev cni0',
    ...veths.map((it) => `link set ${it} master cni0`),
    'link set cni0 up',
  ])

/** The recorded pods have a namespace each, as pods have; the others of a large node share one. */
const makePods = (more: readonly string[]) => `${recordedPods
  .map(
    ({ veth, sandbox, address }) => `ip netns add ${sandbox}
ip link add ${veth} mtu 1450 type veth peer name eth0 netns ${sandbox} && ip link set ${veth} up
ip -n ${sandbox} addr add ${address} dev eth0 && ip -n ${sandbox} link set eth0 up`,
  )
  .join('\n')}
ip netns add pods
${batch(more.flatMap((it, at) => [`link add ${it} mtu 1450 type veth peer name pod${at} netns pods`, `link set ${it} up`]))}
ip netns exec pods sh -c 'for it in /sys/class/net/pod*; do test ! -e $it || ip link set $(basename $it) up; done'`

/** Interfaces and the other node; `more`: the veths of pods beside the recorded ones. */
export const makeNetwork = (more: readonly string[]) => `ip link set lo up
ip netns add node2
ip link add host0 type veth peer name host0 netns node2
${batch([`addr add ${node.address}/24 dev host0`, 'link set host0 up', 'route add default via 198.51.100.1', ...overlay(node, peer)])}
bridge fdb append ${peer.mac} dev flannel.1 dst ${peer.address}
ip netns exec node2 sh -ec '
ip link set lo up; ip addr add 198.51.100.1/24 dev host0
${batch([`addr add ${peer.address}/24 dev host0`, 'link set host0 up', ...overlay(peer, node)]).replaceAll("'", '"')}
bridge fdb append ${node.mac} dev flannel.1 dst ${node.address}
sysctl -qw net.ipv4.icmp_ratelimit=0'
sysctl -qw net.ipv4.ip_forward=1
${makePods(more)}
ip addr add ${dns}/32 dev lo`

const saved = { ip: read('commands/iptables-nft-save.out'), ip6: read('commands/ip6tables-nft-save.out') }
const families = ['ip', 'ip6'] as const

/** The sets of network policies, of which only the names were recorded. */
const makeSets = families
  .flatMap((family) =>
    [...new Set([...saved[family].matchAll(/--match-set (\S+)/g)].map(([, it]) => it))].map(
      (it) => `ipset -exist create ${it} hash:ip family ${family === 'ip' ? 'inet' : 'inet6'}`,
    ),
  )
  .join('\n')

/**
 * All of the node's 234 rules, whoever wrote them; also what brings them back after a flush. Left out is the match `nfacct` of
 * three of kube-proxy's, which counts in an object that Debian has no tool at hand for.
 */
export const makeRules = `${makeSets}
${families
  .map((family) => {
    const rules = saved[family].replace(/ -m nfacct --nfacct-name +\S+/g, '')
    return `${family}tables-nft-restore <<'EOF'\n${rules}\nEOF`
  })
  .join('\n')}`
