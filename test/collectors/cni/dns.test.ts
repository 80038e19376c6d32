import t from 'tap'
import { HostError } from '../../../agent/model/index.ts'
import { askDns, askWhetherBack, clusterDns, dns, tenth } from '../../../collectors/cni/dns.ts'
import type { Dns } from '../../../collectors/cni/sample.ts'
import { later, nodeLike, sampleOf } from './node.ts'

const well = await sampleOf('healthy')
if (!well.k3s) throw new Error('the recording has no k3s')
const server = well.k3s
const agent = { ...server, role: 'agent' as const }
const now = later(well) + 600_000

t.test("a server's comes from its settings", async (t) => {
  const { host } = nodeLike(t, 'healthy')
  const address = (flags: Record<string, string>) => clusterDns(host(), server, flags)
  t.equal(await address({}), '10.43.0.10')
  t.equal(await address({ 'service-cidr': '10.96.0.0/12,fd43::/112' }), '10.96.0.10')
  t.equal(await address({ 'service-cidr': 'fd43::/112' }), 'fd43::a')
  t.equal(await address({ 'cluster-dns': '10.9.8.7' }), '10.9.8.7')
  t.equal(await address({ disable: 'traefik,coredns' }), undefined)
  t.equal(await address({ disable: 'rke2-coredns' }), undefined)
  t.equal(await address({ disable: 'coredns', 'cluster-dns': '10.9.8.7' }), '10.9.8.7', 'another one')
  t.equal(tenth('nonsense'), undefined)
})

t.test("an agent's comes from what the kubelet was told, or wrote into pods", async (t) => {
  const node = nodeLike(t, 'healthy')
  const folder = '/var/lib/rancher/k3s/agent'
  t.equal(await clusterDns(node.host(), agent, {}), undefined)
  const sandbox = `${folder}/containerd/io.containerd.grpc.v1.cri/sandboxes`
  node.make(`${sandbox}/a`)
  node.write(`${sandbox}/a/resolv.conf`, 'search lan\nnameserver 192.0.2.1\n')
  node.make(`${sandbox}/b`)
  node.write(
    `${sandbox}/b/resolv.conf`,
    'search default.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.43.0.10\noptions ndots:5\n',
  )
  t.equal(await clusterDns(node.host(), agent, {}), '10.43.0.10')
  for (const name of [...Array.from({ length: 20 }, (_, at) => `a${at}`), '0', 'c'])
    node.make(`${sandbox}/${name}`)
  // Twenty that say nothing, one that makes its own, and a second one of the kubelet's.
  for (let at = 0; at < 20; at += 1)
    node.write(`${sandbox}/a${at}/resolv.conf`, 'search lan\nnameserver 192.0.2.1\n')
  node.write(`${sandbox}/0/resolv.conf`, 'search svc.evil\nnameserver 192.0.2.66\n')
  node.write(`${sandbox}/c/resolv.conf`, 'search svc.cluster.local\nnameserver 10.43.0.10\n')
  t.equal(await clusterDns(node.host(), agent, {}), '10.43.0.10', 'what most say')
  node.make(`${folder}/etc/kubelet.conf.d`)
  node.write(
    `${folder}/etc/kubelet.conf.d/00-k3s-defaults.conf`,
    'cgroupDriver: systemd\nclusterDNS:\n- 10.43.0.11\nclusterDomain: x\n',
  )
  t.equal(await clusterDns(node.host(), agent, {}), '10.43.0.11')
})

