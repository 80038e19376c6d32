import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lastWordsOf, linesOf } from '../collectors/k3s/text.ts'
import { asExport, kernelEntry } from './collectors/memory/journal.ts'
import { killed } from './collectors/memory/records.ts'
import { postgresHome } from './real/postgres.ts'

/** A state of a node, by the script that brings it about, and what steps for it show there. */
export interface State {
  readonly state: string
  readonly steps: readonly (readonly [step: string, shows: RegExp])[]
  /** What this machine has to have for it. */
  readonly needs?: string
}

const written = (text: string) => `<<'WRITTEN'\n${text}WRITTEN`

/** A disk that fills, files of k3s, and Murphy's own folder read-only. */
const files = `mount -t tmpfs tmpfs /var/lib; cd /var/lib
mkdir -p rancher/k3s/agent/containerd cni/networks/cbr0 murphy
mount -t tmpfs -o ro tmpfs murphy
head -c 3M /dev/zero > rancher/k3s/agent/containerd/layer
echo 'level=error msg="failed to prepare extraction snapshot"' > rancher/k3s/agent/containerd/containerd.log
touch cni/networks/cbr0/10.42.0.7
mount -t tmpfs tmpfs /etc/sysctl.d; echo net.ipv4.ip_forward=0 > /etc/sysctl.d/99-hardening.conf
mkdir -p /run/flannel; echo FLANNEL_MTU=1450 > /run/flannel/subnet.env`

const writer = '/lib/systemd/systemd-journal-remote'
const second = 1e6
const boots = ([7200, 600] as const).map((ago, at) => ({
  id: 'ab'.charAt(at).repeat(32),
  start: (Date.now() - ago * 1000) * 1000,
}))
/** What journald kept of the boot before, and of this one. */
function kept(): string {
  const [before, now] = boots
  if (!before || !now) throw new Error('no boots')
  const service = { _TRANSPORT: 'journal', _SYSTEMD_UNIT: 'NetworkManager.service', PRIORITY: '6' }
  // systemd, src/login/logind-dbus.c
  const logind = {
    ...service,
    _SYSTEMD_UNIT: 'systemd-logind.service',
    MESSAGE: 'The system will reboot now!',
  }
  return asExport([
    kernelEntry(before, second, 'Linux version 6.1.0'),
    { boot: before, uptime: 8 * second, more: logind },
    kernelEntry(before, 9 * second, 'Kernel panic - not syncing: Out of memory: panic_on_oom'),
    kernelEntry(now, second, 'Linux version 6.1.0'),
    ...killed('postgres', 77).map((line) => kernelEntry(now, 2 * second, line)),
    kernelEntry(now, 3 * second, 'EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2'),
    kernelEntry(now, 4 * second, 'igb 0000:01:00.0 eth0: Link is Down'),
    { boot: now, uptime: 5 * second, more: { ...service, MESSAGE: 'device (eth0): state change' } },
  ])
}
// In /run it would be one that no reboot outlasts.
const journal = `mount -t tmpfs tmpfs /var/log; rmdir /run/empty; ln -s /var/log /run/empty
${writer} -o /var/log/system.journal - 2>/dev/null ${written(kept())}`

const api = `"${process.execPath}" ${join(import.meta.dirname, 'api.ts')} >/dev/null 2>&1 &
for times in $(seq 400); do ss -ltn | grep -q :8080 && break; sleep 0.05; done`

/** What is run in a pod is run here, where a PostgreSQL listens. */
const database = `mkdir -p /run/postgresql /run/data; chown nobody /run/postgresql /run/data; touch /run/in-a-pod
cd /; as() { setpriv --reuid=nobody --regid=nogroup --clear-groups "${postgresHome()}/$@" >/dev/null 2>&1; }
as initdb -D /run/data -A trust -U postgres --no-sync
as pg_ctl -D /run/data -w -o '-c listen_addresses= -c unix_socket_directories=/run/postgresql -c fsync=off' start`
const inPod = 'kubectl -n {namespace} exec {pod} -c {container} --'

