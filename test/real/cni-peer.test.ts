import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { parseConfig } from '../../agent/config/config.ts'
import { startDaemon } from '../../agent/daemon/daemon.ts'
import { openLog } from '../../agent/daemon/log.ts'
import { sinks } from '../../agent/delivery/sinks/index.ts'
import { opaque } from '../../agent/model/index.ts'
import { openStore } from '../../agent/state/store.ts'
import { cni } from '../../collectors/cni/index.ts'
import { certificates } from '../collectors/certs/openssl.ts'
import { ntfyReceiver } from '../receivers/ntfy.ts'
import { cable, lacking, type RealNode, realNode, sh } from './cninode.ts'
import { until } from './waiting.ts'

/**
 * Pairs of nodes, each joined by a real VXLAN, and the whole agent on one of each: what breaks between them that no
 * table shows, what it looks like while a node comes and goes in order, and when people are told. All at once, as each
 * waits for most of its time.
 */
if (lacking && process.env.CI !== 'true') {
  t.plan(0, lacking)
  process.exit(0)
}
t.setTimeout(300_000)
t.jobs = 5

/** How soon it has to be told, and to be over after the repair, ms. */
const toldWithin = 30_000
const overWithin = 15_000

/** How many times as long everything takes, as more wants to run than there are cores. */
const slower = () => Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())

const collectors = [opaque(cni)]

/** The agent on a node, as the daemon runs it; people are told by ntfy. */
async function agentOn(t: Test, node: RealNode) {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-peer-'))
  const ntfy = await ntfyReceiver()
  const { host, machine, inside } = node
  const store = openStore(folder, host.now())
  const daemon = startDaemon({
    config: parseConfig(`node: node1\nsinks:\n  - { type: ntfy, url: "${ntfy.url}" }\n`, {
      ...{ file: 'test', collectors, sinks },
    }),
    ...{ collectors, sinks, store, version: '0', now: host.now },
    machine: {
      during: () => host,
      follow: (argv, ...more) => machine.follow([...inside, ...argv], ...more),
      watch: () => undefined,
      close: () => {},
    },
    log: openLog({ level: 'error', write: () => {} }),
  })
  t.teardown(async () => {
    await daemon.stop()
    store.close()
    await ntfy.close()
    rmSync(folder, { recursive: true })
  })
  await daemon.ready
  return {
    daemon,
    told: () => ntfy.notifications().map((it) => `${it.title}\n${it.message}`),
    /** How long it takes until something is told, ms. */
    async after(what: string, is: (all: readonly string[]) => boolean): Promise<number> {
      const begun = performance.now()
      await until(
        what,
        () => is(this.told()),
        () => JSON.stringify(this.told()),
      )
      return performance.now() - begun
    },
  }
}

/** Two nodes that know each other; the second one's kubelet is called node2. */
async function nodes(t: Test, index: number) {
  const [one, two] = [realNode(index, { probing: true }), realNode(index + 1)]
  t.teardown(() => {
    one.close()
    two.close()
  })
  cable(one, two)
  one.join(index + 1)
  two.join(index)
  two.ip('link set lo up')
  const certificate = certificates(t).issue({ subject: '/CN=node2', names: `IP:${two.address}` })
  await two.asking.serve(certificate)
  await one.nameserver()
  return { one, two, certificate, via: `10.42.${index + 1}.0` }
}

