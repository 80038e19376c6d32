import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * What there is on this machine that tests could leave behind or change, one line each: before and after a whole run
 * it must be the same. Others work on the machine too, so only what Murphy, k3s and the tests could have made is
 * looked at: by its name, its place, or the mark that a run gives all its processes.
 */
export interface Run {
  /** The value of `mark` in the environment of all that the run starts. */
  readonly id: string
  /** The run's own folder for temporary files, which is to be empty at the end. */
  readonly folder: string
}

export const mark = 'MURPHY_TEST_RUN'

/** Names that Murphy, k3s, and what stands in for them in tests, would bring along. */
const ours = /murphy|k3s|rancher|kube|flannel|\bcni|ufw|forged|^agent$/i
/** The Debian that containers are booted from is made once for a machine and kept. ufw's log is the machine's own. */
const kept =
  /^\/var\/tmp\/murphy-test-(rootfs|unpacked)\b|^\/run\/ufw\.lock$|^\/var\/log\/ufw\.log|^\/var\/lib\/(apt|dpkg|docker|containerd)\b/
/** Where they are looked for; temporary files of others may have any name. */
const places = [
  '/etc',
  '/var/lib',
  '/var/log',
  '/var/tmp',
  '/dev/shm',
  '/run',
  '/usr/local',
  '/opt',
  '/root',
  '/home',
]
/** k3s's and Murphy's without such a name. */
const alsoOurs = /^\/var\/log\/(pods|containers)\b|^\/home\/[^/]+$/
/** How deep, and how many names at most in all below one that is ours. */
const depth = 4
const most = 5_000

/** Files whose content no test may change. */
const contents = [
  '/etc/passwd',
  '/etc/group',
  '/etc/shadow',
  '/etc/hosts',
  '/etc/resolv.conf',
  '/etc/default/ufw',
]
const contentsBelow = ['/etc/ufw', '/etc/ssh', '/etc/murphy', '/etc/rancher']

function names(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return [] // Gone meanwhile, or never there.
  }
}

function files(): string[] {
  const found: string[] = []
  const walk = (folder: string, left: number, all: boolean) => {
    for (const it of names(folder)) {
      const path = join(folder, it.name)
      const is = all || ours.test(it.name) || alsoOurs.test(path)
      if (kept.test(path) || (is && found.length >= most)) continue
      if (is) found.push(`file ${path}`)
      if (it.isDirectory() && left > 1) walk(path, left - 1, is)
    }
  }
  for (const it of places) walk(it, depth, false)
  return found
}

function digests(): string[] {
  const below = contentsBelow.flatMap((folder) =>
    names(folder)
      .filter((it) => it.isFile())
      .map((it) => join(folder, it.name)),
  )
  return [...contents, ...below].flatMap((path) => {
    try {
      return [`content ${path} ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)}`]
    } catch {
      return []
    }
  })
}

/** Memory and other groups, of both versions, whose names are ours, with all below them. */
function cgroups(): string[] {
  const found: string[] = []
  const walk = (folder: string, left: number, all: boolean) => {
    for (const it of names(folder)) {
      if (!it.isDirectory() || found.length >= most) continue
      const is = all || ours.test(it.name)
      if (is) found.push(`cgroup ${join(folder, it.name)}`)
      if (left > 1 || is) walk(join(folder, it.name), left - 1, is)
    }
  }
  walk('/sys/fs/cgroup', depth, false)
  return found
}

/** What a command prints, by line; nothing where there is no such command, or not for this user. */
function lines(command: string, ...args: string[]): string[] {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    })
      .split('\n')
      .filter(Boolean)
  } catch {
    return []
  }
}

/** Programs that change rules whenever they like. */
const others = /f2b-|DOCKER|LIBVIRT|docker0|virbr/

