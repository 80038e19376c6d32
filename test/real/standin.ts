import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Container } from './container.ts'

/**
 * A node without its k3s: what k3s, flannel and the CNI plugins leave on a server, taken from the recorded
 * healthy node, made real in a container. Certificates are new, interfaces, rules, ufw and sshd are real;
 * only the process called `k3s-server` is a stand-in. The container must see this folder and Node.js.
 */
const healthy = join(import.meta.dirname, '../nodes/healthy')
const tls = '/var/lib/rancher/k3s/server/tls'

/** k3s as `real/k3s/stand-in.ts` plays it: certificates, an API and a kubelet that answer, and a version. */
const k3s = `#!/bin/sh
[ "$1" = --version ] && { echo 'k3s version v1.21.2+k3s1 (5a67e8dc)'; exit; }
exec ${process.execPath} ${join(import.meta.dirname, 'k3s/stand-in.ts')} /var/lib/rancher/k3s
`
const unit = `[Service]
ExecStart=/usr/local/bin/k3s server
[Install]
WantedBy=multi-user.target
`

/**
 * Shell functions: `leaf` signs with the CA $1 a certificate $2 for the subject $3, valid from $4 to $5 as `date`
 * takes it; `leaves` makes all that k3s renews, from $1 to $2, and `kubeconfig` its kubeconfig.
 */
export const signing = `cd ${tls}
ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=k3s-$1@1" -keyout $1.key -out $1.crt 2>/dev/null; }
leaf() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout $2.key -out $2.csr 2>/dev/null
  rm -rf ca.tmp; mkdir ca.tmp; : > ca.tmp/index
  printf '[ca]\\ndefault_ca=it\\n[it]\\ndatabase=ca.tmp/index\\nnew_certs_dir=ca.tmp\\nrand_serial=yes\\ndefault_md=sha256\\npolicy=any\\n[any]\\norganizationName=optional\\ncommonName=supplied\\n' > ca.tmp/conf
  echo subjectAltName=IP:127.0.0.1 > ca.tmp/names
  openssl ca -batch -notext -config ca.tmp/conf -cert $1.crt -keyfile $1.key -in $2.csr -out $2.crt -extfile ca.tmp/names \\
    -startdate $(date -u -d "$4" +%Y%m%d%H%M%SZ) -enddate $(date -u -d "$5" +%Y%m%d%H%M%SZ) 2>/dev/null
  cat $1.crt >> $2.crt; rm -rf ca.tmp $2.csr
}
leaves() {
  for it in admin controller scheduler kube-apiserver k3s-cloud-controller; do leaf client-ca client-$it "/O=system:masters/CN=system:$it" "$1" "$2"; done
  leaf request-header-ca client-auth-proxy /CN=system:auth-proxy "$1" "$2"
  leaf server-ca serving-kube-apiserver /CN=kube-apiserver "$1" "$2"
  leaf client-ca ../../agent/client-kubelet /O=system:nodes/CN=system:node:node1 "$1" "$2"
  for it in kube-proxy k3s-controller; do leaf client-ca ../../agent/client-$it /CN=system:$it "$1" "$2"; done
  leaf server-ca ../../agent/serving-kubelet /CN=node1 "$1" "$2"
}
kubeconfig() {
  sed -i "s/client-certificate-data: .*/client-certificate-data: $(base64 -w0 client-admin.crt)/; s/certificate-authority-data: .*/certificate-authority-data: $(base64 -w0 server-ca.crt)/" /etc/rancher/k3s/k3s.yaml
}
`

const certificates = `mkdir -p ${tls} && ${signing}
for it in client-ca server-ca request-header-ca; do ca $it; done
leaves '-1 day' '364 days'
kubeconfig
cp client-ca.crt server-ca.crt ../../agent
chmod -R go= /var/lib/rancher/k3s/server
`

interface Result {
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly sandbox?: string }[]
  readonly ips: readonly { readonly address: string }[]
}

/** The pods' ends, as the CNI plugins' result cache says. */
function pods() {
  const folder = join(healthy, 'files/var/lib/cni/results')
  return readdirSync(folder)
    .filter((it) => it.startsWith('cbr0-'))
    .map((it) => (JSON.parse(readFileSync(join(folder, it), 'utf8')) as { result: Result }).result)
    .map(({ interfaces, ips }) => ({
      veth: interfaces.find((it) => it.name.startsWith('veth'))?.name ?? '',
      sandbox: interfaces.find((it) => it.sandbox)?.sandbox ?? '',
      address: ips[0]?.address ?? '',
    }))
}

/** flannel's bridge with its pods, also after it was deleted: what a restart of k3s and of the pods would bring back. */
export const bridge = `ip link add cni0 mtu 1450 type bridge
ip addr add 10.42.0.1/24 brd + dev cni0 && ip link set cni0 up
${pods()
  .map(({ veth }) => `ip link set ${veth} master cni0`)
  .join('\n')}`

/** The world outside, at the other end of the node's cable. */
const world = `ip netns add world && ip link add eth0 type veth peer name eth0 netns world
ip -n world addr add 192.0.2.1/24 dev eth0 && ip -n world link set eth0 up`

/** The node's own end. */
export const uplink =
  'ip link set eth0 up; ip addr add 192.0.2.10/24 dev eth0; ip route add default via 192.0.2.1'

