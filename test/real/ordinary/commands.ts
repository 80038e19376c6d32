import { signing } from '../standin.ts'

/**
 * What people, packages and the cluster do to a healthy node every day, and what each passes through. Nobody wants to
 * be woken by any of it. Each begins and ends on a healthy node.
 */
export interface Ordinary {
  readonly name: string
  readonly script: string
  /** The collectors that it may mislead: they look closely meanwhile. */
  readonly eyes: readonly string[]
  /** Sets the stage for those behind it: what is found meanwhile is not judged. */
  readonly stage?: true
  /** The rules that it may leave broken for good, so that people may be told of them. */
  readonly lasting?: readonly string[]
  /** Those that it breaks for good: it is waited for until people are told. */
  readonly told?: readonly string[]
}

const data = '/var/lib/rancher/k3s'
/** How long a start of k3s takes on a real node, ms (measured on v1.36.3). */
const startTakes = 10_000

/** Once, before the looking begins: what the commands need to be as on a real node. */
export const prepared = `echo ${startTakes} > ${data}/start-takes
sed -i '/disable: coredns/d' /etc/rancher/k3s/config.yaml
ip addr add 10.43.0.10/32 dev lo
mkdir -p /root/debs && cd /root/debs
# The packages as they were installed, to be installed again as an upgrade does.
for name in iptables iproute2; do
  mkdir -p $name/DEBIAN
  dpkg -L $name | while read -r it; do
    if test -d "$it"; then mkdir -p "$name$it"
    elif test -e "$it" -o -L "$it"; then cp -a "$it" "$name$it"; fi
  done
  dpkg-query -s $name | grep -vE '^(Status|Conffiles| /)' > $name/DEBIAN/control
  for part in preinst postinst prerm postrm conffiles; do
    test ! -e /var/lib/dpkg/info/$name.$part || cp -a /var/lib/dpkg/info/$name.$part $name/DEBIAN/$part
  done
  dpkg-deb --build -Znone $name >/dev/null
done
# A pod made and unmade as containerd does it, by the real plugins.
cat > /root/pod <<'END'
set -eu
verb=$1 name=$2 port=\${3:-}
id=$(printf %s "$name" | sha256sum | cut -c1-64)
sandbox=cni-$(printf %s "$id" | cut -c1-12)
uid=$(printf %s "$id" | sed -E 's/(.{8})(.{4})(.{4})(.{4})(.{12}).*/\\1-\\2-\\3-\\4-\\5/')
export CNI_COMMAND=$verb CNI_CONTAINERID=$id CNI_NETNS=/run/netns/$sandbox CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni
mapped=
test -z "$port" || mapped='{"hostPort":'$port',"containerPort":80,"protocol":"tcp"}'
bridge='{"cniVersion":"0.3.1","name":"cbr0","type":"bridge","bridge":"cni0","mtu":1450,"isGateway":true,"hairpinMode":true,"forceAddress":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.42.0.0/24"}]]}}'
ports='"cniVersion":"0.3.1","name":"cbr0","type":"portmap","capabilities":{"portMappings":true},"runtimeConfig":{"portMappings":['$mapped']}'
cached=/var/lib/cni/results/cbr0-$id-eth0
logs=/var/log/pods/default_\${name}_$uid
task=/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/$id
plugin() { printf %s "$2" | /usr/lib/cni/$1 || { cat /root/said >&2; exit 1; }; }
if test $verb = ADD; then
  ip netns add $sandbox
  plugin bridge "$bridge" > /root/said
  result=$(cat /root/said)
  plugin portmap "{$ports,\\"prevResult\\":$result}" > /root/said
  args='[["K8S_POD_NAMESPACE","default"],["K8S_POD_NAME","'$name'"]]'
  echo '{"kind":"cniCacheV1","containerId":"'$id'","ifName":"eth0","networkName":"cbr0","cniArgs":'$args',"capabilityArgs":{"portMappings":['$mapped']},"result":'$result'}' > $cached
  mkdir -p $task $logs/web && echo '{}' > $task/config.json
  echo "$(date -u +%FT%T.%NZ) stdout F started" > $logs/web/0.log
  ln -s $logs/web/0.log /var/log/containers/\${name}_default_web-$id.log
else
  # The kubelet ends the containers, then containerd takes down the network, its record, and the sandbox.
  rm -rf $task
  plugin portmap "{$ports}" > /root/said
  plugin bridge "$bridge" > /root/said
  rm -f $cached
  ip netns delete $sandbox
  rm -rf $logs /var/log/containers/\${name}_default_web-$id.log
fi
END
# What containerd notes of the container of a pod that was ended, which lies there until the pod is gone.
cat > /root/ended <<'END'
id=$(printf %s "$1" | sha256sum | cut -c1-64)
state=${data}/agent/containerd/io.containerd.grpc.v1.cri/containers/$id
mkdir -p $state
printf '{"Version":"v1","CreatedAt":%s,"FinishedAt":%s,"ExitCode":143,"Reason":"Error"}' $(date -d '-1 hour' +%s%N) $(date +%s%N) > $state/status
END
for it in old-1 old-2 restarted; do sh /root/pod ADD $it; done
sh /root/pod ADD old-port 8081
cd /var/log/pods/default_restarted_*/web && touch -d '-30 days' 3.log && rm 0.log
`

