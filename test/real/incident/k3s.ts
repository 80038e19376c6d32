import { join } from 'node:path'
import type { Container } from '../container.ts'
import { kubeRules, ownRules, podNetwork, signing } from '../standin.ts'

/**
 * What `real/k3s/stand-in.ts` leaves out and this night needs: what a start of k3s does with certificates, rules
 * and pod network. It renews what ends within 90 days, as k3s v1.21 does (pkg/daemons/control/deps). It makes rules and
 * network only once its API takes the node (pkg/agent/run.go, `startNetwork`).
 */
const data = '/var/lib/rancher/k3s'
const home = '/usr/local/lib/k3s-stand-in'
const run = join(import.meta.dirname, '../../nodes/healthy/files/run')
/** There from the first start on; a boot, which empties /run, finds the clock as a board without a battery has it. */
const clockIsRight = '/run/clock-is-right'
/** What a start without an API leaves behind, which keeps flannel from starting (as in k3s-io/k3s#2599). */
const halfMade = '/run/k3s/half-made'

/** Installed as `/usr/local/bin/k3s`. */
export const command = `#!/bin/sh
[ "$1" = --version ] && { echo 'k3s version v1.21.2+k3s1 (5a67e8dc)'; exit; }
test -e ${clockIsRight} && sh -eu ${home}/renew
touch ${clockIsRight}; mkdir -p /run/k3s
# It writes its kubeconfigs at each start, and lets the kernel forward (pkg/agent/syssetup).
sysctl -qw net.ipv4.ip_forward=1
(sleep 2; cd /etc/rancher/k3s; cp -p k3s.yaml new; mv new k3s.yaml) &
if openssl x509 -noout -checkend 0 -in ${data}/server/tls/client-admin.crt >/dev/null; then
  sh -eu ${home}/network
else
  touch ${halfMade}
fi
exec ${process.execPath} ${join(import.meta.dirname, '../k3s/stand-in.ts')} ${data}
`

const renew = `${signing}
openssl x509 -noout -checkend 7776000 -in client-admin.crt >/dev/null || {
  leaves '-1 minute' '365 days'; kubeconfig
}
`

const network = `iptables -t nat -S PREROUTING | grep -q KUBE-SERVICES && iptables -t filter -S INPUT | grep -q KUBE- || {
  sh -eu ${home}/clean
  ${kubeRules}
}
test -e ${halfMade} || ip link show flannel.1 >/dev/null 2>&1 || {
  cp -R ${run}/. /run
  ${podNetwork}
}
`

/** The line of k3s-killall.sh, and what flannel would have found there and left. */
const clean = `iptables-save | grep -v KUBE- | grep -v CNI- | grep -iv flannel | grep -vxF -f ${home}/own | iptables-restore`

/** As k3s's own: it ends k3s and all containers, and takes away what they had in /run, the links and the rules. */
const killall = `#!/bin/sh
systemctl stop k3s
rm -rf /run/k3s /run/flannel
for it in $(ip netns list | sed -n 's/^\\(cni-[^ ]*\\).*/\\1/p'); do ip netns delete $it; done
ip link delete cni0; ip link delete flannel.1
rm -rf /var/lib/cni
sh ${home}/clean
true
`

/** Before k3s is started for the first time. */
export async function prepare(node: Container): Promise<void> {
  // Its pods do nothing, so that no DNS of the cluster is to be asked for, however long the night takes.
  await node.sh(
    `mkdir -p ${home} /etc/rancher/k3s && touch ${clockIsRight} && echo 'disable: coredns' >> /etc/rancher/k3s/config.yaml`,
  )
  for (const [path, input] of [
    [`${home}/renew`, renew],
    [`${home}/network`, network],
    [`${home}/clean`, clean],
    [`${home}/own`, ownRules()],
    ['/usr/local/bin/k3s-killall.sh', killall],
  ] as const)
    await node.sh(`cat > ${path} && chmod +x ${path}`, { input })
}

/** Time passes: all client certificates are as they are made a year earlier, and end then (as `date` takes it). Gives that moment. */
export async function endAt(node: Container, when: string): Promise<number> {
  const said = await node.sh(
    `rm -rf /root/later && cp -a ${data} /root/later && ${signing} cd /root/later/server/tls
     end=$(date -u -d '${when}' +%s); leaves '-364 days' "@$end"
     cd /root/later && rm agent/serving-* server/tls/serving-* && for it in $(find . -name '*.crt' -o -name '*.key'); do touch -r ${data}/$it $it; done
     cp -a /root/later/. ${data}; cd ${data}/server/tls; kubeconfig; echo $end`,
  )
  return Number(said.trim().split('\n').at(-1)) * 1000
}
