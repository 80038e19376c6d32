import t from 'tap'
import { readBlocked } from '../../../../collectors/firewall/checks/blocked.ts'
import { type Need, type Needed, needsOf } from '../../../../collectors/firewall/checks/needs.ts'
import type { Peers } from '../../../../collectors/firewall/checks/peers.ts'
import type { Peer } from '../../../../collectors/firewall/checks/routing.ts'
import type { Read } from '../../../../collectors/firewall/dump/read.ts'
import { network } from '../../../../collectors/firewall/packet/networks.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'
import type { K3s } from '../../../../collectors/node/k3s.ts'
import { saved, ssh } from '../look.ts'

const pods = ['10.42.0.0/16'].map((it) => network(it)).filter((it) => it !== undefined)
const needs = (role: 'server' | 'agent' = 'server') =>
  needsOf({ role, flags: {} } as unknown as K3s, { pods, inside: ssh.inside, bridged: true })
const table = (rules: string, [input = 'ACCEPT', forward = 'ACCEPT', output = 'ACCEPT'] = [] as string[]) =>
  `*filter\n:INPUT ${input} [0:0]\n:FORWARD ${forward} [0:0]\n:OUTPUT ${output} [0:0]\n${rules}\nCOMMIT\n`
const read = (text: string, all: readonly Needed[], set: Partial<RuleSet> = {}): Read => ({
  set: { family: 'ipv4', backend: 'nft', ...set } as RuleSet,
  tables: saved(
    text,
    all.map((it) => it.probe),
  ).tables,
  forwards: [],
  names: [],
})
/** No table of nftables. */
const alone = { followed: [], deciding: [] }
const peer = (last: number): Peer => ({ address: `192.0.2.${last}`, on: 'eth0', own: '192.0.2.1' })
const blocked = (
  text: string,
  { there = true, peers = [peer(2), peer(3)] }: Partial<Peers> = {},
  role: 'server' | 'agent' = 'server',
) => readBlocked([read(text, needs(role))], needs(role), alone, async () => ({ there, peers }))
const named = async (...all: Parameters<typeof blocked>) =>
  (await blocked(...all)).map((it) => `${it.need} ${it.port}${it.some ? ` ${it.peers}` : ''}`)

t.test('a single line that drops the overlay', async (t) => {
  const line = '-A INPUT -p udp -m udp --dport 8472 -j DROP'
  t.strictSame(await blocked(table(line)), [
    {
      ...{ need: 'overlay', port: 8472, by: line, udp: true, table: 'filter', backend: 'nft' },
      base: 'INPUT',
      peers: ['192.0.2.2', '192.0.2.3'],
    },
  ])
  t.same(await named(table(line), { there: false, peers: [] }), [], 'nobody sends over it')
  const raw = line.replace('INPUT', 'PREROUTING')
  t.match(await blocked(`*raw\n:PREROUTING ACCEPT [0:0]\n${raw}\nCOMMIT\n`), [{ table: 'raw', by: raw }])
  t.same(await named(table(line.replace('INPUT', 'OUTPUT'))), ['overlay-out 8472'])
  t.same(await named(table(line.replace('8472', '8473'))), [])
})

t.test('the node that it is about, where it is known', async (t) => {
  const from = (source: string) => table(`-A INPUT -s ${source} -p udp -m udp --dport 8472 -j DROP`)
  t.same(await named(from('192.0.2.3/32')), ['overlay 8472 192.0.2.3'])
  t.same(await named(from('192.0.2.0/24')), ['overlay 8472'])
  t.same(await named(from('192.0.2.3/32'), { peers: [] }), [], 'unknown: in doubt nothing is said')
  t.same(await named(from('198.51.100.0/24')), [])
  const accepted = '-A INPUT -s 192.0.2.2/32 -j ACCEPT\n'
  t.same(await named(table(`${accepted}-A INPUT -i eth0 -p udp -j DROP`)), ['overlay 8472 192.0.2.3'])
  t.same(await named(table('-A INPUT -d 192.0.2.1/32 -p udp -j DROP')), ['overlay 8472'])
  t.same(await named(table('-A INPUT -i eth1 -p udp -j DROP')), [], 'another interface')
  const bridge = { peers: [{ ...peer(2), on: 'br-lan' }] }
  t.same(await named(table('-A INPUT -i br-lan -p udp -j DROP'), bridge), [], 'looks like one of containers')
})

t.test('of the kubelet and of the API of servers one is enough', async (t) => {
  const kubelet = '-A INPUT -p tcp -m tcp --dport 10250 -j DROP'
  t.ok((await named(table(kubelet))).includes('nodes-kubelet 10250'))
  const open = '-A INPUT -s 192.0.2.3/32 -p tcp -m tcp --dport 10250 -j ACCEPT'
  t.same(await named(table(`${open}\n${kubelet}`)), ['pods-kubelet 10250'], 'metrics-server asks from there')
  const api = '-A OUTPUT -d 192.0.2.2/32 -p tcp -m tcp --dport 6443 -j REJECT'
  t.same(await named(table(api), {}, 'agent'), [], 'an agent goes to the other server')
  const both = `${api}\n${api.replace('2.2', '2.3')}`
  t.same(await named(table(both), {}, 'agent'), ['api-out 6443'])
})

