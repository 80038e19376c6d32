import t, { type Test } from 'tap'
import { cni } from '../../collectors/cni/index.ts'
import { cable, dnsAddress, lacking, type RealNode, realNode, sh } from './cninode.ts'
import { settled, until } from './waiting.ts'

/** Two nodes joined by a real VXLAN, with real traffic between their pods: each fault, its finding, its repair. */
if (lacking && process.env.CI !== 'true') {
  t.plan(0, lacking)
  process.exit(0)
}
// Many short commands, which take several times longer on a busy machine.
t.setTimeout(900_000)

const one = realNode(0)
const two = realNode(1)
t.teardown(() => {
  one.close()
  two.close()
})
cable(one, two)
one.join(1)
two.join(0)
const web = (it: number) => `web-${it}`
const minute = 60_000

/** Exactly these findings, as `code subject`. */
async function exactly(t: Test, node: RealNode, ...expected: readonly string[]) {
  const { found } = await node.look()
  t.same(
    found.map((it) => `${it.code} ${it.subject}`),
    expected,
  )
  return found
}
const across = () => one.reaches(web(1), two.pods.get('far')?.ip ?? '')

t.test('twenty pods on one node, one on the other, and they reach each other', async (t) => {
  await one.nameserver()
  for (let it = 1; it <= 20; it += 1) one.add(web(it), it === 1 ? 80 : undefined)
  two.add('far')
  t.ok(across())
  t.ok(one.reaches(web(1), one.pods.get(web(2))?.ip ?? ''))
  await exactly(t, one)
  const { sample, summary } = await one.look()
  t.equal(
    summary,
    'cni0 up 10.42.0.1/24, 20 pods; flannel.1 up (vxlan, mtu 1450), 1 peer; 20 of 253 addresses',
  )
  t.equal(sample.unseen, undefined, 'all is seen')
  t.match(sample.dns, { server: dnsAddress, rcode: 'NOERROR' })
  t.match(sample.peers, [{ subnet: '10.42.1.0/24', node: two.address }])
  for (let it = 2; it <= 20; it += 1) one.del(web(it))
  await exactly(t, one)
  t.equal((await one.look()).summary.includes('1 of 253 addresses'), true)
  for (let it = 2; it <= 5; it += 1) one.add(web(it))
})