/** What the node of `runThere` shows as it is, in a state that a step is for, and what it must show. */
export const shown: readonly State[] = [
  {
    state: files,
    steps: [
      ['ip addr show dev cni0', /inet 10\.42\.0\.1\/24/],
      ['ip addr show dev flannel.1', /flannel\.1: <[A-Z,_]*UP/],
      ['ip -d link show type vxlan', /flannel\.1:[\s\S]*vxlan id 1 [\s\S]*dstport 8472/],
      ['ip route', /^10\.42\.1\.0\/24 via 10\.42\.1\.0 dev flannel\.1 onlink/m],
      ['ip -s -s link', /RX errors:/],
      ['iptables-save | grep -c ^-A', /^3$/],
      ['iptables-save | grep ^-A | sort | uniq -cd | sort -rn | head', /^ +3 -A INPUT -p tcp .*--dport 22/],
      ['iptables -t filter -L KUBE-ROUTER-INPUT -n --line-numbers', /^num +target/m],
      ['iptables --version', /^iptables v1\./],
      ['iptables-nft-save', /^-A INPUT -p tcp/m],
      ['cat /run/flannel/subnet.env', /MTU=1450/],
      ['ps -eo rss,pid,comm --sort=-rss | head -15', /^ +RSS +PID COMMAND/],
      ['free -h', /^Mem:/m],
      ['vmstat 1 5', /swpd/],
      ['cat /proc/pressure/io', /^some avg10=/],
      ['sysctl vm.panic_on_oom kernel.panic', /^vm\.panic_on_oom = \d[\s\S]*kernel\.panic = /],
      ['sysctl fs.inotify fs.file-nr', /max_user_watches[\s\S]*file-nr/],
      ['df -h', /Use%[\s\S]* \/var\/lib$/m],
      ['df -h /var/lib/rancher/k3s', /Use%[\s\S]* \/var\/lib$/m],
      ['df -h /var/lib/rancher', /Use%[\s\S]* \/var\/lib$/m],
      ['df -i /var/lib/rancher', /IUse%[\s\S]* \/var\/lib$/m],
      ['df -h /var/lib/murphy', /Use%[\s\S]* \/var\/lib\/murphy$/m],
      ['df -i /var/lib/murphy', /IUse%[\s\S]* \/var\/lib\/murphy$/m],
      ['findmnt -T /var/lib/murphy', /\/var\/lib\/murphy +tmpfs +tmpfs +ro,/],
      [
        'du -xh --max-depth=3 /var/lib/rancher/k3s | sort -h | tail -n 20',
        /^3\.\dM\t\/var\/lib\/rancher\/k3s\/agent\/containerd$/m,
      ],
      ['tail -n 50 /var/lib/rancher/k3s/agent/containerd/containerd.log', /failed to prepare/],
      ['ls /var/lib/cni/networks/cbr0', /^10\.42\.0\.7$/],
      [
        'grep -rs forward /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d',
        /^\/etc\/sysctl\.d\/99-hardening\.conf:net\.ipv4\.ip_forward=0$/m,
      ],
    ],
  },
  {
    state: 'ip link set eth0 mtu 1400; iptables -P INPUT DROP',
    steps: [
      ['ip link | grep mtu', /eth0@\S+: .* mtu 1400 [\s\S]*cni0: .* mtu \d+ [\s\S]*flannel\.1: .* mtu 1450 /],
      ['iptables -S INPUT | head -3', /^-P INPUT DROP/],
    ],
  },
  {
    state: 'iptables-legacy -A INPUT -s 198.51.100.1 -j ACCEPT',
    steps: [['iptables-legacy-save', /^-A INPUT -s 198\.51\.100\.1\/32 -j ACCEPT$/m]],
  },
  {
    state: journal,
    needs: writer,
    steps: [
      [
        'journalctl -k -g "oom-kill|Killed process" --since -2h',
        /oom-kill:.*\n.*Killed process 77 \(postgres\)/,
      ],
      ['journalctl -k -g "Killed process" --since -2h', /Killed process 77 \(postgres\)/],
      ['journalctl -k --no-pager -g "Killed process" --since -2h', /Killed process 77 \(postgres\)/],
      ['journalctl -k -b -1 -n 50 --no-pager', /Kernel panic - not syncing: Out of memory[^\n]*$/],
      ['journalctl -b -1 -n 50 --no-pager', /Kernel panic - not syncing: Out of memory[^\n]*$/],
      [
        "journalctl -b -1 --no-pager -g 'reboot|shutdown|poweroff' | tail -n 20",
        /The system will reboot now!/,
      ],
      ['journalctl -k -n 100', /eth0: Link is Down/],
      [
        'journalctl -k -b --no-pager -g "I/O error|EXT4-fs error|XFS.*corrupt|nvme"',
        /EXT4-fs error \(device sda1\)/,
      ],
      ['journalctl -k -b --no-pager -g "I/O error|EXT4-fs|XFS|Remounting"', /EXT4-fs error \(device sda1\)/],
      ['journalctl -u NetworkManager -u systemd-networkd -u dhcpcd -n 100', /device \(eth0\): state change/],
    ],
  },
  {
    state: api,
    needs: '/usr/bin/kubectl',
    steps: [
      ["kubectl get --raw '/readyz?verbose'", /\[-\]etcd failed/],
      [
        'kubectl get --raw /metrics | grep apiserver_storage_objects | sort -t" " -k2 -n | tail',
        /"pods"\} 120\n[^\n]*"events"\} 41000$/,
      ],
      ['kubectl get events -A --no-headers | wc -l', /^3$/],
      [
        'kubectl get pods -A -o wide --field-selector spec.nodeName=NODE',
        /^NAMESPACE[^\n]*\nshop +db-0 .* 10\.42\.0\.7 [^\n]*\nshop +redis-0 [^\n]*$/,
      ],
      ['kubectl get pods -A -o wide', /oomer .* 10\.42\.1\.9 /],
      ['kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide', /^NAME [^\n]*\ncoredns-1 .* node2$/],
      ['kubectl -n kube-system get endpoints kube-dns', /10\.42\.1\.2:53/],
      [
        'kubectl top pod -A --sort-by=memory | head -15',
        /^NAMESPACE[^\n]*\nkube-system +coredns-1 +10m +40Mi/,
      ],
      [
        'kubectl get pods -A | grep -v Running',
        /^NAMESPACE[^\n]*\nshop +db-0 [^\n]*\ndefault +oomer [^\n]*$/,
      ],
      ['kubectl get pods -A | grep -i -e redis -e valkey', /^shop +redis-0 [^\n]*$/],
      ['kubectl -n {namespace} get statefulset,deployment', /^db +0\/1/m],
      ['kubectl -n {namespace} logs {pod} -c {container} --previous --tail=200', /before it ended/],
      ['kubectl -n {namespace} logs {pod} -c {container} --tail=200', /too many/],
      ['kubectl -n {namespace} logs {pod} -c {container} --tail=100', /too many/],
      ['kubectl -n default describe pod oomer', /Reason: +OOMKilled/],
      ['kubectl -n default top pod oomer --containers', /^oomer +app +10m +10Mi/m],
      ['kubectl get nodes -o wide', /^node2 +NotReady +node2$/m],
      ['kubectl delete node NODE', /node "192\.0\.2\.9" deleted/],
      ['kubectl -n NAMESPACE delete pod NAME', /pod "db-0" deleted/],
      ['kubectl -n {namespace} delete pod {pod}', /pods? "db-0" not found|NotFound/],
    ],
  },
  {
    state: database,
    needs: postgresHome() ?? 'PostgreSQL',
    steps: [
      [`${inPod} df -h`, /Use%/],
      [`${inPod} sh -c "id; ls -ldn /*"`, /^uid=0[\s\S]*^d.* 0 +0 .* \/var$/m],
      [
        `${inPod} psql -U postgres -c "select slot_name, active, restart_lsn from pg_replication_slots"`,
        /slot_name \| active \| restart_lsn/,
      ],
      [
        `${inPod} psql -U postgres -c "select datname, age(datfrozenxid) from pg_database order by 2 desc"`,
        /postgres +\| +\d+/,
      ],
      [
        `${inPod} psql -U postgres -c "select usename, application_name, state, count(*) from pg_stat_activity group by 1,2,3 order by 4 desc"`,
        /postgres +\| psql +\| active +\| +1/,
      ],
    ],
  },
]

