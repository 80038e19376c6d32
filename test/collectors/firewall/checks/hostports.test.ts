import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Host, HostError } from '../../../../agent/model/index.ts'
import { hostPortsMissing, missingHostPorts } from '../../../../collectors/firewall/checks/hostports.ts'
import {
  parseSandbox,
  readSandboxes,
  type Sandboxes,
} from '../../../../collectors/firewall/dump/sandboxes.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'
import { node, nodes, printed, saved } from '../look.ts'

const folder = join(nodes, 'healthy/files/var/lib/cni/results')
const ingress = readFileSync(
  join(folder, readdirSync(folder).find((it) => it.startsWith('cbr0-03a9')) ?? ''),
  'utf8',
)
const forward = 'tcp 80 10.42.0.36:80'

t.test('the recorded ingress and its rules find each other', async (t) => {
  t.same(parseSandbox(ingress), {
    veths: ['veth1f681911'],
    ports: [{ pod: 'kube-system/ingress', forward }],
  })
  const sandboxes = await readSandboxes(node('healthy'))
  t.same(Object.values(sandboxes).filter((it) => it === 0).length, 4, 'most pods have none')
  const forwards = async (state: string) => new Set(saved(await printed(state)).forwards)
  t.same([...(await forwards('healthy'))], [forward])
  t.same(await missingHostPorts(node('healthy'), sandboxes, await forwards('healthy')), [])
  t.same(await missingHostPorts(node('healthy'), sandboxes, await forwards('restart-after-flush')), [
    { pod: 'kube-system/ingress', forward },
  ])
})

t.test('a rule that nothing leads to does not count', async (t) => {
  const text = await printed('healthy')
  for (const without of [/^-A PREROUTING .* -j CNI-HOSTPORT-DNAT\n/m, /^-A CNI-HOSTPORT-DNAT .*\n/m])
    t.same(saved(text.replace(without, '')).forwards, [])
})

t.test('a pod of both families has its ports in both, but for those of one address', (t) => {
  const dual = (hostIP: string) => {
    const it = JSON.parse(ingress)
    it.result.ips.push({ address: 'fd42::24/64' })
    for (const one of it.capabilityArgs.portMappings) one.HostIP = hostIP
    const found = parseSandbox(JSON.stringify(it))
    return found?.ports.map((port) => port.forward)
  }
  t.same(dual(''), [forward, 'tcp 80 [fd42::24]:80'])
  t.same(dual('192.0.2.10'), [forward])
  t.same(dual('2001:db8::10'), ['tcp 80 [fd42::24]:80'])
  t.match(
    hostPortsMissing({
      hostPorts: [{ pod: 'a/b', forward: 'tcp 80 [fd42::24]:80' }],
      k3s: { unit: 'k3s', running: { pid: 1, since: 0 }, proxies: [] },
    } as unknown as FirewallSample),
    [{ text: /^Host port 80 over IPv6 of this node belongs to pod a\/b, .* to \[fd42::24\]:80\.$/ }],
  )
  t.end()
})

t.test('pods that are gone are not missed', async (t) => {
  const sandboxes: Sandboxes = { '03a9cededb294': parseSandbox(ingress) ?? 0 }
  const host = (links: string[] | undefined, results = [`cbr0-03a9cededb294${'0'.repeat(51)}-eth0`]) =>
    ({
      list: async (path: string) => {
        const names = path === '/sys/class/net' ? links : results
        if (!names) throw new HostError('unrecorded', path)
        return names.map((name) => ({ name, kind: 'link' }))
      },
    }) as unknown as Host
  const missing = async (it: Host) => (await missingHostPorts(it, sandboxes, new Set())).length
  t.equal(await missing(host(['lo', 'veth1f681911'])), 1)
  t.equal(await missing(host(['lo'])), 0, 'after a reboot its record is still there, its veth is not')
  t.equal(await missing(host(undefined)), 1, 'not known: it counts as there')
  t.equal(await missing(host(['lo', 'veth1f681911'], [])), 0, 'it went while the rules were read')
})

t.test('no pod hides the missing ports of another', async (t) => {
  const results = ['a', 'b'].map((it) => `cbr0-${it.repeat(64)}-eth0`)
  const list = async (path: string) =>
    (path === '/sys/class/net' ? ['veth1', 'veth2'] : results).map((name) => ({
      name,
      kind: 'file' as const,
    }))
  const of = (pod: string, veth: string, count: number) => ({
    veths: [veth],
    ports: Array.from({ length: count }, (_, at) => ({ pod, forward: `tcp ${at + 1} 10.42.0.9:${at + 1}` })),
  })
  for (const count of [63, 64, 128, 5000]) {
    const sandboxes = {
      ['a'.repeat(13)]: of('evil/x', 'veth1', count),
      ['b'.repeat(13)]: of('prod/web', 'veth2', 1),
    }
    const missing = await missingHostPorts({ list } as unknown as Host, sandboxes, new Set())
    t.same([...new Set(missing.map((it) => it.pod))], ['evil/x', 'prod/web'], `${count}`)
    t.ok(missing.length <= 2048)
  }
})

t.test('one finding a pod, and none opens while k3s is stopped', async (t) => {
  const hostPorts = [
    { pod: 'kube-system/svclb', forward: 'tcp 80 10.42.0.5:80' },
    { pod: 'kube-system/svclb', forward: 'udp 443 10.42.0.5:443' },
  ]
  const sample = { hostPorts, k3s: { unit: 'k3s', running: { pid: 1, since: 0 }, proxies: [] } }
  const [found, ...more] = hostPortsMissing(sample as unknown as FirewallSample)
  t.same(more, [])
  t.notOk(found?.starting)
  t.match(found, {
    subject: 'kube-system/svclb',
    text: /^Host ports 80, 443\/udp of this node belong to pod kube-system\/svclb/,
    fix: [/`kubectl -n kube-system delete pod svclb`/, /./],
  })
  const meanwhile = hostPortsMissing({
    hostPorts,
    k3s: { unit: 'k3s', proxies: [] },
  } as unknown as FirewallSample)
  t.same(
    meanwhile.filter((it) => !it.starting),
    [],
  )
  t.match(meanwhile, [
    { code: 'firewall.hostport-rules-missing', subject: 'kube-system/svclb', starting: true },
  ])
})
