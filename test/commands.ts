import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { allRules } from '../agent/cli/commands/explain.ts'
import { defaults } from '../agent/config/defaults.ts'
import { round } from '../agent/core/round.ts'
import { recordedNode } from '../agent/host/replay.ts'
import { collectors } from '../collectors/index.ts'
import { patterns } from '../collectors/pods/patterns.ts'

/** A text in backticks that a message gives, and where it stands. */
export interface Quoted {
  readonly text: string
  readonly where: string
  /** It is a step. Elsewhere it may be what nobody should run. */
  readonly step: boolean
}

/** The programs that messages name; what is not among them, and has a blank in it, is a mistake. */
export const programs = new Set([
  ...['agent', 'k3s', 'k3s-killall.sh', 'kubectl', 'crictl', 'systemctl', 'journalctl', 'timedatectl'],
  ...[
    'ip',
    'bridge',
    'ethtool',
    'conntrack',
    'sysctl',
    'modprobe',
    'lsmod',
    'nft',
    'curl',
    'openssl',
    'tcpdump',
  ],
  ...[
    'iptables',
    'ip6tables',
    'iptables-save',
    'iptables-restore',
    'iptables-legacy-save',
    'iptables-nft-save',
    'iptables-apply',
    'ufw',
    'firewall-cmd',
    'ipset',
  ],
  ...['df', 'du', 'findmnt', 'ps', 'free', 'vmstat', 'dmesg', 'last', 'date', 'cat', 'ls', 'cp', 'chown'],
  ...['grep', 'sed', 'sort', 'uniq', 'head', 'tail', 'wc', 'xargs', 'sh', 'awk', 'id', 'stat', 'mv', 'chmod'],
  ...['rm', 'reboot', 'fsck', 'iostat', 'etcdctl', 'redis-check-aof', 'rke2', 'pg_resetwal'],
])