t.test('nodes that are reached by Tailscale', async (t) => {
  const rules = [
    '-A INPUT -s 100.64.0.0/10 ! -i tailscale0 -j DROP',
    '-A INPUT -i tailscale0 -j ACCEPT\n-A INPUT -p udp -j DROP',
  ]
  const far: Peer = { address: '100.64.0.2' }
  for (const rule of rules) {
    t.same(await named(table(rule), { peers: [far] }), [], `the interface is unknown: ${rule}`)
    t.same(await named(table(rule), { peers: [{ ...far, on: 'tailscale0' }] }), [], rule)
    const main = await named(table(rule), { peers: [{ ...far, on: 'eth0' }] })
    t.ok(main.includes('overlay 8472'), `it would be dropped: ${rule}`)
  }
})

t.test('a cloud image that rejects behind what it accepts', async (t) => {
  const image = table(
    `-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
-A FORWARD -j REJECT --reject-with icmp-host-prohibited`,
  )
  const all: readonly Need[] = ['pods-api', 'pods-kubelet', 'nodes-api', 'nodes-kubelet', 'etcd', 'overlay']
  const found = new Set((await blocked(image)).map((it) => it.need))
  t.strictSame(found, new Set([...all, 'pods-in', 'pods-out', 'pods-local']))
  const flannel = image.replace(
    '-A FORWARD',
    '-A FORWARD -s 10.42.0.0/16 -j ACCEPT\n-A FORWARD -d 10.42.0.0/16 -j ACCEPT\n-A FORWARD',
  )
  t.notOk((await blocked(flannel)).some((it) => /pods-(in|out|local)/.test(it.need)))
})

t.test('policies: of Docker, and of the way out', async (t) => {
  const docker = table('', ['ACCEPT', 'DROP'])
  t.same(await named(docker), [
    'pods-in 53',
    'pods-in 53',
    'pods-out 53',
    'pods-out 53',
    'pods-local 53',
    'pods-local 53',
  ])
  t.same(await named(docker, { there: false }), ['pods-local 53', 'pods-local 53'])
  const router = table('-A FORWARD -d 10.42.0.7/32 -m mark ! --mark 0x1/0x1 -j ACCEPT', ['ACCEPT', 'DROP'])
  t.same(await named(router), [], 'some pods are let through: not for certain')
  t.same(await named(table('', ['ACCEPT', 'ACCEPT', 'DROP']), {}, 'agent'), [
    'api-out 6443',
    'overlay-out 8472',
  ])
  const kept = '-A OUTPUT -m mark --mark 0x20000/0x20000 -j ACCEPT'
  t.same(
    await named(table(kept, ['ACCEPT', 'ACCEPT', 'DROP'])),
    [],
    'what is sent over the overlay keeps the mark of the pod',
  )
  t.same(await named(table('-A OUTPUT -o eth1 -j DROP'), {}, 'agent'), [])
  t.same(await named(table('-A OUTPUT -o eth0 -j DROP'), {}, 'agent'), ['api-out 6443', 'overlay-out 8472'])
})

t.test('pods come to the API by its service, so their packets were translated', async (t) => {
  const text = table('-A INPUT -m conntrack --ctstate DNAT -j ACCEPT\n-A INPUT -i cni0 -p tcp -j REJECT')
  t.same(await named(text), ['pods-kubelet 10250'])
  const nat =
    '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 10250 -j DNAT --to 10.42.0.9:1\nCOMMIT\n'
  t.same(await named(`${nat}${text}`), [], 'or are sent elsewhere')
})

t.test('each family by itself, and nothing where something cannot be seen', async (t) => {
  const all = needsOf({ role: 'agent', flags: {} } as unknown as K3s, {
    pods: [...pods, ...['fd42::/56'].map((it) => network(it)).filter((it) => it !== undefined)],
    inside: ssh.inside,
  })
  const shut = table('', ['DROP', 'ACCEPT', 'ACCEPT'])
  const four = read(shut, all)
  const six = read(shut, all, { family: 'ipv6' })
  const nowhere = async () => ({ there: true, peers: [] })
  const found = await readBlocked([four, six], all, alone, nowhere)
  t.strictSame(
    found.filter((it) => it.family === 'ipv6').map((it) => it.need),
    ['overlay', 'pods-kubelet'],
  )
  t.notOk(
    (await readBlocked([four], all, alone, nowhere)).some((it) => it.family),
    'nothing filters IPv6',
  )
  t.strictSame(await readBlocked([read(shut, all, { hidden: ['filter'] })], all, alone, nowhere), [])
  t.strictSame(
    (await readBlocked([four], all, alone, async () => undefined)).map((it) => it.need),
    ['pods-kubelet'],
    'whether there are other nodes could not be read',
  )
})