/** Starts the cluster's DNS, as its pod does; \`kill\` ends it. */
export const dnsStart = (node: string, script: string) =>
  `systemd-run --quiet --collect --unit cluster-dns ${node} ${script} 10.43.0.10 53`

const saved = '/root/rules'
const restores = (backend: string) =>
  ['ip', 'ip6']
    .map(
      (it) =>
        `${it}tables-${backend}-save > ${saved} && for times in 1 2 3; do ${it}tables-${backend}-restore < ${saved}; done`,
    )
    .join('\n')

const firewalls: readonly Ordinary[] = [
  { name: 'ufw disable', script: 'ufw disable', eyes: ['firewall'] },
  { name: 'ufw enable', script: 'ufw --force enable', eyes: ['firewall'] },
  { name: 'ufw reload', script: 'ufw reload', eyes: ['firewall'] },
  {
    name: 'ufw allow and delete',
    script: 'ufw allow 8080/tcp; ufw delete allow 8080/tcp',
    eyes: ['firewall'],
  },
  { name: 'systemctl restart ufw', script: 'systemctl restart ufw', eyes: ['firewall'] },
  {
    name: 'ufw reset, and set up again',
    script: `ufw --force reset; rm -f /etc/ufw/*.20*
ufw allow 22/tcp; ufw allow 6443/tcp; ufw allow 8472/udp; ufw allow from 10.42.0.0/16; ufw allow from 10.43.0.0/16
ufw --force enable`,
    eyes: ['firewall'],
  },
  { name: 'iptables-restore of the same set, nft', script: restores('nft'), eyes: ['firewall'] },
  {
    name: 'iptables-restore of the same set, legacy',
    script: `iptables-legacy -A INPUT -s 198.51.100.1 -j ACCEPT; sleep 0.5
${restores('legacy')}
for it in ip ip6; do for t in filter nat mangle raw; do \${it}tables-legacy -t $t -F; done; done`,
    eyes: ['firewall'],
  },
]

const networks: readonly Ordinary[] = [
  {
    name: 'networkctl reload',
    script: `printf '[Match]\\nName=eth0\\n[Network]\\nAddress=192.0.2.10/24\\nGateway=192.0.2.1\\n' > /etc/systemd/network/eth0.network
systemctl enable --quiet systemd-networkd; systemctl start systemd-networkd
for times in 1 2 3; do networkctl reload && networkctl reconfigure eth0 && break; sleep 0.5; done; systemctl restart systemd-networkd`,
    eyes: ['cni', 'firewall'],
  },
  {
    name: 'sysctl --system',
    script: `echo net.ipv4.ip_forward=0 > /etc/sysctl.d/10-hardening.conf; echo net.ipv4.ip_forward=1 > /etc/sysctl.d/90-k3s.conf
for times in 1 2 3 4 5; do sysctl --system >/dev/null 2>&1 || true; done; rm /etc/sysctl.d/10-hardening.conf`,
    eyes: ['cni'],
  },
]

/** Pods are called after their deployment; \`restarted\` was started again three times, a month ago. */
const pods = (dns: string): readonly Ordinary[] => [
  {
    name: 'rollout of a deployment',
    script: `for n in 1 2; do sh /root/pod ADD new-$n; sh /root/pod DEL old-$n; done
sh /root/pod DEL old-port; sh /root/pod ADD new-port 8081`,
    eyes: ['cni', 'firewall', 'pods'],
  },
  {
    name: 'drain',
    script: `sh /root/ended restarted; sleep 1; for it in restarted new-1 new-2 new-port; do sh /root/pod DEL $it; done
for it in old-1 old-2; do sh /root/pod ADD $it; done; sh /root/pod ADD old-port 8081`,
    eyes: ['cni', 'firewall', 'pods'],
  },
  { name: 'rollout of CoreDNS', script: `systemctl stop cluster-dns; sleep 2; ${dns}`, eyes: ['cni'] },
  {
    name: 'log rotation',
    script: `log=$(echo /var/log/pods/default_old-1_*/web)
for n in 1 2 3; do
  for line in $(seq 500); do echo "2026-11-29T00:00:00.000000000Z stdout F GET /item/$line 200"; done >> $log/0.log
  mv $log/0.log $log/0.log.20261129-00000$n; : > $log/0.log; gzip $log/0.log.20261129-00000$n; sleep 0.1
done
cp $log/0.log $log/copy; : > $log/0.log; rm $log/copy
journalctl --quiet --rotate --vacuum-size=1M`,
    eyes: ['pods', 'memory'],
  },
]

