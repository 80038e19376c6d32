import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Certificates } from './certificates.ts'

/**
 * A node without its k3s, for measuring: network and mount namespaces of its own, in which the files, the
 * interfaces and the rules of the recorded healthy node are real. A process called `k3s-server` presents its
 * certificates and answers for the API, the kubelet and kube-proxy; another for the cluster's DNS.
 */
const healthy = join(import.meta.dirname, '../nodes/healthy')
const read = (name: string) => readFileSync(join(healthy, name), 'utf8')
const data = 'var/lib/rancher/k3s'
export const tlsFolder = `${data}/server/tls`
/** Where the cluster's DNS is by k3s's defaults. */
const dns = '10.43.0.10'

/** Folders of the node that are not this machine's. */
const own = ['etc', 'var/lib', 'var/log', 'run']

const unit = `[Service]\nExecStart=/${data}/k3s server\n`
const program = '#!/bin/sh\necho "k3s version v1.21.2+k3s1 (5a67e8dc)"\n'

interface Result {
  readonly result: { readonly interfaces: readonly { readonly name: string }[] }
}
const results = 'var/lib/cni/results'
const recordedVeths = readdirSync(join(healthy, 'files', results))
  .filter((it) => it.startsWith('cbr0-'))
  .map((it) => JSON.parse(read(`files/${results}/${it}`)) as Result)
  .flatMap(({ result }) => result.interfaces.find((it) => it.name.startsWith('veth'))?.name ?? [])

/** Notes so many more pods in the CNI's result cache, as its bridge plugin leaves them; the names of their veths. */
function notePods(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const veth = `veth${at.toString(16).padStart(8, '0')}`
    const result = {
      interfaces: [{ name: 'cni0' }, { name: veth }, { name: 'eth0', sandbox: '/run/netns/pods' }],
      ips: [{ address: `10.42.0.${at + 2}/24` }],
    }
    const cniArgs = [
      ['K8S_POD_NAMESPACE', 'default'],
      ['K8S_POD_NAME', `pod-${at}`],
    ]
    const name = `cbr0-${at.toString(16).padStart(13, '0').padEnd(64, '0')}-eth0`
    writeFileSync(join(folder, results, name), JSON.stringify({ cniArgs, result }))
    return veth
  })
}

const batch = (lines: readonly string[]) => `ip -batch - <<'EOF'\n${lines.join('\n')}\nEOF`

/** flannel's bridge with its pods; also what brings it back after it was deleted. */
const makeBridge = (veths: readonly string[]) =>
  batch([
    'link add cni0 mtu 1450 type bridge',
    'addr add 10.42.0.1/24 brd + dev cni0',
    ...veths.map((it) => `link set ${it} master cni0`),
    'link set cni0 up',
  ])

const makeNetwork = (veths: readonly string[]) => `ip link set lo up
ip link add eth0 type veth peer name outside && ip link set outside up && ip link set eth0 up
ip addr add 192.0.2.10/24 dev eth0 && ip route add default via 192.0.2.1
ip link add flannel.1 mtu 1450 type vxlan id 1 local 192.0.2.10 dev eth0 dstport 8472 nolearning
ip addr add 10.42.0.0/32 dev flannel.1 && ip link set flannel.1 up
ip netns add pods
${batch(veths.flatMap((it, at) => [`link add ${it} mtu 1450 type veth peer name pod${at} netns pods`, `link set ${it} up`]))}
ip netns exec pods sh -c 'for it in /sys/class/net/pod*; do ip link set $(basename $it) up; done'`

/** Rules of the owner's own. A flush is told by these while k3s is too young for its rules to count, which takes three minutes. */
const ownRules = Array.from(
  { length: 6 },
  (_, at) => `-A INPUT -s 198.51.100.${at}/32 -p tcp -m tcp --dport 22 -j ACCEPT`,
)

/** All of the node's rules but those that ask an ipset; also what brings them back after a flush. */
export const makeRules = (['ip', 'ip6'] as const)
  .map((family) => {
    const lines = read(`commands/${family}tables-nft-save.out`)
      .split('\n')
      .filter((it) => !it.includes('--match-set'))
      .flatMap((it) =>
        family === 'ip' && it.startsWith('-A INPUT -j KUBE-FIREWALL') ? [it, ...ownRules] : [it],
      )
    return `${family}tables-nft-restore <<'EOF'\n${lines.join('\n')}\nEOF`
  })
  .join('\n')

