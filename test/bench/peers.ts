import { execFileSync } from 'node:child_process'
import { openMachine } from '../../agent/host/machine.ts'
import type { Watch } from '../../agent/model/index.ts'
import { doubted } from '../../collectors/cni/reach-ask.ts'
import { pollPause, reachPolls } from '../../collectors/cni/reach-poll.ts'
import { among, via } from './among.ts'
import { conclude } from './conclude.ts'
import { costOf } from './measure.ts'
import type { Row } from './table.ts'

/**
 * `node test/bench/peers.ts`, as root: what it costs to ask other nodes over a real VXLAN whether packets arrive, by how
 * many they are, and of one that is silent; against as many pings. Slowness never fails it.
 */
const counts = [3, 50] as const

/** Inside the namespace: the costs, a line of JSON. */
async function measured() {
  const host = openMachine().during(new AbortController().signal)
  const polls = []
  for (const count of counts) {
    const [poll] = reachPolls(among(count)) as Extract<Watch, { kind: 'poll' }>[]
    if (!poll) throw new Error('nothing is polled')
    await poll.ask(host)
    const said = await poll.ask(host)
    if (said !== '') throw new Error(`silent: ${said}`)
    polls.push({ count, ...(await costOf(20, () => poll.ask(host))) })
  }
  const ping = await costOf(20, () => host.run(['ping', '-n', '-c', '1', '-W', '1', via(0)]))
  const lost = { subnet: '10.42.99.0/24', via: '10.42.99.0', dev: 'flannel.1', node: '192.0.2.99', mtu: 1450 }
  const doubt = await costOf(2, () => doubted(host, lost, undefined))
  return { polls, ping, doubt }
}

if (process.argv[2] === 'inside') {
  process.stdout.write(JSON.stringify(await measured()))
  process.exit()
}

const [here, there] = [`murphy-peers-${process.pid}-a`, `murphy-peers-${process.pid}-b`]
const sh = (script: string) => execFileSync('sh', ['-euc', script], { encoding: 'utf8' })
const many = Math.max(...counts)
const rows: Row[] = []
try {
  sh(`for it in ${here} ${there}; do ip netns add $it; ip -n $it link set lo up; done
    ip -n ${here} link add eth0 type veth peer name eth0 netns ${there}
    number=0
    for it in ${here} ${there}; do
      number=$((number + 1))
      ip -n $it addr add 192.0.2.$number/24 dev eth0; ip -n $it link set eth0 up
      ip -n $it link add flannel.1 address 0a:58:0a:2a:00:0$number mtu 1450 type vxlan id 1 local 192.0.2.$number dev eth0 dstport 8472 nolearning
      ip -n $it link set flannel.1 up
    done
    ip -n ${here} addr add 10.42.0.0/32 dev flannel.1
    ip -n ${there} neigh add 10.42.0.0 dev flannel.1 lladdr 0a:58:0a:2a:00:01 nud permanent
    ip netns exec ${there} bridge fdb add 0a:58:0a:2a:00:01 dev flannel.1 dst 192.0.2.1
    ip netns exec ${here} bridge fdb add 0a:58:0a:2a:00:02 dev flannel.1 dst 192.0.2.2
    for at in $(seq ${many}) 99; do
      test $at = 99 || ip -n ${there} addr add 10.42.$at.0/32 dev flannel.1
      ip -n ${here} neigh add 10.42.$at.0 dev flannel.1 lladdr 0a:58:0a:2a:00:02 nud permanent
      ip -n ${here} route add 10.42.$at.0/24 via 10.42.$at.0 dev flannel.1 onlink
    done
    ip -n ${there} route add 10.42.0.0/24 via 10.42.0.0 dev flannel.1 onlink
    # A node asks one of a cluster once in ten seconds; here all addresses are one node, which limits its answers.
    ip netns exec ${there} sysctl -qw net.ipv4.icmp_ratelimit=0`)
  const program = `${process.execPath} ${import.meta.filename} inside`
  const { polls, ping, doubt } = JSON.parse(sh(`ip netns exec ${here} ${program}`)) as Awaited<
    ReturnType<typeof measured>
  >
  const share = (cpu: number) => (cpu / pollPause) * 100
  for (const { count, cpu } of polls)
    rows.push({
      ...{
        what: `CPU of asking ${count} nodes every ${pollPause / 1000} s`,
        unit: '%',
        values: [share(cpu)],
      },
      floor: { what: 'as many pings', value: share(ping.cpu * count) },
    })
  rows.push({ what: 'CPU of doubting one that is silent', unit: 'ms', values: [doubt.cpu] })
} finally {
  sh(`for it in ${here} ${there}; do ip netns del $it || true; done`)
}

conclude(rows, undefined)