/** Whether this machine has what a state needs. */
export const isThere = ({ needs }: State): boolean => needs === undefined || existsSync(needs)

/** Those that a booted container shows, after its k3s has crashed: `test/real/k3s-ended.test.ts` runs them. */
export const shownBooted: readonly (readonly [step: string, shows: RegExp])[] = [
  [linesOf('k3s').replaceAll('`', ''), /: panic: runtime error/],
  [lastWordsOf('k3s').replaceAll('`', ''), /: panic: runtime error/],
  ['journalctl -u k3s -n 50 --no-pager', /panic: runtime error: index out of range/],
  ['journalctl -u k3s -u k3s-agent -n 100 --no-pager', /panic: runtime error: index out of range/],
  ['journalctl -u k3s -n 100 --no-pager | grep -iE "kubelet|proxier"', /kubelet\.go:2537\] "Starting"/],
  ['journalctl -u k3s -n 200 | grep -i flannel', /Starting flannel/],
  ['journalctl --vacuum-size=500M', /Vacuuming done, freed /],
  ['timedatectl', /System clock synchronized: (yes|no)\n/],
  [
    'conntrack -L 2>/dev/null | grep -oE "^[^=]* src=[^ ]+" | grep -o "src=.*" | sort | uniq -c | sort -rn | head',
    /^ +3 src=10\.42\.0\.5\n +2 src=10\.42\.0\.6$/m,
  ],
]