/** Rules, chains and policies, without counts and without what is there as soon as somebody has only looked. */
function rules(): string[] {
  const saved = ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy'].flatMap((it) =>
    lines(`${it}-save`)
      .filter((line) => /^[-:]/.test(line) && !/^:[A-Z]+ ACCEPT/.test(line))
      .map((line) => `rule ${it} ${line.replace(/ ?\[\d+:\d+\]/, '')}`),
  )
  let [table, chain] = ['', '']
  const native = lines('nft', '--stateless', 'list', 'ruleset').flatMap((line) => {
    const it = line.trim()
    const [, kind, name = ''] = /^(table|chain|set|map|flowtable) (.+) \{$/.exec(it) ?? []
    if (kind === 'table') [table, chain] = [name, '']
    else if (kind) chain = `${kind} ${name}`
    return kind === 'table' || /^[^=]*\{$|^\}$|^type /.test(it) ? [] : [`rule nft ${table} ${chain}: ${it}`]
  })
  return [...saved, ...native, ...lines('ipset', 'list', '-name').map((it) => `rule ipset ${it}`)].filter(
    (it) => !others.test(it),
  )
}

/** Ends of cables to others' containers come and go. */
const foreignLink = /^(veth|br-|docker|virbr|tap|tun|wg)/

/** Of the network that this process is in, wherever /sys was mounted. */
const links = () =>
  [...readFileSync('/proc/self/net/dev', 'utf8').matchAll(/^ *([^:|]+):/gm)]
    .map(([, name = '']) => name)
    .filter((it) => !foreignLink.test(it))
    .map((it) => `link ${it}`)

const namespaces = () => names('/run/netns').map((it) => `namespace ${it.name}`)

/** Where something is mounted: in the run's folder, or in a place that is ours. */
const mounts = ({ folder }: Run) =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((it) => it.split(' ')[4] ?? '')
    .filter((it) => it.startsWith(folder) || (!/^\/(tmp|proc|sys)\//.test(it) && ours.test(it)))
    .map((it) => `mount ${it}`)

/** Processes with the run's mark, but not this one and what it has just started to look. */
function processes({ id }: Run): string[] {
  return names('/proc').flatMap(({ name }) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(`${mark}=${id}`)) return []
      const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()
      return [`process ${name} ${command || readFileSync(`/proc/${name}/comm`, 'utf8').trim()}`.slice(0, 200)]
    } catch {
      return [] // It has ended.
    }
  })
}

/** What Node.js keeps of compiled sources, where no other folder is named. */
const cached = 'node-compile-cache'

/** All of it, in no order. Takes some tenths of a second. */
export function inventory(run: Run): readonly string[] {
  const left = names(run.folder).filter((it) => it.name !== cached)
  return [
    ...[...files(), ...digests(), ...cgroups(), ...links(), ...namespaces(), ...rules()],
    ...[...mounts(run), ...processes(run)],
    ...left.map((it) => `temporary ${join(run.folder, it.name)}`),
  ]
}

/** Of these the tests make some, and others may take theirs away at any time. */
const passing = /^(cgroup|namespace|mount|process|temporary) |^file \/(run|dev|var\/tmp)\//

/** Whether a name tells of a process that still runs: it is another run's, as all of this one have ended. */
export const ofOthers = (line: string, runs = (pid: string) => existsSync(`/proc/${pid}`)) =>
  !line.startsWith('process ') &&
  [...line.matchAll(/murphy-(?:[a-z]+-)*(\d+)/g)].some(([, pid = '']) => runs(pid))

/** What is there only now, or is no longer, in words; empty where all is as it was. */
export function differences(before: readonly string[], after: readonly string[]): readonly string[] {
  const [old, now] = [new Set(before), new Set(after)]
  return [
    ...[...now].filter((it) => !old.has(it) && !ofOthers(it)).map((it) => `left behind: ${it}`),
    ...[...old].filter((it) => !now.has(it) && !passing.test(it)).map((it) => `gone: ${it}`),
  ]
}

/** The differences that stay: what a test has just ended takes a moment to go. At most ten seconds. */
export async function lasting(before: readonly string[], run: Run): Promise<readonly string[]> {
  for (let tries = 0; ; tries += 1) {
    const found = differences(before, inventory(run))
    if (found.length === 0 || tries === 20) return found
    await pause(500)
  }
}