const machine: readonly Ordinary[] = [
  {
    name: 'apt upgrade of iptables and iproute2',
    script: 'for it in iptables iproute2 iptables; do dpkg -i /root/debs/$it.deb >/dev/null; done',
    eyes: ['firewall', 'cni'],
  },
  {
    name: 'suspend of 2 s',
    script: `all="$PPID $(cat /proc/$PPID/task/*/children | tr ' ' '\\n' | grep -vx $$ | tr '\\n' ' ')"
for it in $all; do kill -STOP $it 2>/dev/null || true; done; sleep 2
for it in $all; do kill -CONT $it 2>/dev/null || true; done`,
    eyes: ['firewall', 'cni', 'k3s'],
  },
]

/** Not ordinary at all: that what lasts is told shows that the others were looked at. */
const faults: readonly Ordinary[] = [
  {
    name: 'SSH dropped and forwarding off, for good',
    script: 'iptables -I INPUT -p tcp --dport 22 -j DROP; sysctl -qw net.ipv4.ip_forward=0',
    eyes: ['firewall', 'cni'],
    told: ['cni.forwarding-off', 'firewall.lockout'],
  },
  {
    name: 'the repair of both',
    script: 'iptables -D INPUT -p tcp --dport 22 -j DROP; sysctl -qw net.ipv4.ip_forward=1',
    eyes: ['firewall', 'cni'],
    stage: true,
  },
]

const k3s: readonly Ordinary[] = [
  {
    name: 'systemctl restart k3s',
    script: `systemctl restart k3s; sleep ${startTakes / 1000 + 1}`,
    eyes: ['k3s', 'cni', 'firewall'],
  },
  {
    name: 'k3s certificate rotate',
    // It sets aside all leaves, and is run while k3s is stopped; the start makes them anew.
    script: `echo 1000 > ${data}/start-takes; systemctl stop k3s
cd ${data}/server/tls && mkdir -p ../tls-1 && cp -a . ../tls-1 && rm -f client-admin.* client-controller.* serving-*; sleep 0.5
${signing} leaves '-1 hour' '365 days'; kubeconfig
systemctl start k3s; sleep 2`,
    eyes: ['certs', 'k3s'],
  },
  {
    name: 'k3s-killall.sh and start',
    script: 'k3s-killall.sh; sleep 1; systemctl start k3s; sleep 2',
    eyes: ['cni', 'k3s', 'firewall'],
  },
]

/** Last, as ufw is gone with them. */
const firewalld: readonly Ordinary[] = [
  {
    name: 'firewalld instead of ufw',
    script: `ufw disable; systemctl start firewalld
firewall-cmd --permanent --zone=trusted --add-source=10.42.0.0/16 --add-source=10.43.0.0/16`,
    eyes: ['firewall'],
    stage: true,
  },
  {
    // It takes away every rule of iptables, those of k3s among them (measured: 368 of 371): that is a flush, and lasts.
    name: 'firewall-cmd --reload',
    script: 'firewall-cmd --reload',
    eyes: ['firewall'],
    lasting: ['firewall.flushed'],
  },
  {
    name: 'firewall-cmd --complete-reload',
    script: 'firewall-cmd --complete-reload',
    eyes: ['firewall'],
    lasting: ['firewall.flushed'],
  },
]

/** What the nodes of the other tests do not have. */
const netplan: readonly Ordinary[] = [
  {
    name: 'netplan apply',
    script: `mkdir -p /etc/netplan && printf 'network: {version: 2, ethernets: {eth0: {addresses: [192.0.2.10/24], routes: [{to: default, via: 192.0.2.1}]}}}\\n' > /etc/netplan/it.yaml
chmod 600 /etc/netplan/it.yaml; rm -f /etc/systemd/network/eth0.network; netplan apply || true; sleep 1`,
    eyes: ['cni', 'firewall'],
  },
]

/** The order matters where one takes back what the one before did. `whole`: with what needs more packages. */
export const ordinary = (dns: string, whole: boolean): readonly Ordinary[] => [
  ...firewalls,
  ...networks,
  ...pods(dns),
  ...machine,
  ...faults,
  ...k3s,
  ...(whole ? netplan : []),
  ...firewalld,
]
