import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { second } from '../../agent/text/times.ts'
import type { Certificates } from './certificates.ts'
import { makeGroups } from './groups.ts'
import { now } from './measure.ts'
import { dns, makeBridge, makeNetwork, makeRules, otherNodes } from './network.ts'
import {
  data,
  folders,
  logLinks,
  recorded,
  recordedPods,
  reservations,
  results,
  sizes,
  specifications,
} from './recorded.ts'

/**
 * A node without its k3s, for measuring: namespaces of network, mounts and processes of its own, in which the files, the interfaces,
 * the rules and the control groups of the recorded healthy node are real, and the logs of its containers grow. A
 * process called `k3s-server` presents its certificates and answers for the API, the kubelet and kube-proxy over real
 * TLS; another for the cluster's DNS; another namespace is node2, at the other end of the VXLAN.
 */
export { makeRules } from './network.ts'
export const tlsFolder = `${data}/server/tls`

/** Folders of the node that are not this machine's. */
const own = ['etc', 'var/lib', 'var/log', 'run']

const program = '#!/bin/sh\necho "k3s version v1.36.3+k3s1 (66a14f0e)"\n'

/** How often each container writes a line: nobody is served, and probes are logged. */
const logPause = 5 * second

/** Notes so many more pods in the CNI's result cache, as its bridge plugin leaves them; the names of their veths. */
function notePods(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const veth = `veth${at.toString(16).padStart(8, '0')}`
    const result = {
      interfaces: [{ name: 'cni0' }, { name: veth }, { name: 'eth0', sandbox: '/run/netns/pods' }],
      // A /24 has no room for more than 253; beyond that only their number counts.
      ips: [{ address: `10.42.0.${(at % 253) + 2}/24` }],
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

export interface NodeOptions {
  /** How many pods there are beside those of the recorded node. */
  readonly pods?: number
  /** Its k3s has just been started. Else it has run since the machine was started. */
  readonly young?: boolean
  /** What makes its receiver run on another clock. */
  readonly clock?: NodeJS.ProcessEnv
}

export async function makeNode(
  name: string,
  folder: string,
  certificates: Certificates,
  { pods = 0, young = false }: NodeOptions = {},
): Promise<BenchNode> {
  writeFiles(folder, certificates)
  const more = notePods(folder, pods)
  const veths = [...recordedPods.map((it) => it.veth), ...more]
  const groups = makeGroups(name)
  const holder = spawn(
    'unshare',
    [
      ...'--net --mount --propagation private --pid --fork --kill-child --mount-proc'.split(' '),
      'sleep',
      'infinity',
    ],
    { stdio: 'ignore' },
  )
  const first = await soleChild(holder.pid ?? 0)
  const inside = ['nsenter', '-t', String(first), '--net', '--mount', '--pid', '--']
  const children: ChildProcess[] = []
  const start: BenchNode['start'] = ([command = '', ...args], { env = process.env } = {}) => {
    const child = spawn('nsenter', [...inside.slice(1), command, ...args], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }
  execFileSync('nsenter', [...inside.slice(1), 'sh', '-ec', mounts(folder, groups.mount)])
  const sh = shell(start(['sh']))
  await sh(makeNetwork(more))
  await sh(makeBridge(veths))
  await sh(makeRules)
  const test = join(import.meta.dirname, '..')
  const started = async (argv: readonly string[]) => {
    const { stdout } = start([process.execPath, ...argv])
    await new Promise((ready) => stdout?.once('data', ready))
  }
  await started([join(test, 'real/k3s/stand-in.ts'), `/${data}`])
  if (!young) await sh(growOld)
  await started([join(test, 'agent/host/nameserver.ts'), dns, '53'])
  const writing = setInterval(() => writeLogs(folder), logPause)
  writing.unref()
  return {
    name,
    folder,
    makeBridge: makeBridge(veths),
    inside,
    sh,
    start,
    async stop() {
      clearInterval(writing)
      for (const it of [...children, holder]) it.kill('SIGKILL')
      await Promise.all(
        [...children, holder].map(
          (it) => it.exitCode ?? it.signalCode ?? new Promise((end) => it.on('exit', end)),
        ),
      )
      await groups.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** /sys is mounted anew, since it shows the interfaces of where it was mounted; the control groups in it are this machine's. */
const mounts = (folder: string, groups: readonly [from: string, to: string]) =>
  [
    `mkdir ${folder}/cgroup`,
    `mount --rbind /sys/fs/cgroup ${folder}/cgroup`,
    'mount -t sysfs sysfs /sys',
    `mount --rbind ${folder}/cgroup /sys/fs/cgroup`,
    ...[...own.map((it) => [`${folder}/${it}`, `/${it}`] as const), groups].map(
      ([from, to]) => `mount --bind ${from} ${to}`,
    ),
  ].join('\n')

function writeFiles(folder: string, { files, kubeconfig, key }: Certificates): void {
  for (const it of own) mkdirSync(join(folder, it), { recursive: true })
  // Of this machine come the programs' settings, but nothing of a k3s or a Murphy that is or was on it.
  execFileSync('cp', ['-a', '/etc/.', join(folder, 'etc')])
  for (const it of globSync('etc/{rancher,cni,murphy,systemd/system/{,*/}{k3s,murphy}*}', { cwd: folder }))
    rmSync(join(folder, it), { recursive: true, force: true })
  const isOwn = (path: string) => own.some((it) => path.startsWith(`${it}/`))
  for (const it of ['etc/rancher', 'etc/systemd', 'etc/ufw', 'var', 'run'])
    cpSync(join(recorded, 'files', it), join(folder, it), { recursive: true })
  for (const it of folders.filter(isOwn)) mkdirSync(join(folder, it), { recursive: true })
  for (const [path, text] of specifications) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    if (!existsSync(join(folder, path))) writeFileSync(join(folder, path), text)
  }
  for (const { id, address } of recordedPods)
    writeFileSync(join(folder, reservations, address.replace(/\/.*/, '')), `${id}\r\neth0`)
  for (const [path, size] of sizes)
    if (isOwn(path) && !existsSync(join(folder, path))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), '')
      truncateSync(join(folder, path), size)
    }
  mkdirSync(join(folder, 'var/log/containers'), { recursive: true })
  for (const [link, log] of logLinks) symlinkSync(log, join(folder, link))
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(join(folder, data, path), text)
    if (path.endsWith('.crt')) writeFileSync(join(folder, data, path.replace(/\.crt$/, '.key')), key)
  }
  writeFileSync(join(folder, 'etc/rancher/k3s/k3s.yaml'), kubeconfig)
  // /usr/local is this machine's.
  const unit = join(folder, 'etc/systemd/system/k3s.service')
  writeFileSync(unit, readFileSync(unit, 'utf8').replace('/usr/local/bin/k3s', `/${data}/k3s`))
  writeFileSync(join(folder, data, 'k3s'), program, { mode: 0o755 })
  writeFileSync(join(folder, data, 'other-nodes'), otherNodes)
}

/**
 * Says that k3s was started 10 s after the machine (proc(5), /proc/PID/stat: field 22, in ticks of 10 ms): a k3s younger
 * than ten minutes is looked at each minute, while nearly all nodes have one that has run for days.
 */
const growOld = `stat=/proc/$(pgrep -x k3s-server)/stat
awk '{ $22 = 1000; print }' $stat > /var/lib/k3s-stat && mount --bind /var/lib/k3s-stat $stat`

/** Waits for the only child of a process that forks and then executes another program. */
export async function soleChild(pid: number): Promise<number> {
  const name = (of: number) => readFileSync(`/proc/${of}/comm`, 'utf8')
  for (let tries = 0; tries < 2_000; tries += 1) {
    try {
      const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))
      if (child > 0 && name(child) !== name(pid)) return child
    } catch {
      // Not yet.
    }
    await pause(5)
  }
  throw new Error(`process ${pid} has no child`)
}

/** A line of each container in the form of the CRI. */
function writeLogs(folder: string): void {
  const line = `${new Date().toISOString()} stdout F [INFO] 10.42.0.1:37894 - "GET /health HTTP/1.1" 200 OK 0.000091s\n`
  for (const log of new Set(logLinks.values())) appendFileSync(join(folder, log), line)
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