t.test('route, neighbour or FDB entry removed: each stops traffic, is named, and comes back', async (t) => {
  for (const [fault, what] of [
    ['ip route del 10.42.1.0/24', /lacks the route for the pods of node 192\.0\.2\.11 \(10\.42\.1\.0\/24/],
    ['ip neigh del 10.42.1.0 dev flannel.1', /lacks the neighbour entry/],
    ['bridge fdb del 0a:58:0a:2a:01:00 dev flannel.1 dst 192.0.2.11 self', /lacks the FDB entry/],
  ] as const) {
    sh(`${one.inside.join(' ')} ${fault}`)
    t.notOk(across(), fault)
    const [found] = await exactly(t, one, 'cni.routes-missing 10.42.1.0/24')
    t.match(found?.text, what)
    one.follow(found)
    t.ok(across(), 'what the finding says repairs it')
    await exactly(t, one)
  }
})

t.test('overlay set down and up again: its routes do not come back', async (t) => {
  one.ip('link set flannel.1 down')
  await exactly(t, one, 'cni.overlay-down flannel.1')
  one.ip('link set flannel.1 up')
  t.notOk(across())
  const [found] = await exactly(t, one, 'cni.routes-missing 10.42.1.0/24')
  t.match(found?.text, /lacks the route and the neighbour entry/)
  one.follow(found)
  t.ok(across())
  await exactly(t, one)
})

t.test('overlay deleted, and made anew without its peers', async (t) => {
  one.ip('link del flannel.1')
  const [gone] = await exactly(t, one, 'cni.overlay-missing flannel.1')
  t.match(gone?.text, /5 pods \(default\/web-/)
  one.vxlan()
  one.join(1)
  t.ok(across())
  await exactly(t, one)
})

t.test('the other node leaves for good: nothing is wrong', async (t) => {
  one.ip('route del 10.42.1.0/24')
  one.ip('neigh del 10.42.1.0 dev flannel.1')
  sh(`${one.inside.join(' ')} bridge fdb del 0a:58:0a:2a:01:00 dev flannel.1 dst 192.0.2.11 self`)
  await exactly(t, one)
  one.join(1)
  await exactly(t, one)
})

t.test('sizes changed: large packets are lost, and it is said where', async (t) => {
  const far = two.pods.get('far')?.ip ?? ''
  t.ok(one.reaches(web(1), far, 1400))
  for (const [node, fault, repair, subject] of [
    [one, 'link set eth0 mtu 1400', 'link set eth0 mtu 1500', 'flannel.1'],
    [one, 'link set flannel.1 mtu 1300', '', 'flannel.1'],
    [one, 'link set cni0 mtu 1300', '', 'cni0'],
    [one, `link set ${one.pods.get(web(1))?.veth} mtu 1300`, '', 'pods on cni0'],
  ] as const) {
    node.ip(fault)
    if (subject === 'flannel.1') t.notOk(one.reaches(web(1), far, 1400), fault)
    const [found] = await exactly(t, node, `cni.mtu-mismatch ${subject}`)
    if (subject.startsWith('pods')) t.match(found?.text, /1 pod \(default\/web-1\)/)
    if (repair) node.ip(repair)
    else node.follow(found)
    await exactly(t, node)
    // The pod was told of the smaller size, and remembers it for ten minutes.
    sh(`nsenter --net=/run/netns/${one.namespace}-web-1 ip route flush cache`)
    t.ok(one.reaches(web(1), far, 1400), `after ${fault}`)
  }
})

t.test('settings of the kernel turned off', async (t) => {
  for (const [name, finding] of [
    ['net/ipv4/ip_forward', 'cni.forwarding-off ipv4'],
    ['net/ipv4/conf/cni0/forwarding', 'cni.forwarding-off ipv4'],
    ['net/bridge/bridge-nf-call-iptables', 'cni.bridge-nf-off bridge'],
  ] as const) {
    sh(`${one.inside.join(' ')} sysctl -qw ${name}=0`)
    t.equal(across(), finding.includes('bridge-nf'), name)
    const [found] = await exactly(t, one, finding)
    one.follow(found)
    t.ok(across())
    await exactly(t, one)
  }
})

t.test('checksums left to the hardware, on a kernel that is said to spoil them', async (t) => {
  one.write('/proc/sys/kernel/osrelease', '5.4.30-generic\n')
  const [found] = await exactly(t, one, 'cni.checksum-offload flannel.1')
  one.follow(found)
  await exactly(t, one)
  one.write('/proc/sys/kernel/osrelease', '6.1.0-13-amd64\n')
  sh(`${one.inside.join(' ')} ethtool -K flannel.1 tx-checksum-ip-generic on`)
  await exactly(t, one)
})

t.test('a veth deleted under a pod that lives: told by the second look that misses it', async (t) => {
  one.ip(`link del ${one.pods.get(web(5))?.veth}`)
  await exactly(t, one)
  const [found] = await exactly(t, one, 'cni.veth-orphaned cni0')
  t.match(found?.text, 'The veth of 1 pod (default/web-5) no longer exists.')
  one.del(web(5))
  one.add(web(5))
  await exactly(t, one)
})

t.test('plugins killed between ADD and DEL: addresses leak, and are given back', async (t) => {
  for (let it = 30; it < 35; it += 1) {
    one.add(web(it))
    one.kill(web(it))
  }
  await exactly(t, one)
  one.ahead(11 * minute)
  const [found] = await exactly(t, one, 'cni.addresses-leaking /var/lib/cni/networks/cbr0')
  t.match(
    found?.text,
    /^5 of 253 pod addresses are reserved for pods that no longer exist .*; 243 are free\.$/,
  )
  one.follow(found)
  await exactly(t, one)
  t.match((await one.look()).sample.pool, { used: 5, leaked: {} }, 'those of living pods are untouched')
})

t.test('errors that the kernel counts: a peer that cannot be reached', async (t) => {
  one.ip('route add unreachable 192.0.2.11/32')
  for (let it = 0; it < 4; it += 1) {
    sh(
      `nsenter --net=/run/netns/${one.namespace}-web-1 ping -c20 -i0.002 -W1 -q ${two.pods.get('far')?.ip} || true`,
    )
    one.ahead(3 * minute)
    await one.look()
  }
  const [found] = await exactly(t, one, 'cni.errors-growing flannel.1')
  t.match(found?.text, /^flannel\.1 counted \d+ errors in \d+ min, [\d.]+ % of its packets/)
  one.ip('route del unreachable 192.0.2.11/32')
  one.ahead(61 * minute)
  await exactly(t, one)
})

/** Takes the cable away and lays it again; until the other end has counted both. */
async function unplug() {
  const carrier = (what: string) =>
    Number(sh(`ip netns exec ${one.namespace} cat /sys/class/net/eth0/${what}`))
  const before = carrier('carrier_down_count')
  two.ip('link set eth0 down')
  await until('the cable is gone', () => carrier('carrier_down_count') > before)
  two.ip('link set eth0 up')
  await until('the cable is back', () => carrier('carrier') === 1)
}

t.test('a cable that comes and goes', async (t) => {
  for (let it = 0; it < 3; it += 1) await unplug()
  const [found] = await exactly(t, one, 'cni.flapping eth0')
  t.match(found?.text, /^eth0 went down 3 times in the last 10 min/)
  one.ahead(11 * minute)
  await exactly(t, one)
})

t.test('a private network between the nodes, and the world behind another cable', async (t) => {
  one.ip('link add eth9 type veth peer name world9')
  one.ip('addr add 198.51.100.1/24 dev eth9')
  one.ip('link set world9 up')
  one.ip('link set eth9 up')
  one.ip('route replace default via 198.51.100.2 dev eth9')
  t.match((await one.look()).sample, { uplink: 'eth9', under: 'eth0', carriers: { eth0: Number } })
  for (let it = 0; it < 3; it += 1) await unplug()
  const [found] = await exactly(t, one, 'cni.flapping eth0')
  t.match(found?.text, /^eth0 went down 3 times/)
  one.ip('link del eth9')
  one.ip('route add default via 192.0.2.1')
  one.ahead(11 * minute)
  await exactly(t, one)
})

t.test('what is heard: churn of pods is quiet, bridge, overlay and peers are not', async (t) => {
  const [watch] = cni.watch?.({}, (await one.look()).sample) ?? []
  if (watch?.kind !== 'command') throw new Error('nothing is watched')
  let lines = 0
  const stop = new AbortController()
  const ended = one.machine.follow(
    [...one.inside, ...watch.argv],
    (text) => {
      lines += 1
      if (watch.isRelevant(text)) one.heard.push({ at: one.host.now(), text })
    },
    stop.signal,
  )
  const told = async (work: () => void) => {
    one.heard.length = 0
    const begun = performance.now()
    work()
    await until('it is heard', () => one.heard.length > 0)
    return performance.now() - begun < 2000
  }
  await until('the monitor hears', () => {
    one.ip('link set lo mtu 65000')
    one.ip('link set lo mtu 65536')
    return lines > 0
  })
  await settled('what that changed was heard', () => lines)
  lines = 0
  one.heard.length = 0
  for (const it of [40, 41, 42]) one.add(web(it))
  for (const it of [40, 41, 42]) one.del(web(it))
  across()
  await settled('pods came and went', () => lines, 41)
  t.same(one.heard, [], 'of no interest')
  t.ok(await told(() => one.ip('neigh del 10.42.1.0 dev flannel.1')), 'a neighbour')
  t.ok(
    await told(() =>
      sh(`${one.inside.join(' ')} bridge fdb del 0a:58:0a:2a:01:00 dev flannel.1 dst 192.0.2.11 self`),
    ),
    'an FDB entry',
  )
  t.ok(await told(() => one.ip('route del 10.42.1.0/24')), 'a route')
  one.join(1)
  t.ok(await told(() => two.ip('link set eth0 down')), 'the uplink')
  two.ip('link set eth0 up')
  two.ip('route replace default via 192.0.2.1')
  await settled('the uplink is back', () => lines)
  one.heard.length = 0
  for (let it = 0; it < 3; it += 1) {
    one.ip('link set cni0 down')
    one.ip('link set cni0 up')
  }
  await settled('the bridge went and came', () => lines)
  t.match(await exactly(t, one, 'cni.flapping cni0'), [{ text: /^cni0 went down 3 times/ }])
  one.ahead(11 * minute)
  await exactly(t, one)
  stop.abort()
  await ended
})