/** What flannel makes, and what the kubelet makes for each pod. */
export const podNetwork = `ip link add flannel.1 mtu 1450 type vxlan id 1 local 192.0.2.10 dev eth0 dstport 8472 nolearning
ip addr add 10.42.0.0/32 dev flannel.1 && ip link set flannel.1 up
sysctl -qw net.ipv4.ip_forward=1
${pods()
  .map(({ veth, sandbox, address }) => {
    const name = sandbox.split('/').at(-1)
    return `ip netns add ${name} && ip link add ${veth} mtu 1450 type veth peer name eth0 netns ${name} && ip link set ${veth} up
      ip -n ${name} addr add ${address} dev eth0 && ip -n ${name} link set eth0 up`
  })
  .join('\n')}
${bridge}`

/** ufw on, with what k3s needs let through. Its backups of former rules are not kept. */
const ufw = `ufw --force reset >/dev/null; rm -f /etc/ufw/*.20*
ufw allow 22/tcp >/dev/null && ufw allow 6443/tcp >/dev/null && ufw allow 8472/udp >/dev/null
ufw allow from 10.42.0.0/16 >/dev/null && ufw allow from 10.43.0.0/16 >/dev/null && ufw --force enable >/dev/null`

const saved = `${healthy}/commands/iptables-nft-save.out`
/** The policies are ufw's here. */
const chains = "sed -E '/^:(INPUT|FORWARD|OUTPUT) /d'"
/** kube-proxy's rules and those of the CNI plugins. */
export const kubeRules = `ipset -exist restore < ${healthy}/commands/ipset_list_-o_save.out
${chains} ${saved} | iptables-nft-restore --noflush`

/** Those of them in the built-in chains, a line each. */
export const ownRules = () =>
  readFileSync(saved, 'utf8')
    .split('\n')
    .filter((it) => /^-A [A-Z]+ /.test(it))
    .join('\n')

/** `command` is what stands for k3s; without a world of its own the caller has laid the cable. */
export async function makeNode(node: Container, { command = k3s, ownWorld = true } = {}): Promise<void> {
  await node.sh(
    `cp -R ${healthy}/files/etc/. /etc && cp -R ${healthy}/files/var/. /var && cp -R ${healthy}/files/run/. /run
     rm -rf ${tls} && rm -f ${dirname(dirname(tls))}/agent/*.crt`,
  )
  await node.sh(certificates)
  await node.sh(`${ownWorld ? `${world}\n${uplink}` : ''}\n${podNetwork}`)
  await node.sh(ufw)
  await node.sh(kubeRules)
  await node.sh('cat > /usr/local/bin/k3s && chmod +x /usr/local/bin/k3s', { input: command })
  await node.sh('cat > /etc/systemd/system/k3s.service', { input: unit })
  await node.sh('systemctl daemon-reload && systemctl enable --quiet --now k3s ssh')
}

/** Each takes what it breaks or mends; mending is what k3s and its owner would do. */
export const faults = {
  certificate: {
    break: `${signing} cp client-admin.crt /root/kept.crt && cp client-admin.key /root/kept.key
      leaf client-ca client-admin /O=system:masters/CN=system:admin '-365 days' '-1 day'`,
    mend: `cd ${tls} && cp /root/kept.key client-admin.key && cp /root/kept.crt client-admin.crt && rm /root/kept.*`,
  },
  firewall: {
    break: 'iptables -F',
    mend: `iptables -F && iptables -X && ${ufw}
      sed -n '/^[*]filter/,/^COMMIT/p' ${saved} | ${chains} | iptables-nft-restore --noflush`,
  },
  bridge: { break: 'ip link del cni0', mend: bridge },
} as const

/** The node's memory cgroups are this machine's: a container may not make any of version 1. */
const controllers = '/sys/fs/cgroup/cgroup.controllers'
const version2 = existsSync(controllers) && readFileSync(controllers, 'utf8').includes('memory')
const cgroups = version2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory'

/** Lets the kernel kill a process of the pod `shop/NAME`, container `app`, over its limit of 16 MiB. */
export async function killInPod(node: Container, name: string): Promise<void> {
  const uid = randomUUID()
  const id = randomBytes(32).toString('hex')
  await node.sh(
    `mkdir -p /var/log/containers /var/log/pods/shop_${name}_${uid}/app
     ln -s /var/log/pods/shop_${name}_${uid}/app/0.log /var/log/containers/${name}_shop_app-${id}.log`,
  )
  const parts = [`murphy-test-${process.pid}`, 'kubepods', 'burstable', `pod${uid}`, id]
  const folders = parts.map((_, at) => join(cgroups, ...parts.slice(0, at + 1)))
  const [pod = '', container = ''] = folders.slice(-2)
  for (const folder of folders) {
    if (version2) writeFileSync(join(dirname(folder), 'cgroup.subtree_control'), '+memory')
    mkdirSync(folder, { recursive: true })
  }
  writeFileSync(join(pod, version2 ? 'memory.max' : 'memory.limit_in_bytes'), String(16 * 2 ** 20))
  const eat = 'x=0123456789abcdef; while :; do x=$x$x; done'
  const script = `echo $$ > '${container}/cgroup.procs' && exec nsenter --all --target ${node.pid} -- sh -c '${eat}'`
  await new Promise((resolve) => spawn('sh', ['-c', script], { stdio: 'ignore' }).on('exit', resolve))
  for (const folder of folders.reverse())
    for (let tries = 0; existsSync(folder) && tries < 50; tries += 1) {
      try {
        rmdirSync(folder)
      } catch {
        await pause(20)
      }
    }
}
