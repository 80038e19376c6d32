import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * A real systemd in a container of its own: Debian with the tools of a node, booted by systemd-nspawn. Its
 * files are a memory overlay over a root folder made once for each machine, so nothing is left behind,
 * and it has no network but its own loopback. Its kernel, and with it /dev/kmsg, is this machine's.
 */
export interface Container {
  /** Process id of its init, as seen from here; `/proc/<pid>/root` is its file system. */
  readonly pid: number
  /** How long the boot took until systemd called itself up, in ms. */
  readonly boot: number
  /** Runs a command in it as root. A non-zero exit is an answer; beyond `timeout` ms (default 60 s) it rejects. */
  exec(argv: readonly string[], options?: { input?: string; timeout?: number }): Promise<Answer>
  /** The same for a shell script; rejects with what it printed if it fails. Gives stdout. */
  sh(script: string, options?: { input?: string; timeout?: number }): Promise<string>
  stop(): Promise<void>
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<void>
}

export interface Answer {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

const usual: Distribution = {
  suite: 'bookworm',
  packages: [
    'systemd,systemd-sysv,dbus,libpam-systemd,kmod,procps,openssl,openssh-server',
    'iptables,nftables,ufw,firewalld,ipset,iproute2,conntrack,containernetworking-plugins',
  ],
}
const cache = '/var/tmp/murphy-test-rootfs'
const needed = ['systemd-nspawn', 'mmdebstrap', 'nsenter', 'setpriv', 'flock']

/** Why there can be no container here, as a sentence; undefined where there can. */
export function withoutContainer(): string | undefined {
  if (process.getuid?.() !== 0) return 'booting a container needs root'
  const missing = needed.filter((name) => !findCommand(name))
  return missing.length ? `booting a container needs ${missing.join(', ')}` : undefined
}

function findCommand(name: string) {
  return ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) =>
    existsSync(`${folder}/${name}`),
  )
}

/** Another Debian than that of every node, with no packages but these and the few that each has. */
export interface Distribution {
  readonly suite: string
  readonly packages: readonly string[]
}

/**
 * The root folder, made by the first test that needs it (about 40 s) and kept for as long as the packages are the same;
 * `more` are names of Debian packages beside those of every node.
 */
export async function rootFolder(
  more: readonly string[] = [],
  { suite, packages }: Distribution = usual,
): Promise<string> {
  const included = [...packages, ...more].join(',')
  const key = createHash('sha256').update(`${suite} ${included}`).digest('hex').slice(0, 16)
  const folder = `${cache}/${key}`
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const script = `test -d "$1" || {
    rm -rf "$1.part" &&
    mmdebstrap --quiet --variant=minbase --include="$2" --customize-hook='rm "$1/etc/hostname"' \
      --customize-hook='chroot "$1" systemctl --quiet disable firewalld 2>/dev/null || :' "$3" "$1.part" &&
    mv "$1.part" "$1"
  }`
  const making = ['flock', `${cache}/lock`, 'sh', '-c', script, 'sh', folder, included, suite]
  const { exit, stderr } = await run(making, { timeout: 600_000 })
  if (exit !== 0) throw new Error(`making a Debian root folder failed: ${stderr.slice(-2000)}`)
  return folder
}

/** Files of its own that outlive the container, so that it can be booted again on them; `remove` once none runs. */
export async function keptFiles(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const lower = await rootFolder()
  const home = mkdtempSync(join(tmpdir(), 'murphy-files-'))
  const folder = join(home, 'root')
  const script = `mount -t tmpfs tmpfs "$1" && mkdir "$1/up" "$1/work" "$1/root" &&
    mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/up,workdir=$1/work" "$1/root"`
  const { exit, stderr } = await run(['sh', '-c', script, 'sh', home, lower])
  if (exit !== 0) throw new Error(`an overlay for the container's files: ${stderr}`)
  return {
    folder,
    async remove() {
      await run(['umount', '-l', folder, home])
      rmdirSync(home)
    },
  }
}

/**
 * Boots one. `binds` are folders of this machine that it sees read-only at the same place, `devices` what of /dev it
 * may use, `more` names of Debian packages that it has beside a node's, `distribution` another Debian. With `files` (of `keptFiles`) it can be booted on them again; nspawn gives each boot an id of its own.
 */