t.test('asking', async (t) => {
  const { host } = nodeLike(t, 'healthy')
  const asked: string[] = []
  const saying = (answer: () => unknown) => ({
    ...host(),
    resolve: async ({ server: at, name }: { server: string; name: string }) => {
      asked.push(`${at} ${name}`)
      return answer() as never
    },
  })
  const fails = (code: ConstructorParameters<typeof HostError>[0]) => () => {
    throw new HostError(code, code)
  }
  t.match(
    await askDns(
      saying(() => ({ rcode: 'NOERROR', addresses: [] })),
      server,
      {},
      undefined,
    ),
    {
      rcode: 'NOERROR',
      seen: Number,
      due: true,
    },
  )
  t.same(asked, ['10.43.0.10 kubernetes.default.svc.cluster.local'])
  t.match(await askDns(saying(fails('timeout')), server, { 'cluster-domain': 'k' }, undefined), {
    name: 'kubernetes.default.svc.k',
    error: 'timeout',
    due: true,
  })
  const noWay = () => {
    throw new HostError('refused', 'asking: there is no way to that network (ENETUNREACH)')
  }
  t.match(await askDns(saying(noWay), server, {}, undefined), { error: 'unreachable' })
  t.match(await askDns(saying(fails('refused')), server, {}, undefined), { error: 'refused' })
  const known: Dns = { server: '10.43.0.10', name: 'x', rcode: 'NOERROR', due: true }
  t.match(await askDns(saying(fails('timeout')), agent, {}, known), { error: 'timeout', due: true })
  for (const answer of [fails('timeout'), () => ({ rcode: 'SERVFAIL' })])
    t.match(await askDns(saying(answer), agent, {}, { ...known, seen: 7 }), { seen: 7 }, 'when it was well')
  t.notOk((await askDns(saying(fails('timeout')), server, {}, { ...known, server: 'x', seen: 7 }))?.seen)
  t.match(await askDns(saying(fails('timeout')), agent, {}, { ...known, due: false }), { due: false })
  t.match(
    await askDns(
      saying(() => ({ rcode: 'NXDOMAIN' })),
      agent,
      {},
      { ...known, due: false },
    ),
    { due: true },
  )
  t.equal(await askDns(saying(fails('timeout')), agent, {}, undefined), undefined, 'nobody said where')
  await t.rejects(askDns(saying(fails('unrecorded')), server, {}, undefined), { code: 'unrecorded' })
})

t.test('in a hurried round only whether it is back', async (t) => {
  const { host } = nodeLike(t, 'healthy')
  const asked: object[] = []
  const saying = (answer: () => unknown) => ({
    ...host(),
    resolve: async (question: object) => {
      asked.push(question)
      return answer() as never
    },
  })
  const silent = () => {
    throw new HostError('timeout', 'no answer')
  }
  const dead: Dns = { server: '10.43.0.10', name: 'x', error: 'timeout', seen: 7, due: true }
  t.match(
    await askWhetherBack(
      saying(() => ({ rcode: 'NOERROR' })),
      dead,
    ),
    { rcode: 'NOERROR', seen: Number },
  )
  t.strictSame(asked, [{ server: '10.43.0.10', name: 'x', timeout: 250, tries: 1 }], 'nothing waits for it')
  t.equal(await askWhetherBack(saying(silent), dead), dead)
  t.equal(
    await askWhetherBack(
      saying(() => ({ rcode: 'SERVFAIL' })),
      dead,
    ),
    dead,
  )
  t.equal(asked.length, 3)
  const well: Dns = { server: '10.43.0.10', name: 'x', rcode: 'NOERROR', due: true }
  t.equal(await askWhetherBack(saying(silent), well), well)
  t.equal(asked.length, 3, 'not asked while it is well')
})

t.test('findings', (t) => {
  const judge = (it: Partial<Dns>, at = now) =>
    dns({ ...well, dns: { server: '10.43.0.10', name: 'n', due: true, ...it } }, at)
  t.same(judge({ rcode: 'NOERROR' }), [])
  t.same(judge({ rcode: 'NXDOMAIN' }), [])
  t.match(judge({ error: 'timeout' }), [
    {
      code: 'cni.dns-dead',
      subject: '10.43.0.10',
      text: 'The cluster DNS 10.43.0.10 does not answer: two questions, 2 s (asked from this node for n).',
    },
  ])
  t.match(judge({ error: 'refused' }), [{ text: /nothing listens there/ }])
  t.match(judge({ rcode: 'SERVFAIL', seen: 7 }), [{ text: /SERVFAIL/, wellAt: 7 }])
  t.same(judge({ error: 'timeout', due: false }), [])
  const opened = (found: ReturnType<typeof dns>) => found.filter((it) => !it.starting)
  const started = server.running?.since ?? 0
  const early = judge({ error: 'timeout' }, started + 299_000)
  t.same(opened(early), [], 'k3s has just started')
  t.match(early, [{ code: 'cni.dns-dead', subject: '10.43.0.10', starting: true }])
  t.equal(opened(judge({ error: 'timeout' }, started + 300_000)).length, 1)
  const { running: _, ...stopped } = server
  const meanwhile = dns(
    { ...well, k3s: stopped, dns: { server: 's', name: 'n', error: 'timeout', due: true } },
    now,
  )
  t.same(opened(meanwhile), [])
  t.match(meanwhile, [{ code: 'cni.dns-dead', subject: 's', starting: true }])
  t.end()
})
