import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from '../../../agent/api/ask.ts'
import { type Snapshot, snapshotOf } from '../../../agent/api/snapshot.ts'
import { type Arrival, readLines } from '../arrivals.ts'
import { bootContainer, type Container } from '../container.ts'
import { command, prepare } from '../incident/k3s.ts'
import { root, runtime } from '../release.ts'
import { makeNode } from '../standin.ts'
import { until } from '../waiting.ts'

/** Functions for the scripts of this node, in `. /root/made`: what k3s, flannel and the kubelet make. */
const made = `
peer() {
  ip neigh replace 10.42.1.0 dev flannel.1 lladdr 0a:58:0a:2a:01:00 nud permanent
  bridge fdb replace 0a:58:0a:2a:01:00 dev flannel.1 dst 192.0.2.1 self permanent
  ip route replace 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink
}
overlay() {
  ip link show flannel.1 >/dev/null 2>&1 || {
    ip link add flannel.1 mtu 1450 type vxlan id 1 local 192.0.2.10 dev eth0 dstport 8472 nolearning
    ip addr add 10.42.0.0/32 dev flannel.1
  }
  ip link set flannel.1 up; peer
}
restored() { (echo "*$1"; cat /root/$1.rules; echo COMMIT) | iptables-nft-restore --noflush; }
chain() { (echo '*nat'; grep -e "^-A $1 " /root/nat.rules; echo COMMIT) | iptables-nft-restore --noflush; }
rules() {
  iptables -t nat -S PREROUTING | grep -q KUBE-SERVICES || restored nat
  iptables -t nat -S KUBE-SERVICES | grep -q 10.43.0.10 || chain KUBE-SERVICES
  iptables -t filter -S INPUT | grep -q KUBE- || restored filter
}
k3s_is_up() { for times in $(seq 300); do ss -ltnH | grep -q :10256 && break; sleep 0.1; done; }
restart() { systemctl restart k3s; k3s_is_up; }
`

/** What a start of k3s brings back here, in place of the night's. */
const network = '. /root/made; rules; overlay\n'

/** The DNS of the cluster runs in the sandbox of the ingress, behind its service's rules. */
const dnsAddress = '10.42.0.36'
export const startDns = `systemd-run --quiet --collect --unit cluster-dns ip netns exec $(cat /root/dns-sandbox) \\
  ${runtime}/node ${root}/test/agent/host/nameserver.ts ${dnsAddress} 53`
const services = ['udp', 'tcp']
  .map(
    (it) =>
      `-A KUBE-SERVICES ! -s 10.42.0.0/16 -d 10.43.0.10/32 -p ${it} -m ${it} --dport 53 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 10.43.0.10/32 -p ${it} -m ${it} --dport 53 -j DNAT --to-destination ${dnsAddress}:53`,
  )
  .join('\n')

/** As installed on a node, but with shorter rounds, and systemd starts k3s again as its own unit says. */
const stage = `printf '[Service]\\nRestart=always\\nRestartSec=1\\n[Unit]\\nStartLimitIntervalSec=0\\n' > /etc/systemd/system/k3s.service.d/again.conf
systemctl daemon-reload
sed -i '/disable: coredns/d' /etc/rancher/k3s/config.yaml
find /var/lib/rancher/k3s /etc/rancher -type f -exec touch -d '-1 hour' {} +
for it in $(ip netns list | sed -n 's/^\\(cni-[^ ]*\\).*/\\1/p'); do
  ip netns exec $it ip addr | grep -q ' ${dnsAddress}/' && echo $it > /root/dns-sandbox
done
(cd /; iptables -t nat -S > /root/all.nat; iptables -S > /root/all.filter)
# A script may have taken the chains as well.
for table in nat filter; do sed -n '/ ufw-/d; s/^-N \\(.*\\)/:\\1 - [0:0]/p' /root/all.$table > /root/$table.rules; done
grep -e '^-A' /root/all.nat | grep -v ufw >> /root/nat.rules; grep -e '^-A' /root/all.filter | grep -e KUBE -e 10.42.0.0/16 | grep -v ufw- >> /root/filter.rules
mkdir -p /var/log/pods/shop_db-0_11111111-2222-4333-8444-555555555555/postgres /etc/murphy
: > /var/log/pods/shop_db-0_11111111-2222-4333-8444-555555555555/postgres/0.log
. /root/made; overlay
${startDns}
systemd-run --quiet --collect --unit receivers -p StandardOutput=file:/run/receivers \\
  ip netns exec world ${runtime}/node ${root}/test/receivers/run.ts --host 192.0.2.1 --port 9100`