/** What is run where it repairs or shows what it should, and a word of that place. */
export const elsewhere: Readonly<Record<string, readonly [file: string, word: string]>> = {
  'systemctl restart k3s': ['real/k3s-ended.test.ts', 'systemctl restart k3s'],
  'systemctl start k3s': ['real/k3s-ended.test.ts', 'systemctl start k3s'],
  'ufw allow from 10.42.0.0/16': ['real/firewall-findings.test.ts', 'ufw allow from'],
  'ufw allow from 10.43.0.0/16': ['real/firewall-findings.test.ts', 'ufw allow from'],
  'ufw allow from 192.0.2.10 to any port 8472 proto udp': [
    'real/firewall-findings.test.ts',
    'ufw (?:prepend',
  ],
  'ufw allow 22/tcp': ['real/firewall-findings.test.ts', 'ufw allow 22/tcp'],
  'agent doctor': ['agent/cli/render/doctor.test.ts', 'metricsRow'],
  'ufw disable': ['real/firewall-findings.test.ts', "'ufw', 'disable'"],
  'sysctl -w net.bridge.bridge-nf-call-iptables=1': ['real/cni-two.test.ts', 'bridge-nf-call-iptables'],
  'pg_resetwal --dry-run "$PGDATA"': ['real/incident.test.ts', 'pg_resetwal'],
  'pg_resetwal -f "$PGDATA"': ['real/incident.test.ts', 'pg_resetwal'],
  'agent status': ['real/systemd.test.ts', "'agent', 'status'"],
  'systemctl cat murphy': ['real/systemd.test.ts', 'systemctl cat murphy'],
  'systemctl restart murphy': ['real/systemd.test.ts', 'systemctl restart murphy'],
  'agent doctor --send': ['agent/cli/commands/doctor.test.ts', "'doctor', '--send'"],
  'agent notify --test': ['agent/cli/commands/notify.test.ts', "'notify', '--test'"],
  'agent network': ['agent/cli/commands/page.test.ts', "'network'"],
  'agent memory': ['agent/cli/commands/page.test.ts', "'memory'"],
  'agent firewall': ['agent/cli/commands/page.test.ts', "'firewall'"],
  'agent firewall diff': ['real/systemd.test.ts', 'agent firewall diff'],
  'agent firewall show good': ['real/systemd.test.ts', 'agent firewall show good'],
  'agent certs': ['screens.ts', "page('certs'"],
}

/** What is run nowhere in the state that it is for, and why not; that the program takes it is tried all the same. */
export const notRun: Readonly<Record<string, string>> = {
  'systemctl restart k3s-agent': 'as that of k3s, of another unit',
  'systemctl status k3s-agent --no-pager': 'needs a k3s',
  'kubectl describe node NODE': 'asks for a whole Node, its Lease, its pods and its events',
  'systemctl restart systemd-timesyncd': 'needs a time server',
  'timedatectl set-ntp true': 'needs a time server',
  'k3s crictl rmi --prune': 'needs a k3s',
  'k3s certificate rotate-ca --help': 'needs a k3s',
  'systemctl stop rke2-server': 'needs an RKE2',
  'rke2 server --cluster-reset --cluster-reset-restore-path=SNAPSHOT': 'needs an RKE2',
  'etcdctl endpoint status --write-out=table': 'needs an etcd',
  'etcdctl alarm disarm': 'needs an etcd',
  'redis-check-aof appendonly.aof': 'needs Redis',
  'iptables-apply FILE': 'waits for a person',
  'firewall-cmd --zone=trusted --add-source=10.42.0.0/16': 'needs a firewalld',
  'tcpdump -c 5 -ni any udp port 8472': 'waits for packets of another node',
  'iptables-save | grep -nE "8472|REJECT|DROP"': 'looks for a rule of another node',
  'dmesg --level=err,crit | tail -n 20': 'the log is that of the whole machine',
  'modprobe br_netfilter': 'the module is of the whole machine',
  'sysctl -w net.netfilter.nf_conntrack_max=524288': 'the setting is of the whole machine',
  'ethtool -S DEVICE': 'no link made here has a driver that counts errors',
}
