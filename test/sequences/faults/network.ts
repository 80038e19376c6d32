import { caused, type Fact, type Node } from '../node.ts'
import { crashes, wentDown } from '../service.ts'
import { type Act, from } from '../truth.ts'
import { remade } from '../workload.ts'
import { type Fault, minute, restartK3s, second, steady } from './fault.ts'

const free =
  (...facts: readonly Fact[]) =>
  (node: Node) =>
    steady(node) && facts.every((it) => !node.is(it))
const bridgeFacts = ['bridge gone', 'bridge down', 'bridge address', 'pods off'] as const
const silent = free(
  'overlay gone',
  'overlay down',
  'route',
  'fdb',
  'overlay dropped',
  'peer silent',
  'peer sizes',
)
const overlay = free('overlay gone', 'overlay down', 'route', 'fdb')

/** flannel 0.28.4, measured. */
const panic = {
  exit: 2,
  reason: 'panic: runtime error: index out of range [0] with length 0, vxlan_network.go:217',
}

/** The bridge comes back with the first new pod; the veths of the others stay off it until these are made anew. */
function bridgeBack(node: Node, act: Act, all: boolean): void {
  node.mend('bridge gone', 'bridge down', 'bridge address')
  if (all) node.mend('pods off')
  else
    for (const it of node.pods) {
      it.off = true
      node.break('pods off', { by: [act], after: ['cni.bridge-missing'] })
    }
  node.hear('cni')
}

function remakeAll(node: Node): void {
  node.act('pods deleted', 'kubectl delete pod, all of this node')
  node.mend('bridge gone')
  node.hear('cni')
  node.time.in(node.dice.between(10 * second, 40 * second), () => {
    node.mend('pods off')
    for (const it of node.pods) remade(node, it)
  })
}

const simple = (
  kind: string,
  text: string,
  fact: Fact,
  more: Partial<Fault> & { readonly quiet?: true; readonly start?: true } = {},
): Fault => ({
  kind,
  text,
  can: free(fact),
  begin(node, act) {
    node.break(fact, caused(act))
    if (!more.quiet) node.hear('cni')
    if (more.start) return restartK3s(node)
    return () => {
      node.act(`${kind} repaired`, `the repair of: ${text}`)
      node.mend(fact)
      if (!more.quiet) node.hear('cni')
    }
  },
  ...more,
})

export const networkFaults: readonly Fault[] = [
  {
    kind: 'bridge deleted',
    text: 'ip link del cni0',
    can: free(...bridgeFacts),
    begin(node, act) {
      node.break('bridge gone', caused(act))
      wentDown(node, 'cni0', caused(act))
      node.hear('cni')
      // Some day a pod is made, and brings the bridge back without the others.
      if (node.dice.yes(0.4))
        node.time.in(node.dice.between(2 * minute, 20 * minute), () => {
          if (node.wrong.get('bridge gone')?.by.includes(act)) bridgeBack(node, act, false)
        })
      return () => remakeAll(node)
    },
  },
  simple('bridge down', 'ip link set cni0 down', 'bridge down', { can: free(...bridgeFacts) }),
  simple('bridge address', 'ip addr flush dev cni0', 'bridge address', { can: free(...bridgeFacts) }),
  {
    kind: 'overlay deleted',
    text: 'ip link del flannel.1',
    can: (node) => node.traits.peer && overlay(node),
    begin(node, act) {
      node.break('overlay gone', caused(act))
      wentDown(node, 'flannel.1', caused(act))
      node.hear('cni')
      if (node.traits.panics)
        node.time.in(node.dice.between(second, 4 * second), () =>
          crashes(node, from(caused(act), 'cni.overlay-missing'), panic),
        )
      return () => {
        if (node.is('overlay gone')) restartK3s(node)()
      }
    },
  },
  simple('overlay down', 'ip link set flannel.1 down', 'overlay down', {
    can: (node) => node.traits.peer && overlay(node),
    start: true,
  }),
  simple('route', 'ip route del 10.42.1.0/24', 'route', { can: (node) => node.traits.peer && overlay(node) }),
  simple('FDB entry', 'bridge fdb del … dev flannel.1', 'fdb', {
    can: (node) => node.traits.peer && overlay(node),
  }),
  simple('other node shut', 'on the other node: ufw deny 8472/udp', 'peer silent', {
    quiet: true,
    can: (node) => node.traits.peer && silent(node),
  }),
  simple('black hole', 'on the way to the other node: an MTU of 1400', 'peer sizes', {
    quiet: true,
    can: (node) => node.traits.peer && silent(node),
  }),
  simple('CNI configuration', 'rm 10-flannel.conflist', 'conf', { start: true }),
  simple('subnet file', 'rm /run/flannel/subnet.env', 'subnet', { start: true }),
  simple('forwarding', 'sysctl net.ipv4.ip_forward=0', 'forwarding', {
    quiet: true,
    lasts: [5 * minute, 40 * minute],
  }),
  simple('MTU', 'ip link set eth0 mtu 1400', 'mtu', { lasts: [5 * minute, 60 * minute] }),
  simple('DNS', 'kubectl -n kube-system scale deployment coredns --replicas=0', 'coredns', {
    quiet: true,
    lasts: [6 * minute, 40 * minute],
  }),
  {
    kind: 'flapping link',
    text: 'a bad cable: eth0 loses its carrier again and again',
    begin(node, act) {
      let on = true
      const once = () => {
        if (!on) return
        wentDown(node, 'eth0', caused(act))
        node.time.in(node.dice.between(20 * second, 100 * second), once)
      }
      once()
      return () => {
        node.act('cable', 'another cable')
        on = false
      }
    },
    lasts: [6 * minute, 30 * minute],
  },
]