/** What every rule, every pattern, and every finding of the recorded nodes gives in backticks, each once. */
export async function quotedTexts(): Promise<readonly Quoted[]> {
  const found = new Map<string, Quoted>()
  const add = (where: string, step: boolean, texts: readonly string[] = []) => {
    for (const text of texts)
      for (const [, quoted = ''] of text.matchAll(/`([^`]+)`/g))
        if (!found.get(quoted)?.step) found.set(quoted, { text: quoted, where, step })
  }
  for (const [code, { fix, avoid }] of Object.entries(allRules())) {
    add(code, true, fix)
    add(code, false, avoid)
  }
  for (const { name, fix, avoid } of patterns) {
    add(`pattern ${name}`, true, fix)
    add(`pattern ${name}`, false, avoid)
  }
  const nodes = join(import.meta.dirname, 'nodes')
  for (const name of readdirSync(nodes, { withFileTypes: true }).filter((it) => it.isDirectory())) {
    const host = recordedNode(join(nodes, name.name))
    for (const it of collectors) {
      const { observations } = await round(it, defaults(it.settings), host, { heard: [] })
      for (const { code, fix, avoid } of observations) {
        add(`${code} of ${name.name}`, true, fix)
        add(`${code} of ${name.name}`, false, avoid)
      }
    }
  }
  return [...found.values()]
}

/** The simple commands of a command line: without what the shell itself does with them. */
export function commandsIn(line: string): readonly (readonly string[])[] {
  const all: string[][] = [[]]
  for (const [, quoted, plain, sign] of line.matchAll(
    /((?:[^\s'"|;&]|'[^']*'|"[^"]*")*(?:'[^']*'|"[^"]*")(?:[^\s'"|;&]|'[^']*'|"[^"]*")*)|([^\s'"|;&]+)|([|;&]+)/g,
  ))
    if (sign !== undefined) all.push([])
    else all.at(-1)?.push((quoted ?? plain ?? '').replaceAll(/['"]/g, ''))
  return all.map((words) => words.filter((it) => !/^\d?>/.test(it) && !/^[A-Z_]+=/.test(it)))
}

/** What stands for something in a command of a rule, replaced by something that may stand there. */
export const filled = (text: string): string =>
  text
    .replaceAll('{namespace}', 'shop')
    .replaceAll('{pod}', 'db-0')
    .replaceAll('{container}', 'app')
    .replace(/\bNODE\b/g, '192.0.2.9')
    .replace(/\bADDRESS\b/g, '10.42.0.1/24')
    .replace(/\bDEVICE\b/g, 'cni0')
    .replace(/\bNAMESPACE\b/g, 'shop')
    .replace(/\bNAME\b/g, 'db-0')
    .replace(/\bFILE\b/g, '/dev/null')
    .replace(/\bCHAIN NUMBER\b/g, 'INPUT 1')
    .replace(/\bNUMBER$/, '1')
    .replace(/\bCODE\b/g, 'k3s.down')

/** Whether a text in backticks is meant to be run. */
export const isCommand = ({ text, step }: Quoted): boolean => {
  const [[program = ''] = []] = commandsIn(text)
  return programs.has(program) && (step || text.includes(' '))
}

/** What bash says of the form of a command line; empty where it is right. */
export const formError = (line: string): string =>
  spawnSync('bash', ['-n', '-c', line], { encoding: 'utf8' }).stderr.trim()

/**
 * Programs that are never run here as they are: what changes the machine is replaced by a stand-in that knows what may
 * be asked of it, what reads the journal reads an empty one, and `ufw` only says what it would do, unless a state has files for it.
 */
const standIns: Readonly<Record<string, string>> = {
  agent: `"${process.execPath}" ${join(import.meta.dirname, '../agent/main.ts')} "$@" --help >/dev/null`,
  systemctl:
    'case "$1" in start|stop|restart|reload|status|show|cat) ;; *) echo "unknown command $1" >&2; exit 1;; esac',
  timedatectl: 'case "$1" in ""|status|show|set-ntp) ;; *) echo "unknown command $1" >&2; exit 1;; esac',
  k3s: `case "$*" in
    --version|"crictl rmi --prune"|"certificate check"|"certificate rotate"|"certificate rotate-ca --help") ;;
    "server --cluster-reset") ;;
    *) echo "unknown command $*" >&2; exit 1;; esac`,
  rke2: `case "$*" in "server --cluster-reset --cluster-reset-restore-path="*) ;;
    *) echo "unknown command $*" >&2; exit 1;; esac`,
  journalctl: 'exec /usr/bin/journalctl -D "$(readlink -f /run/empty)" "$@"',
  ufw: 'test -e /run/real-ufw && exec /usr/sbin/ufw "$@"; exec /usr/sbin/ufw --dry-run "$@"',
  // With a file that a state makes, what is to be run in a pod is run here.
  kubectl: `test ! -e /run/in-a-pod || { while test "$1" != --; do shift; done; shift; exec "$@"; }
    KUBECONFIG=/dev/null exec /usr/bin/kubectl "$@"`,
  modprobe: 'case "$1" in -*) echo "unknown option" >&2; exit 1;; esac',
}

/** What a network namespace of a node has that the commands name. */
const links = `ip link set lo up
ip link add eth0 type veth peer name out && ip link set out up && ip addr add 192.0.2.10/24 dev eth0 && ip link set eth0 up
ip link add cni0 type bridge && ip addr add 10.42.0.1/24 dev cni0 && ip link set cni0 up
ip link add flannel.1 type vxlan id 1 dev eth0 local 192.0.2.10 dstport 8472 nolearning
ip addr add 10.42.0.0/32 dev flannel.1 && ip link set flannel.1 up
ip route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink
ip neigh add 10.42.1.0 dev flannel.1 lladdr 02:00:00:00:00:01 nud permanent
bridge fdb append 02:00:00:00:00:01 dev flannel.1 dst 192.0.2.20
iptables -N KUBE-ROUTER-INPUT
for it in 1 2 3; do iptables -A INPUT -p tcp --dport 22 -j ACCEPT; done`

export interface Ran {
  readonly exit: number
  readonly said: string
}

/**
 * Runs command lines one after the other on a machine of their own: network, processes and mounts are its own, and all
 * files are read-only. Needs root.
 */
export function runThere(lines: readonly string[], before = ''): readonly Ran[] {
  const stand = Object.entries(standIns)
    .map(([name, script]) => `printf '%s\\n' '#!/bin/sh' ${quote(script)} > /run/stand-ins/${name}`)
    .join('\n')
  const script = `set -e
mount --make-rprivate /; mount -t tmpfs tmpfs /run; mount -o remount,ro,bind /
mkdir -p /run/stand-ins /run/empty
${stand}
chmod +x /run/stand-ins/*; export PATH=/run/stand-ins:$PATH
${links}
${before}
set +e
for line; do
  said=$(timeout 30 bash -o pipefail -c "$line" 2>&1 </dev/null)
  printf '%s\\0%s\\0' "$?" "$said"
done`
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    [
      '--net',
      '--mount',
      '--pid',
      '--fork',
      '--mount-proc',
      '--kill-child',
      'bash',
      '-c',
      script,
      'bash',
      ...lines,
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  if (status !== 0) throw new Error(`the machine for the commands: ${stderr}`)
  const parts = stdout.split('\0')
  return lines.map((_, at) => ({ exit: Number(parts[2 * at]), said: parts[2 * at + 1] ?? '' }))
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
