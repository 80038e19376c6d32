import t from 'tap'
import { readBlocked } from '../../../../collectors/firewall/checks/blocked.ts'
import {
  isBetweenPods,
  isForeign,
  needsOf,
  netConfFile,
  otherOf,
  overlayOf,
} from '../../../../collectors/firewall/checks/needs.ts'
import { network } from '../../../../collectors/firewall/packet/networks.ts'
import type { K3s } from '../../../../collectors/node/k3s.ts'
import { printed, saved } from '../look.ts'

const networks = (...texts: string[]) => texts.map(network).filter((it) => it !== undefined)
const k3s = (role: 'server' | 'agent', flags: Record<string, string[]> = {}) =>
  ({ role, flags }) as unknown as K3s
const facts = {
  pods: networks('10.42.0.0/16'),
  inside: networks('10.42.0.0/16', '10.43.0.0/16', '127.0.0.0/8'),
}
/** There are other nodes, nobody knows where. */
const alone = { followed: [], deciding: [] }
const somewhere = async () => ({ there: true, peers: [] })
const blocked = async (more: string, role: 'server' | 'agent' = 'server') => {
  const needs = needsOf(k3s(role), facts)
  const text = (await printed('ufw-default-deny')).replace(
    /^(-A ufw-user-limit )/m,
    (it) => `${more}${more && '\n'}${it}`,
  )
  const { tables } = saved(
    text,
    needs.map((it) => it.probe),
  )
  const set = { backend: 'nft', family: 'ipv4' } as never
  const found = await readBlocked([{ set, tables, forwards: [], names: [] }], needs, alone, somewhere)
  return found.map((it) => `${it.need} ${it.port}`)
}

/** Without those of pods, for the gravest of which there is one more before. */
const others = ['nodes-api 6443', 'etcd 2379', 'etcd 2380', 'overlay 8472']
const nodes = [...others, 'pods-kubelet 10250', 'nodes-kubelet 10250']
const only = [...others, 'nodes-kubelet 10250']

t.test('what ufw drops by default, and what each rule opens', async (t) => {
  t.same(await blocked(''), ['pods-api 6443', ...nodes])
  t.same(await blocked('', 'agent'), ['overlay 8472', 'pods-kubelet 10250', 'nodes-kubelet 10250'])
  const user = '-A ufw-user-input'
  t.same(await blocked(`${user} -s 10.42.0.0/16 -j ACCEPT`), only)
  t.same(await blocked(`${user} -s 10.0.0.0/8 -j ACCEPT`), [], 'other nodes may be in there as well')
  t.same(await blocked(`${user} -i cni0 -j ACCEPT`), only)
  t.same(await blocked(`${user} -p tcp -m tcp --dport 6443 -j ACCEPT`), nodes.slice(1))
  t.same(await blocked(`${user} -s 192.0.2.0/24 -j ACCEPT`), ['pods-api 6443', 'pods-kubelet 10250'])
  t.same(await blocked(`${user} -s 10.42.0.0/24 -j ACCEPT`), only, 'this node’s pods')
  t.same(await blocked(`${user} -i eth0 -s 10.42.0.0/16 -j ACCEPT`).then((it) => it[0]), 'pods-api 6443')
})

