/**
 * What recordings do not hold of a node and collectors read all the same, in the forms in which the real
 * ones write it. By the names that `world.ts` gives to parts.
 */
const uid = '590e112b-f426-43df-a156-a82643a83dd3'
const container = '185ec62cdec43da3609a75355029686d084b70b9ba2d73ae239d0f222fd52486'
const cgroup = `/sys/fs/cgroup/memory/kubepods/burstable/pod${uid}`
const boot = 'c2f1e5b0a1d24c0f9e6d5b4a39281706'

const journal = (uptime: number, more: object) =>
  `${JSON.stringify({ __REALTIME_TIMESTAMP: String(1_795_000_000_000_000 + uptime), __MONOTONIC_TIMESTAMP: String(uptime), _BOOT_ID: boot, ...more })}\n`
const kernel = (uptime: number, text: string) =>
  journal(uptime, {
    _TRANSPORT: 'kernel',
    SYSLOG_FACILITY: '0',
    _SOURCE_MONOTONIC_TIMESTAMP: String(uptime),
    MESSAGE: text,
  })

const unit = `[Unit]
Description=Lightweight Kubernetes

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/systemd/system/k3s.service.env
Environment="K3S_NODE_NAME=node1" 'A=b c'
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStart=/usr/local/bin/k3s \\
    server \\
	'--write-kubeconfig-mode=644' \\
	'--disable' 'traefik'
`
const socket =
  '   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17043 1 0000000000000000 100 0 0 10 0\n'

