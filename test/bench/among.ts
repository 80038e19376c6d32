import type { CniSample, Reach } from '../../collectors/cni/sample.ts'

/** Where the pods of the node with that number are. */
export const via = (at: number) => `10.42.${at + 1}.0`

/** The sample of a node with so many others, all of which answered. */
export const among = (count: number, address = via): CniSample => ({
  k3s: { role: 'server', distribution: 'k3s', dataDir: '/x', unit: 'k3s' } as CniSample['k3s'] & object,
  netConf: { type: 'vxlan', vni: 1, ipv4: true, ipv6: false, mode: '' },
  interfaces: {
    links: [{ name: 'flannel.1', kind: 'vxlan', up: true, mtu: 1450, addresses: ['10.42.0.0/32'] }],
    ...{ ports: {}, loose: [] },
  },
  peers: Array.from({ length: count }, (_, at) => ({
    ...{ subnet: `${address(at)}/24`, via: address(at), dev: 'flannel.1', node: '192.0.2.2' },
  })),
  reach: Object.fromEntries(
    Array.from({ length: count }, (_, at): [string, Reach] => [
      address(at),
      { first: 0, at: 0, by: 'udp', passes: 'all' },
    ]),
  ),
})
