import { existsSync } from 'node:fs'
import t from 'tap'
import { asHealthy, withUfw } from '../collectors/firewall/furnish.ts'
import { saved } from '../collectors/firewall/look.ts'
import { cannot, namespace } from '../collectors/firewall/namespace.ts'
import type { Came } from '../collectors/firewall/round.ts'

/** What is different with IPv6; that verdicts hold there as well is in firewall-truth.test.ts. */
t.setTimeout(900_000)
const portmap = '/usr/lib/cni/portmap'
const why = cannot()
const skip = () => (why ? { skip: why } : {})
const codes = ({ found }: Came) => found.map((it) => it.code.replace('firewall.', '')).sort()

t.test('a flush of IPv6 alone', skip(), async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.monitor()
  t.same(codes(await it.round()), [])
  const { pid } = await it.run(['ip6tables', '-F'])
  const came = await it.round()
  t.same(codes(came), ['flushed'])
  t.match(
    came.found[0]?.text,
    new RegExp(`^filter flushed: \\d+ of \\d+ IPv6 rules gone, by \`ip6tables\` \\(pid ${pid}\\) at `),
  )
})

t.test('SSH on IPv6 alone, and ufw without it', skip(), async (t) => {
  const it = await namespace(t)
  await withUfw(it, t.testdir({}))
  const listen = `require('net').createServer().listen(22, '2001:db8::1', () => console.log('on'))`
  await it.sh('ip addr add 2001:db8::1/64 dev lo nodad')
  const child = it.start([process.execPath, '-e', listen])
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  await asHealthy(it)
  await it.sh('ufw allow 22/tcp; ufw --force enable')
  t.notOk(codes(await it.round()).includes('lockout'))
  await it.run(['ip6tables', '-F'])
  const shut = await it.round()
  const lockout = shut.found.find(({ code }) => code === 'firewall.lockout')
  t.match(lockout, { subject: 'ipv6', text: /^New IPv6 connections to SSH port 22 are dropped/ })
  // The first step it names opens the way.
  await it.sh(/`([^`]+)`/.exec(lockout?.fix?.[0] ?? '')?.[1] ?? 'false')
  t.notOk(codes(await it.round()).includes('lockout'))
})

t.test('SSH on IPv6 alone, dropped by a table of nftables', skip(), async (t) => {
  const it = await namespace(t)
  const listen = `require('net').createServer().listen(22, '2001:db8::1', () => console.log('on'))`
  await it.sh('ip addr add 2001:db8::1/64 dev lo nodad')
  const child = it.start([process.execPath, '-e', listen])
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  await asHealthy(it)
  const table = (kind: string) =>
    it.run(
      ['nft', '-f', '-'],
      `table ${kind} mine { chain in { type filter hook input priority 0; policy drop; iifname "lo" accept; }; }`,
    )
  await table('ip')
  t.notOk(codes(await it.round()).includes('lockout'), 'of the other family')
  await table('ip6')
  const shut = await it.round()
  const lockout = shut.found.find(({ code }) => code === 'firewall.lockout')
  t.match(lockout, { subject: 'ipv6', text: /port 22 are dropped: the policy of in is DROP/ })
  await it.sh(/`([^`]+)`/.exec(lockout?.fix?.[0] ?? '')?.[1] ?? 'false')
  t.notOk(codes(await it.round()).includes('lockout'))
})

const noPortmap = why ?? (existsSync(portmap) || process.env.CI === 'true' ? undefined : `needs ${portmap}`)
t.test(
  'host ports as portmap maps them in both families',
  noPortmap ? { skip: noPortmap } : {},
  async (t) => {
    const it = await namespace(t)
    const conf = {
      cniVersion: '0.4.0',
      name: 'cbr0',
      type: 'portmap',
      snat: true,
      runtimeConfig: { portMappings: [{ hostPort: 80, containerPort: 8080, protocol: 'tcp' }] },
      prevResult: {
        cniVersion: '0.4.0',
        interfaces: [{ name: 'eth0', sandbox: '/proc/self/ns/net' }],
        ips: [
          { version: '4', address: '10.42.0.36/24', interface: 0 },
          { version: '6', address: 'fd42::24/64', interface: 0 },
        ],
      },
    }
    const names = 'CNI_CONTAINERID=abc CNI_NETNS=/proc/self/ns/net CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni'
    await it.sh(`CNI_COMMAND=ADD ${names} ${portmap}`, JSON.stringify(conf))
    const forwards = async (command: string) => saved((await it.run([command])).stdout).forwards
    t.same(await forwards('iptables-nft-save'), ['tcp 80 10.42.0.36:8080'])
    t.same(await forwards('ip6tables-nft-save'), ['tcp 80 [fd42::24]:8080'])
  },
)