export const files: Readonly<Record<string, string>> = {
  '/etc/systemd/system/k3s.service': unit,
  '/etc/systemd/system/k3s.service.d/override.conf':
    '[Service]\nEnvironment=K3S_URL=https://192.0.2.1:6443\n',
  '/etc/systemd/system/k3s.service.env': 'K3S_TOKEN=<removed>\nexport K3S_DATA_DIR="/var/lib/rancher/k3s"\n',
  '/etc/rancher/k3s/config.yaml':
    'write-kubeconfig-mode: "0644"\ntls-san:\n  - node1.example # a comment\ndisable: [traefik, servicelb]\ncluster-cidr: 10.42.0.0/16\n',
  '/etc/rancher/k3s/config.yaml.d/10-more.yaml':
    'node-label+:\n- "a=b"\nservice-cidr: 10.43.0.0/16,2001:db8:43::/112\n',
  '/proc/1234/status': 'Name:\tk3s-server\nPid:\t1234\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nNSpid:\t1234\n',
  '/proc/1234/cgroup': '0::/system.slice/k3s.service\n',
  '/etc/ufw/ufw.conf': 'ENABLED=yes\nLOGLEVEL=low\n',
  '/etc/default/ufw': 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_FORWARD_POLICY="DROP"\n',
  '/etc/ufw/user.rules':
    '*filter\n:ufw-user-input - [0:0]\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\nCOMMIT\n',
  '/etc/ufw/before.rules':
    '*filter\n:ufw-before-input - [0:0]\n-A ufw-before-input -i lo -j ACCEPT\n-A ufw-before-input -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT\nCOMMIT\n',
  '/etc/ufw/after.rules':
    '*filter\n-A ufw-after-input -p udp --dport 137 -j ufw-skip-to-policy-input\nCOMMIT\n',
  '/etc/ssh/sshd_config':
    'Port 22\n#Port 2222\nListenAddress 192.0.2.10:2022\nListenAddress [2001:db8::1]:2023\n',
  '/etc/ssh/sshd_config.d/50-cloud.conf': 'PasswordAuthentication no\nPort 22\n',
  '/etc/default/ssh': 'SSHD_OPTS="-p 2222 -o Port=9"\n',
  '/etc/systemd/system/sockets.target.wants/ssh.socket': '',
  '/lib/systemd/system/ssh.socket':
    '[Socket]\nListenStream=\nListenStream=0.0.0.0:22\nListenStream=[::]:22\n',
  '/proc/net/tcp': `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n${socket}`,
  '/proc/net/dev':
    'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n  cni0: 1000 10 3 0 0 0 0 0 1000 10 0 0 0 0 0 0\nflannel.1: 1000 10 0 0 0 0 0 0 1000 10 0 8 0 0 0 0\n',
  '/proc/meminfo': 'MemTotal:        8028648 kB\nMemFree:          212340 kB\nMemAvailable:    3871040 kB\n',
  '/proc/vmstat': 'nr_free_pages 53085\noom_kill 17\nallocstall_normal 0\n',
  '/proc/pressure/memory':
    'some avg10=0.00 avg60=12.50 avg300=0.00 total=1\nfull avg10=0.00 avg60=10.10 avg300=0.00 total=1\n',
  '/proc/self/mounts': '/dev/sda1 / ext4 rw,relatime 0 0\nserver:/home /home/far nfs4 rw 0 0\n',
  '/proc/sys/kernel/osrelease': '6.1.0-18-amd64\n',
  '/proc/sys/net/ipv4/ip_forward': '1\n',
  '/proc/sys/net/netfilter/nf_conntrack_count': '61000\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '65536\n',
  '/proc/net/ip_tables_names': 'nat\nfilter\n',
  '/etc/passwd':
    'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\nsys:x:3:3::/dev:/usr/sbin/nologin\n',
  '/etc/environment': 'PATH="/usr/bin"\nKUBECONFIG="/srv/one.yaml:/srv/two.yaml"\n',
  [`${cgroup}/${container}/memory.limit_in_bytes`]: '134217728\n',
  [`${cgroup}/${container}/memory.usage_in_bytes`]: '130000000\n',
  [`${cgroup}/${container}/memory.stat`]: 'cache 0\ntotal_inactive_file 4096\ntotal_active_file 0\n',
  [`${cgroup}/${container}/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
  [`/var/lib/rancher/k3s/agent/containerd/io.containerd.grpc.v1.cri/containers/${container}/status`]:
    '{"Version":"v1","CreatedAt":1795393000000000000,"StartedAt":1795393000000000000,"FinishedAt":1795393100000000000,"ExitCode":137,"Reason":"OOMKilled"}',
  '/sys/class/net/cni0/address': '',
}

export const commands: Readonly<Record<string, string>> = {
  'nft list tables': 'table inet firewalld\ntable ip cni_hostport\ntable ip6 mine\n',
  'nft -s list table inet firewalld':
    'table inet firewalld {\n\tset trusted {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1,\n\t\t\t     192.0.2.2 }\n\t}\n\n\tchain filter_INPUT {\n\t\ttype filter hook input priority filter + 10; policy drop;\n\t\tct state { established, related } accept\n\t\tjump filter_INPUT_ZONES\n\t\treject with icmpx admin-prohibited\n\t}\n\n\tchain filter_INPUT_ZONES {\n\t\tip saddr { 10.0.0.0/8,\n\t\t\t   172.16.0.0/12 } accept\n\t}\n}\n',
  'nft -s list table ip cni_hostport':
    'table ip cni_hostport {\n\tchain hostports {\n\t\tip protocol tcp th dport 80 dnat to 10.42.0.36:80\n\t}\n}\n',
  'iptables-legacy-save':
    '# Generated by iptables-save v1.8.9\n*filter\n:INPUT DROP [0:0]\n:f2b-sshd - [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j f2b-sshd\n-A f2b-sshd -s 192.0.2.7/32 -j REJECT --reject-with icmp-port-unreachable\n-A f2b-sshd -j RETURN\nCOMMIT\n',
  'systemctl show k3s.service -p ActiveState,SubState,NRestarts,Result,ExecMainStatus,LoadState,UnitFileState,InactiveEnterTimestampMonotonic':
    'ActiveState=active\nSubState=running\nNRestarts=3\nResult=exit-code\nExecMainStatus=1\nLoadState=loaded\nUnitFileState=enabled\nInactiveEnterTimestampMonotonic=120000000\n',
  'timedatectl show --property=NTPSynchronized --value': 'no\n',
  'ethtool -k flannel.1': 'Features for flannel.1:\ntx-checksumming: on\n\ttx-checksum-ip-generic: on\n',
  'journalctl --boot=-1 --lines=200 --output=json --no-pager --output-fields=MESSAGE_ID,_UID,_TRANSPORT,_COMM':
    journal(9_000_000_000, { MESSAGE_ID: 'x' }),
  'journalctl --boot=-1 --lines=10000 --output=json --no-pager --dmesg --output-fields=MESSAGE,SYSLOG_FACILITY,_TRANSPORT,_SOURCE_MONOTONIC_TIMESTAMP SYSLOG_FACILITY=0':
    kernel(8_999_000_000, 'tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999') +
    kernel(
      8_999_000_100,
      'Out of memory: Killed process 777 (tail) total-vm:26016kB, anon-rss:23808kB, file-rss:880kB, shmem-rss:0kB, UID:0 pgtables:92kB oom_score_adj:999',
    ) +
    kernel(8_999_000_200, 'Kernel panic - not syncing: System is deadlocked on memory'),
}

/** Answers of k3s's own services, by port and path. */
export const answers: Readonly<Record<string, string>> = {
  '6443/readyz': '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n',
  '6443/ping': 'pong',
  '6443/version': '{"gitVersion":"v1.33.1+k3s1"}',
  '10248/healthz': 'ok',
  '10256/healthz': '{"lastUpdated":"2026-11-23 00:29:00 +0000 UTC"}',
}

/** Lines of watches, as `past.heard` hands them on. */
export const heard = [
  'delete rule ip filter INPUT handle 3',
  '# new generation 9 by process 25978 (iptables)',
  'delete table ip nat',
  '# new generation 10 by process 1 (k3s-server)',
  'add chain ip nat KUBE-SERVICES { }',
  'Deleted 36: cni0: <BROADCAST,MULTICAST> mtu 1450 qdisc noqueue state DOWN group default',
  '192.0.2.20 dev flannel.1 lladdr 3e:1f:9a:00:00:01 PERMANENT',
  '3,812,2938095555,-;Memory cgroup out of memory: Killed process 10515 (tail) total-vm:26016kB, anon-rss:23808kB, file-rss:880kB',
]