const settings = (webhook: string, secret: string, kills: boolean) => `sinks:
  - type: webhook
    url: ${webhook}
    secret: ${secret}
state_dir: /var/lib/murphy
socket: /run/murphy/agent.sock
collectors:
  memory:
    enabled: ${kills}
    hold_minutes: 1
  cni:
    every: '*/10 * * * * *'
  k3s:
    every: '*/10 * * * * *'
  pods:
    every: '*/10 * * * * *'
`

/** A node of its own, with a DNS of the cluster, another node's routes, a receiver outside, and the agent. */
export async function openNode() {
  const node = await bootContainer({ binds: [root, runtime] })
  try {
    return await furnished(node)
  } catch (error) {
    await node.stop()
    throw error
  }
}

async function furnished(node: Container) {
  const place = `/proc/${node.pid}/root`
  await prepare(node)
  await makeNode(node, { command })
  await node.sh('cat > /root/made', { input: made })
  await node.sh('cat > /usr/local/lib/k3s-stand-in/network', { input: network })
  await node.sh(`(echo '*nat'; cat; echo COMMIT) | iptables-nft-restore --noflush`, {
    input: `${services}\n`,
  })
  await node.sh(`mkdir -p /etc/systemd/system/k3s.service.d; ${stage}`)
  // systemd makes the file when it starts the unit, which may be later than it says so.
  const receivers = join(place, 'run/receivers')
  const lines = () => readLines(existsSync(receivers) ? readFileSync(receivers, 'utf8') : '')
  const { webhook, secret } = await until('the receivers listen', () => lines()[0]?.ready)
  const socket = join(place, 'run/murphy/agent.sock')
  /** The process of k3s that counts as old for as long as a sequence goes on. */
  let k3s = ''
  let from = 0
  const log = () => readFileSync(join(place, 'run/murphy/log'), 'utf8')
  const snapshot = async (): Promise<Snapshot> => snapshotOf(JSON.parse(await ask(socket, '/v1/status')))
  const start = () =>
    node.sh(
      `mkdir -p /run/murphy; systemd-run --quiet --collect --unit murphy -p KillSignal=SIGTERM \\
         -p StandardOutput=append:/run/murphy/log -p StandardError=append:/run/murphy/log \\
         ${runtime}/node ${root}/test/real/sequences/agent.ts /etc/murphy/config.yaml ${k3s}`,
    )
  const warm = () =>
    until(
      'every collector has looked',
      async () => {
        const it = await snapshot().catch(() => undefined)
        return it?.collectors.every(({ state }) => state !== 'waiting')
      },
      () => log().slice(-3000),
    )
  return {
    container: node,
    place,
    sh: (script: string) => node.sh(`. /root/made\n${script}`),
    snapshot,
    /** What the agent has logged in this sequence, JSON lines. */
    log,
    /** What the receiver took since the agent was last made anew, in order. */
    arrivals: (): readonly Arrival[] => lines().slice(from),
    /** An agent that knows nothing yet. `kills`: it reads the kernel's log, which is the whole machine's. */
    async fresh(kills: boolean) {
      // What pods have said, and whose pods were killed, is of the sequence before.
      await node.sh(
        'systemctl stop murphy 2>/dev/null || true; rm -rf /var/lib/murphy /run/murphy; for it in /var/log/pods/shop_*/*/0.log; do : > $it; done',
      )
      await node.sh('cat > /etc/murphy/config.yaml', { input: settings(webhook, secret, kills) })
      k3s = (await node.sh('systemctl show -P MainPID k3s')).trim()
      from = lines().length
      await start()
      await warm()
    },
    /** The same agent, started again. */
    async again() {
      await node.sh('systemctl stop murphy')
      await start()
      await warm()
    },
    stop: () => node.stop(),
  }
}

export type Node = Awaited<ReturnType<typeof openNode>>