export interface BenchNode {
  readonly name: string
  /** Where the node's /etc, /var/lib, /var/log and /run are for this machine. */
  readonly folder: string
  /** A script that brings the bridge back after it was deleted. */
  readonly makeBridge: string
  /** What goes before a command to run it on the node. */
  readonly inside: readonly string[]
  /** Runs shell commands on the node; when it began and ended, ms. Rejects when they fail. */
  sh(script: string): Promise<{ readonly begun: number; readonly ended: number }>
  /** Starts a command on the node that lives no longer than the node. */
  start(argv: readonly string[], more?: { env?: NodeJS.ProcessEnv }): ChildProcess
  stop(): Promise<void>
}

/** `pods`: how many there are beside those of the recorded node. */
export async function makeNode(
  name: string,
  folder: string,
  certificates: Certificates,
  pods = 0,
): Promise<BenchNode> {
  writeFiles(folder, certificates)
  const veths = [...recordedVeths, ...notePods(folder, pods)]
  const holder = spawn('unshare', ['--net', '--mount', '--propagation', 'private', 'sleep', 'infinity'], {
    stdio: 'ignore',
  })
  const net = (of: number | 'self') => readlinkSync(`/proc/${of}/ns/net`)
  while (holder.pid === undefined || net(holder.pid) === net('self')) await pause(5)
  const inside = ['nsenter', '-t', String(holder.pid), '--net', '--mount', '--']
  const children: ChildProcess[] = []
  const start: BenchNode['start'] = ([command = '', ...args], { env = process.env } = {}) => {
    const child = spawn('nsenter', [...inside.slice(1), command, ...args], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }
  execFileSync('nsenter', [...inside.slice(1), 'sh', '-ec', mounts(folder)])
  const sh = shell(start(['sh']))
  await sh(makeNetwork(veths))
  await sh(makeBridge(veths))
  await sh(makeRules)
  await sh(`ip addr add ${dns}/32 dev lo`)
  const test = join(import.meta.dirname, '..')
  for (const argv of [
    [join(test, 'real/k3s/stand-in.ts'), `/${data}`],
    [join(test, 'agent/host/nameserver.ts'), dns, '53'],
  ]) {
    const { stdout } = start([process.execPath, ...argv])
    await new Promise((ready) => stdout?.once('data', ready))
  }
  return {
    name,
    folder,
    makeBridge: makeBridge(veths),
    inside,
    sh,
    start,
    async stop() {
      for (const it of [...children, holder]) it.kill('SIGKILL')
      await Promise.all(
        [...children, holder].map(
          (it) => it.exitCode ?? it.signalCode ?? new Promise((end) => it.on('exit', end)),
        ),
      )
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const mounts = (folder: string) => own.map((it) => `mount --bind ${folder}/${it} /${it}`).join('\n')

function writeFiles(folder: string, { files, kubeconfig, key }: Certificates): void {
  for (const it of own) mkdirSync(join(folder, it), { recursive: true })
  // Of this machine come the programs' settings, but nothing of a k3s or a Murphy that is or was on it.
  execFileSync('cp', ['-a', '/etc/.', join(folder, 'etc')])
  for (const it of globSync('etc/{rancher,cni,murphy,systemd/system/{,*/}{k3s,murphy}*}', { cwd: folder }))
    rmSync(join(folder, it), { recursive: true, force: true })
  for (const it of ['etc', 'var', 'run'])
    cpSync(join(healthy, 'files', it), join(folder, it), { recursive: true })
  rmSync(join(folder, tlsFolder, 'dynamic-cert.json'), { force: true })
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(join(folder, data, path), text)
    writeFileSync(join(folder, data, path.replace(/\.crt$/, '.key')), key)
  }
  writeFileSync(join(folder, 'etc/rancher/k3s/k3s.yaml'), kubeconfig)
  mkdirSync(join(folder, 'etc/systemd/system'), { recursive: true })
  writeFileSync(join(folder, 'etc/systemd/system/k3s.service'), unit)
  writeFileSync(join(folder, data, 'k3s'), program, { mode: 0o755 })
}

/** One shell that stays, so that a fault costs no start of a shell. */
function shell(child: ChildProcess): BenchNode['sh'] {
  const answers: ((status: string) => void)[] = []
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('::')) answers.shift()?.(line.slice(2))
    })
  return async (script) => {
    const begun = now()
    const status = await new Promise<string>((resolve) => {
      answers.push(resolve)
      child.stdin?.write(`(set -e\n${script}\n) </dev/null\necho "::$?"\n`)
    })
    const ended = now()
    if (status !== '0') throw new Error(`exit code ${status} of: ${script.slice(0, 200)}`)
    return { begun, ended }
  }
}

/** ms since the epoch, with fractions. The same clock in all processes of this machine, as long as nobody sets it. */
export const now = () => performance.timeOrigin + performance.now()