export async function bootContainer({
  binds = [],
  devices = [],
  more = [],
  distribution,
  files,
}: {
  binds?: readonly string[]
  devices?: readonly string[]
  more?: readonly string[]
  distribution?: Distribution
  files?: string
} = {}): Promise<Container> {
  const root = files ?? (await rootFolder(more, distribution))
  const began = Date.now()
  // It ends with this process, however that ends: asked to end, nspawn kills the init inside. Killed with a
  // whole process group it could not, so it has one of its own.
  const machine = `murphy-test-${process.pid}-${began.toString(36)}`
  const groups = makeGroups(machine)
  const nspawn = spawn(
    'sh',
    [
      ...['-c', 'for it in $GROUPS_OF_IT; do echo $$ >$it/cgroup.procs; done; exec setpriv "$@"', 'sh'],
      ...[
        '--pdeathsig',
        'TERM',
        '--',
        'systemd-nspawn',
        '--quiet',
        '--kill-signal=SIGKILL',
        '--directory',
        root,
      ],
      ...[...(files ? [] : ['--volatile=overlay']), '--register=no', '--keep-unit', '--console=pipe'],
      ...['--machine', machine, '--hostname', 'node1'],
      ...['--private-network', '--link-journal=no', '--resolv-conf=off', '--bind=/dev/kmsg'],
      '--capability=CAP_SYSLOG,CAP_NET_ADMIN,CAP_NET_RAW',
      ...binds.map((folder) => `--bind-ro=${folder}`),
      ...devices.map((device) => `--bind=${device}`),
      ...['--boot', 'systemd.unit=multi-user.target'],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, GROUPS_OF_IT: groups.join(' ') },
    },
  )
  let said = ''
  for (const stream of [nspawn.stdout, nspawn.stderr])
    stream.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-4000)
    })
  const ended = new Promise<void>((resolve) => nspawn.once('close', () => resolve())).then(() =>
    removeGroups(groups),
  )
  const kill = async () => {
    nspawn.kill('SIGTERM')
    await ended
  }
  try {
    const pid = await initOf(nspawn.pid as number, () => nspawn.exitCode !== null)
    const container = { ...inside(pid, kill), ended }
    const state = await container.exec(['systemctl', 'is-system-running', '--wait'])
    if (!/^(running|degraded)/.test(state.stdout))
      throw new Error(`systemd is ${state.stdout}${state.stderr}, not running`)
    return { ...container, boot: Date.now() - began }
  } catch (error) {
    await kill()
    throw new Error(`the container did not boot: ${(error as Error).message}\n${said}`, { cause: error })
  }
}

/**
 * Groups for one container alone: nspawn gives its systemd what is below its own groups, and two that share them would
 * count each other's processes as their units'.
 */
function makeGroups(name: string): string[] {
  const own = readFileSync('/proc/self/cgroup', 'utf8')
  return (
    [
      ['/sys/fs/cgroup', /^0::(.*)$/m],
      ['/sys/fs/cgroup/unified', /^0::(.*)$/m],
      ['/sys/fs/cgroup/systemd', /:name=systemd:(.*)$/m],
    ] as const
  ).flatMap(([hierarchy, path]) => {
    const home = join(hierarchy, path.exec(own)?.[1] ?? '')
    if (!existsSync(join(home, 'cgroup.procs'))) return []
    mkdirSync(join(home, name))
    return [join(home, name)]
  })
}

/** Once nothing runs in them, which the kernel says a moment after the last process has ended. */
async function removeGroups(groups: readonly string[]): Promise<void> {
  const script = 'for it; do find "$it" -depth -type d -exec rmdir {} + || exit 1; done'
  for (let tries = 0; tries < 100; tries += 1) {
    const there = groups.filter((it) => existsSync(it))
    if (there.length === 0 || (await run(['sh', '-c', script, 'sh', ...there])).exit === 0) return
    await pause(50)
  }
}

/** nspawn's child with a process id namespace of its own, once its bus listens. */
async function initOf(nspawn: number, over: () => boolean): Promise<number> {
  for (let tries = 0; tries < 600 && !over(); tries += 1) {
    await pause(50)
    for (const pid of childrenOf(nspawn))
      if (existsSync(`/proc/${pid}/root/run/dbus/system_bus_socket`)) return pid
  }
  throw new Error('no systemd came up in it')
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function inside(pid: number, stop: () => Promise<void>): Omit<Container, 'boot' | 'ended'> {
  const enter = ['nsenter', '--all', '--target', `${pid}`, '--', 'env', '-i']
  const environment = [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/root',
    'LC_ALL=C.UTF-8',
  ]
  const exec: Container['exec'] = (argv, options) => run([...enter, ...environment, ...argv], options)
  return {
    pid,
    exec,
    async sh(script, options) {
      const { exit, stdout, stderr } = await exec(['sh', '-euc', script], options)
      if (exit !== 0) throw new Error(`exit ${exit}: ${stderr}${stdout}\nfrom: ${script}`)
      return stdout
    },
    stop,
  }
}

function run(
  [command = '', ...args]: readonly string[],
  { input = '', timeout = 60_000 }: { input?: string; timeout?: number } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { timeout, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number')
        reject(new Error(`running ${args.at(-1)}: ${error.message}\n${stdout}${stderr}`, { cause: error }))
      else resolve({ exit: Number(error?.code ?? 0), stdout, stderr })
    })
    child.stdin?.on('error', () => {}).end(input)
  })
}