t.test('a node of both families: what each of them shuts out', async (t) => {
  const dual = { pods: networks('10.42.0.0/16', 'fd42::/56'), inside: networks('10.42.0.0/16', 'fd42::/56') }
  const shut = async (role: 'server' | 'agent', pods = dual, ...open: readonly [string, string][]) => {
    const needs = needsOf(k3s(role), pods)
    const read = await Promise.all(
      (['ipv4', 'ipv6'] as const).map(async (family) => {
        const of = needs.filter((it) => it.family === family).map((it) => it.probe)
        const text = await printed('ufw-default-deny', `ip${family === 'ipv6' ? '6' : ''}tables-nft-save`)
        const chain = family === 'ipv6' ? 'ufw6' : 'ufw'
        const rules = open.map(([, rule]) => `-A ${chain}-user-input ${rule} -j ACCEPT\n`).join('')
        const set = { backend: 'nft', family } as never
        const { tables } = saved(
          text.replace(
            `-A ${chain}-user-limit `,
            `${open[0]?.[0] === family ? rules : ''}-A ${chain}-user-limit `,
          ),
          of,
        )
        return { set, tables, forwards: [], names: [] }
      }),
    )
    return (await readBlocked(read, needs, alone, somewhere))
      .filter((it) => it.family === 'ipv6' && !isBetweenPods(it.need))
      .map((it) => `${it.need} ${it.port}`)
  }
  t.same(await shut('server'), ['pods-api 6443', 'overlay 8472', 'pods-kubelet 10250'])
  t.same(await shut('agent'), ['overlay 8472', 'pods-kubelet 10250'])
  t.same(await shut('server', dual, ['ipv6', '-s fd42::/56']), ['overlay 8472'])
  t.same(await shut('server', dual, ['ipv4', '-s 10.42.0.0/16']), [
    'pods-api 6443',
    'overlay 8472',
    'pods-kubelet 10250',
  ])
  t.same(await shut('server', facts), [], 'quiet where there is one family')
  const six = { pods: networks('fd42::/56'), inside: networks('fd42::/56') }
  t.same(await shut('server', six), ['pods-api 6443', ...nodes])
  const first = { pods: networks('fd42::/56', '10.42.0.0/16'), inside: dual.inside }
  t.same(await shut('server', first), ['pods-api 6443', ...nodes], 'nodes talk by the first of cluster-cidr')
})

t.test('another network than flannel, whose files of former times may have stayed', (t) => {
  const k3sWith = (flags: Record<string, string[]> = {}, distribution = 'k3s') =>
    ({ role: 'server', distribution, flags, dataDir: '/data' }) as unknown as K3s
  const subnet = 'FLANNEL_NETWORK=10.42.0.0/16'
  const of = (...links: string[]) => ['Inter-| x', ' face |', ...links.map((it) => `${it}: 1 2`)].join('\n')
  t.notOk(isForeign(k3sWith(), { subnet }), 'a recording without devices')
  t.notOk(isForeign(k3sWith(), { devices: of('    lo', 'flannel.1') }))
  t.notOk(isForeign(k3sWith(), { devices: of('  eth0', '  cni0') }))
  t.notOk(isForeign(k3sWith(), { devices: of('flannel-wg') }))
  t.ok(isForeign(k3sWith(), { devices: of('  eth0', 'cali1', 'vxlan.calico', 'mycni0') }), 'Calico')
  t.ok(isForeign(k3sWith(), { devices: of('  eth0', 'cilium_host', 'lxc1') }), 'Cilium')
  t.ok(isForeign(k3sWith({ 'flannel-backend': ['none'] }), { subnet, devices: of('flannel.1') }))
  t.ok(isForeign(k3sWith(), {}))
  t.ok(isForeign(k3sWith({}, 'rke2'), { subnet }))
  t.equal(netConfFile(k3sWith()), '/data/agent/etc/flannel/net-conf.json')
  t.equal(netConfFile(k3sWith({ 'flannel-conf': ['/etc/mine.json'] })), '/etc/mine.json')
  t.end()
})

t.test('WireGuard answers by the ports that it asks by: only what drops all of it cuts it off', async (t) => {
  const netConf = '{"Backend":{"Type":"wireguard"}}'
  const needs = needsOf(k3s('agent'), { ...facts, netConf })
  const dropped = async (rules: string) => {
    const text = `*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules}\nCOMMIT\n`
    const { tables } = saved(
      text,
      needs.map((it) => it.probe),
    )
    const read = { set: { backend: 'nft', family: 'ipv4' } as never, tables, forwards: [], names: [] }
    const found = await readBlocked([read], needs, alone, somewhere)
    return found.map((it) => `${it.need} ${it.port}`).filter((it) => it.startsWith('overlay'))
  }
  const answers = '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
  t.same(await dropped(answers), [], 'behind NAT, or where this node speaks first')
  t.same(await dropped(`-A INPUT -p udp -m udp --dport 51820 -j DROP\n${answers}`), ['overlay 51820'])
})