async function pair(t: Test, index: number) {
  const { via, ...both } = await nodes(t, index)
  const agent = await agentOn(t, both.one)
  t.match(agent.daemon.snapshot().state, 'ok')
  return { ...both, agent, subnet: `${via}/24` }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** A fault on the second node, by what it is told, and its repair. */
async function broken(
  t: Test,
  index: number,
  { fault, repair, says }: { fault: string; repair: string; says: RegExp },
) {
  const { two, agent } = await pair(t, index)
  const there = (command: string) => sh(`${two.inside.join(' ')} ${command}`)
  there(fault)
  const told = await agent.after(fault, (all) => all.length > 0)
  t.match(agent.told(), [says])
  t.ok(told <= toldWithin * slower(), `told after ${seconds(told)}`)
  there(repair)
  const over = await agent.after(repair, (all) => all.every((it) => it.includes('resolved')))
  t.ok(over <= overWithin * slower(), `over after ${seconds(over)}`)
  t.equal(agent.told().length, 1)
  t.comment(`${fault}: told after ${seconds(told)}, over ${seconds(over)} after the repair`)
}

t.test('a firewall on the other node', (t) =>
  broken(t, 0, {
    fault: 'iptables -I INPUT -p udp --dport 8472 -j DROP',
    repair: 'iptables -D INPUT -p udp --dport 8472 -j DROP',
    says: /flannel\.1: no answer from node2\n[\s\S]*node2 \(192\.0\.2\.11\) does not answer over flannel\.1, though it does on eth0\./,
  }),
)

t.test('large packets get lost on the way', (t) =>
  broken(t, 2, {
    fault: 'ip link set eth0 mtu 1400',
    repair: 'ip link set eth0 mtu 1500',
    says: /MTU black hole to node2 \(flannel\.1\)\n[\s\S]*answers small packets over flannel\.1, but none of 1450 bytes\./,
  }),
)

t.test(
  'a cable that is pulled tells nothing of the overlay, and ends nothing that was told of it',
  async (t) => {
    const { two, agent } = await pair(t, 8)
    const there = (command: string) => sh(`${two.inside.join(' ')} ${command}`)
    const plugged = (is: boolean) => {
      two.ip(`link set eth0 ${is ? 'up' : 'down'}`)
      // The kernel forgets it with the link.
      if (is) two.ip('route replace default via 192.0.2.1')
    }
    plugged(false)
    await pause(25_000)
    t.same(agent.told(), [], 'who is silent altogether is off, or cut off: a matter of the cluster')
    plugged(true)
    await pause(12_000)
    t.same(agent.told(), [])
    const rule = 'INPUT -p udp --dport 8472 -j DROP'
    there(`iptables -I ${rule}`)
    await agent.after('a firewall', (all) => all.length > 0)
    plugged(false)
    await pause(15_000)
    t.match(agent.told(), [/no answer from node2/])
    t.notMatch(agent.told().join('\n'), /resolved/)
    plugged(true)
    there(`iptables -D ${rule}`)
    await agent.after('the repair', (all) => all.every((it) => it.includes('resolved')))
    t.equal(agent.told().length, 1)
  },
)

t.test('a node that reboots in order, leaves and joins: nobody is told', async (t) => {
  const { one, two, agent, certificate, subnet } = await pair(t, 4)
  const nothing = () => {
    const open = agent.daemon.snapshot().incidents.map(({ cause }) => `${cause.code}: ${cause.text}`)
    t.notMatch(open.join('\n'), /^cni\.peer-unreachable/m)
    t.same(agent.told(), [])
  }
  await two.asking.stopServing()
  two.ip('link del flannel.1')
  two.ip('link set eth0 down')
  // No board boots faster. Where too much runs here, a look in between takes longer too.
  await pause(15_000 * Math.min(slower(), 3))
  nothing()
  two.ip('link set eth0 up')
  two.ip('route replace default via 192.0.2.1')
  await pause(3_000)
  await two.asking.serve(certificate)
  await pause(13_000)
  nothing()
  two.vxlan()
  two.join(4)
  await pause(4_000)
  // As flannel does it: one right after the other.
  sh(
    `${one.inside.join(' ')} sh -c 'ip route del ${subnet}; ip neigh del 10.42.5.0 dev flannel.1; bridge fdb del 0a:58:0a:2a:05:00 dev flannel.1 dst 192.0.2.15 self'`,
  )
  await pause(3_000)
  nothing()
  two.ip('link del flannel.1')
  one.join(5)
  await pause(12_000)
  nothing()
})

t.test('a firewall that lets the overlay in, but nothing to closed ports, is none of it', async (t) => {
  const { one, two, via } = await nodes(t, 6)
  const there = (rule: string) => sh(`${two.inside.join(' ')} iptables ${rule}`)
  const seen = async (by: string) => {
    // Who was well a moment ago is not asked again.
    one.ahead(61_000)
    const { sample, found } = await one.look()
    t.match(sample.reach?.[via], { by, passes: 'all' })
    t.same(found, [])
  }
  await seen('udp')
  t.equal((await one.look()).sample.reach?.[via]?.name, 'node2')
  there('-A INPUT -p udp --dport 8472 -j ACCEPT')
  there('-A INPUT -p tcp --dport 10250 -j ACCEPT')
  there('-P INPUT DROP')
  await seen('tls')
  there('-R INPUT 2 -p icmp --icmp-type echo-request -j ACCEPT')
  await seen('ping')
  there('-D INPUT 1')
  one.ahead(61_000)
  const { sample, found } = await one.look()
  t.match(sample.reach?.[via], { passes: 'none', host: 'answers' })
  t.match(found, [
    { code: 'cni.peer-unreachable', text: /does not answer over flannel\.1, though it does on eth0/ },
  ])

  there('-P INPUT ACCEPT')
  there('-F')
  await seen('udp')
  await t.test('a flush here that leaves DROP tells nothing of the overlay', async (t) => {
    const here = (rule: string) => sh(`${one.inside.join(' ')} iptables ${rule}`)
    const look = async () => {
      one.ahead(61_000)
      const { sample, found } = await one.look()
      return { ...sample.reach?.[via], codes: found.map((it) => it.code) }
    }
    here('-P INPUT DROP')
    const shut = await look()
    t.match(shut, { passes: 'none', host: 'silent' }, 'answers of its own address are dropped too')
    t.notOk(shut.codes.includes('cni.peer-unreachable'))
    there('-I INPUT -p udp --dport 8472 -j DROP')
    t.notOk((await look()).codes.includes('cni.peer-unreachable'))
    here('-P INPUT ACCEPT')
    t.same((await look()).codes, [])
    await look()
    t.same((await look()).codes, ['cni.peer-unreachable'], 'it drops the overlay itself')
  })
})