t.test('ports and devices as k3s and flannel have them', (t) => {
  t.same(overlayOf(undefined), {
    ports: { ipv4: 8472, ipv6: 8472 },
    links: { ipv4: 'flannel.1', ipv6: 'flannel-v6.1' },
  })
  for (const flags of [{ 'flannel-conf': ['/etc/mine.json'] }, { 'flannel-backend': ['host-gw'] }])
    t.equal(overlayOf(undefined, flags), undefined, 'not known, as its file could not be read')
  t.match(overlayOf('{"Backend":{"Type":"vxlan","Port":4789,"VNI":7}}'), {
    ports: { ipv4: 4789 },
    links: { ipv4: 'flannel.7' },
  })
  const wireguard = (more: object) => overlayOf(JSON.stringify({ Backend: { Type: 'wireguard', ...more } }))
  t.same(wireguard({}), {
    ports: { ipv4: 51_820, ipv6: 51_821 },
    answers: true,
    links: { ipv4: 'flannel-wg', ipv6: 'flannel-wg-v6' },
  })
  t.same(wireguard({ ListenPort: 1, ListenPortV6: 2, Mode: 'separate' })?.ports, { ipv4: 1, ipv6: 2 })
  t.same(wireguard({ Mode: 'ipv6' })?.ports, { ipv6: 51_820 }, 'one tunnel for both')
  t.same(wireguard({ Mode: 'auto' })?.ports, {}, 'which of them is by the nodes')
  t.equal(overlayOf('{"Backend":{"Type":"host-gw"}}'), undefined)
  t.equal(overlayOf('nonsense'), undefined)
  const ports = needsOf(k3s('server', { 'https-listen-port': ['7443'] }), { ...facts, netConf: '{}' })
  t.same(
    ports.map((it) => it.probe.port),
    [7443, 7443, 2379, 2380, 10_250, 10_250],
  )
  const agent = needsOf(k3s('agent'), { ...facts, api: 7443 })
  t.equal(agent.find((it) => it.need === 'api-out')?.probe.port, 7443, 'as it knows it of its servers')
  const bare = needsOf(k3s('server', { 'disable-agent': ['true'] }), { ...facts, foreign: true })
  t.same([...new Set(bare.map((it) => it.need))], ['nodes-api', 'etcd'], 'a server without a kubelet')
  t.end()
})

t.test('what is needed by whom, and who is at the other end', (t) => {
  const names = (role: 'server' | 'agent', more = {}) => [
    ...new Set(needsOf(k3s(role), { ...facts, ...more }).map((it) => it.need)),
  ]
  t.same(names('agent'), [
    'api-out',
    'overlay',
    'overlay-out',
    'pods-in',
    'pods-out',
    'pods-kubelet',
    'nodes-kubelet',
  ])
  t.ok(names('server', { bridged: true }).includes('pods-local'))
  t.notOk(names('server').includes('api-out'))
  t.same(
    names('server', { foreign: true, bridged: true }),
    ['nodes-api', 'etcd', 'nodes-kubelet'],
    'Cilium, Calico',
  )
  t.same(
    ['etcd', 'api-out', 'nodes-kubelet', 'overlay', 'pods-in', 'pods-local', 'pods-api'].map((it) =>
      otherOf(it as never),
    ),
    [...['server', 'server', 'server', 'node', 'node', undefined, undefined]],
  )
  t.ok(isBetweenPods('pods-out'))
  t.notOk(isBetweenPods('pods-api'))
  t.end()
})
