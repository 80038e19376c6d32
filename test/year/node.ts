import { join } from 'node:path'
import type { Test } from 'tap'
import { chance } from '../chance.ts'
import { authority } from './certificates.ts'
import { machineOf } from './machine.ts'
import { nodesOf } from './nodes.ts'
import { cgroupOf, logOf, type Pod, podsOf } from './pods.ts'
import { firewallOf } from './rules.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
export const day = 24 * hour
const gib = 2 ** 30
const recording = join(import.meta.dirname, '../nodes/healthy')
const unit = '/etc/systemd/system/k3s.service'
const show =
  'systemctl show k3s.service -p ActiveState,SubState,NRestarts,Result,ExecMainStatus,LoadState,UnitFileState,InactiveEnterTimestampMonotonic'

/** How k3s's own window is, in the release that runs here. */
const window = 120 * day

/**
 * A node that lives: the recorded one, with everything that a healthy node does in a year laid over. What
 * moves by itself (memory, disk, connections, counters, logs) follows the time; the rest happens when a
 * calendar says so.
 */
export function livingNode(t: Test, begin: number, age: number) {
  const random = chance(7)
  const hex = (length: number) =>
    Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
  const machine = machineOf(recording, begin)
  const { commands } = machine
  for (const name of ['ip_-j_-d_route_show', 'ip_-j_-d_addr_show', 'ip_-j_-d_neigh_show'])
    commands.set(name.replace('_', ' ').replaceAll('_', ' '), machineText(recording, `commands/${name}.out`))
  const pods = podsOf(machine, JSON.parse(commands.get('ip -j -d addr show') ?? '[]'), hex)
  const firewall = firewallOf(machine)
  machine.clock = begin - age
  const certificates = authority(t, machine, begin - age)
  machine.clock = begin

  /** True time of the last boot, and how far the clock is off. */
  let booted = begin - 20 * day
  let offset = 0
  let started = begin - 20 * day + minute
  let pid = 1234
  let version = 'v1.33.1+k3s1'
  let now = begin
  let sequence = 0
  /** Percent of the disk, without what moves by itself. */
  let disk = 52
  const datastore = 40
  let pulls = 0
  let killed = 0
  const born = new Map<string, number>()

  const say = (text: string) => {
    machine.kernel.push(`6,${sequence},${Math.round((now - booted) * 1000)},-;${text}`)
    sequence += 1
    if (machine.kernel.length > 500) machine.kernel.shift()
  }
  const program = () => {
    commands.set('/usr/local/bin/k3s --version', `k3s version ${version} (0123abcd)\ngo version go1.24.2\n`)
    machine.write('/usr/local/bin/k3s', version.repeat(1000))
  }
  /** The other node's Ready condition. */
  let node2: object = { type: 'Ready', status: 'True' }
  const api = (well: boolean) => {
    for (const [path, body] of [
      ['6443/readyz', 'ok'],
      ['6443/ping', 'pong'],
      ['6443/version', '{"gitVersion":"v1"}'],
      ['10248/healthz', 'ok'],
      ['10256/healthz', '{}'],
      ...nodesOf(node2),
    ] as const)
      well ? machine.answers.set(path, { status: 200, body }) : machine.answers.delete(path)
  }
  const process = () => {
    machine.write(`/proc/${pid}/comm`, 'k3s-server\n')
    machine.write(`/proc/${pid}/cmdline`, '/usr/local/bin/k3s\0server\0')
    machine.write(`/proc/${pid}/cgroup`, '0::/system.slice/k3s.service\n')
    machine.write(`/proc/${pid}/status`, 'Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n')
    const ticks = Math.round((started - booted) / 10)
    machine.write(
      `/proc/${pid}/stat`,
      `${pid} (k3s-server) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 20 0 ${ticks} 0 0`,
    )
    commands.set(
      show,
      'ActiveState=active\nSubState=running\nNRestarts=0\nResult=success\nExecMainStatus=0\nLoadState=loaded\nUnitFileState=enabled\nInactiveEnterTimestampMonotonic=0\n',
    )
  }
  const bootId = () =>
    machine.write('/proc/sys/kernel/random/boot_id', `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}\n`)

  /** Between 0 and 1, highest in the afternoon of a working day. */
  const busy = (at: number) => {
    const ofDay = 0.5 - 0.5 * Math.cos(((at % day) / day) * 2 * Math.PI)
    const weekend = new Date(at).getUTCDay() % 6 === 0
    return ofDay * (weekend ? 0.4 : 1)
  }
  const sysctls = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'bridge/bridge-nf-call-iptables']
  const settings = () => {
    for (const name of [
      ...sysctls,
      'bridge/bridge-nf-call-ip6tables',
      ...['cni0', 'flannel.1', 'eth0'].map((it) => `ipv4/conf/${it}/forwarding`),
    ])
      machine.write(`/proc/sys/net/${name}`, '1\n')
  }

  /** How much of its limit a container holds, by what it is. */
  const held = (pod: Pod, at: number) => {
    const since = at - (born.get(pod.id) ?? begin)
    // One that fills its heap for hours and then stays; and those that follow the load.
    if (pod.container === 'proxy') return 0.25 + 0.5 * (1 - Math.exp(-since / (6 * hour)))
    return 0.4 + 0.3 * busy(at) + 0.02 * Math.sin(at / minute)
  }
  const memory = (at: number) => {
    const total = 8 * gib
    const used = 0.35 + 0.25 * busy(at) + 0.03 * Math.sin(at / (2 * minute))
    const kib = (share: number) => Math.round((total * share) / 1024)
    machine.write(
      '/proc/meminfo',
      `MemTotal: ${kib(1)} kB\nMemFree: ${kib((1 - used) / 3)} kB\nMemAvailable: ${kib(1 - used)} kB\n`,
    )
    machine.write('/proc/vmstat', `nr_free_pages 1000\noom_kill ${killed}\n`)
    const waiting = (busy(at) ** 4 * 2).toFixed(2)
    machine.write(
      '/proc/pressure/memory',
      `some avg10=${waiting} avg60=${waiting} avg300=0.00 total=1\nfull avg10=0.00 avg60=0.${Math.floor(busy(at) * 9)}0 avg300=0.00 total=1\n`,
    )
    for (const it of pods.all()) {
      if (!it.veth) continue
      if (!born.has(it.id)) born.set(it.id, at)
      const cgroup = cgroupOf(it)
      const limit = 512 * 2 ** 20
      machine.write(`${cgroup}/memory.max`, `${limit}\n`)
      machine.write(`${cgroup}/memory.current`, `${Math.round(limit * held(it, at))}\n`)
      machine.write(`${cgroup}/memory.stat`, 'anon 1\ninactive_file 0\nactive_file 0\nslab_reclaimable 0\n')
    }
  }
  const network = (at: number) => {
    const packets = Math.round((at - begin) / 20) + 1_000_000
    // A frame now and then is damaged on every wire.
    const errors = Math.floor((at - begin) / (9 * hour))
    const line = (name: string, damaged: number) =>
      `${name}: 1000 ${packets} ${damaged} 0 0 0 0 0 1000 ${packets} 0 0 0 0 0 0\n`
    machine.write(
      '/proc/net/dev',
      `Inter-| Receive\n face |bytes\n${line('eth0', errors)}${line('cni0', 0)}${line('flannel.1', 0)}`,
    )
    machine.write('/proc/sys/net/netfilter/nf_conntrack_max', '131072\n')
    machine.write(
      '/proc/sys/net/netfilter/nf_conntrack_count',
      `${Math.round(131_072 * (0.03 + 0.22 * busy(at)))}\n`,
    )
  }
  const storage = (at: number) => {
    const days = (at - begin) / day
    // From 85 % on the kubelet deletes images until 80 are left.
    const used = () => disk + pulls + days * 0.03 + busy(at) * 0.5
    if (used() > 85) pulls = Math.max(0, pulls - used() + 80)
    const { size, inodes } = machine.space
    machine.space = {
      ...{ size, inodes },
      available: Math.round(size * (1 - used() / 100)),
      inodesFree: Math.round(inodes * (1 - used() / 200)),
    }
    const bytes = (datastore + (days % 30) * 0.4) * 2 ** 20
    if (Math.floor(days) % 7 === 0 || !machine.names('/var/lib/rancher/k3s/server/db').length)
      machine.write('/var/lib/rancher/k3s/server/db/state.db', Buffer.alloc(Math.round(bytes / 64)))
  }
  const logs = (at: number) => {
    for (const it of pods.all()) {
      if (!it.veth) continue
      const path = logOf(it)
      const time = new Date(at).toISOString()
      machine.append(
        path,
        `${time} stdout F GET / 200\n${time} stderr F level=info msg="error rate 0, retrying nothing" killed=0 panic=0\n`,
      )
      if (machine.text(path).length < 64 * 1024) continue
      // The kubelet sets a log aside that has grown large.
      const stamp = time.replace(/[-:T]/g, '').slice(0, 14)
      for (const old of machine.names(path.slice(0, path.lastIndexOf('/'))))
        if (/\.log\.\d/.test(old)) machine.remove(`${path.slice(0, path.lastIndexOf('/'))}/${old}`)
      machine.rename(path, `${path}.${stamp.slice(0, 8)}-${stamp.slice(8)}`)
      machine.write(path, '')
    }
  }

  const node = {
    ...{ machine, pods, firewall, certificates },
    /** The time goes on: all that moves by itself moves. */
    tick(at: number) {
      now = at
      // NTP keeps it within milliseconds, by slewing.
      machine.clock = Math.round(at + offset + 20 * Math.sin(at / hour))
      const uptime = (at - booted) / 1000
      machine.write('/proc/uptime', `${uptime.toFixed(2)} ${uptime.toFixed(2)}\n`)
      machine.write('/proc/stat', `cpu 1 2 3\nbtime ${Math.floor(machine.clock / 1000 - uptime)}\n`)
      memory(at)
      network(at)
      storage(at)
      logs(at)
    },
    /** The clock is put right, or wrong, by so many ms. */
    step(by: number) {
      offset += by
    },
    stopK3s() {
      machine.remove(`/proc/${pid}`)
      machine.served.clear()
      api(false)
      commands.set(
        show,
        `ActiveState=inactive\nSubState=dead\nNRestarts=0\nResult=success\nExecMainStatus=0\nLoadState=loaded\nUnitFileState=enabled\nInactiveEnterTimestampMonotonic=${Math.round((now - booted) * 1000)}\n`,
      )
    },
    /** It begins; the API answers later. What is in its window is renewed. */
    startK3s() {
      pid += 100
      started = now
      process()
      certificates.start(window)
      machine.write('/run/k3s/containerd/containerd.sock', '')
    },
    api,
    upgradeK3s(to: string) {
      version = to
      program()
    },
    pull(percent: number) {
      pulls += percent
    },
    /** Something that is no image fills the disk. */
    spill(percent: number) {
      disk += percent
    },
    say,
    /** A container writes a line to its log. */
    log(line: string) {
      const [pod] = pods.all()
      if (pod) machine.append(logOf(pod), `${new Date(now).toISOString()} stderr F ${line}\n`)
    },
    /** The other node loses its power; the API has seen it for a moment. */
    loseOther() {
      const lastTransitionTime = new Date(now).toISOString()
      node2 = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', lastTransitionTime }
      api(true)
    },
    /** The kernel kills a process of a container, as it logs it. */
    kill() {
      const [pod] = pods.all()
      if (!pod) return
      const cgroup = cgroupOf(pod).slice('/sys/fs/cgroup'.length)
      say('tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999')
      say(
        `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${cgroup},task_memcg=${cgroup},task=tail,pid=77,uid=0`,
      )
      say(
        'Memory cgroup out of memory: Killed process 77 (tail) total-vm:100kB, anon-rss:23000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:999',
      )
      killed += 1
    },
    /** Down and up again; `wrong` ms is how far the clock of the board is off until a time server is asked. */
    cutPower() {
      node.stopK3s()
      pods.cut()
      firewall.k3s(false)
      machine.dns = false
    },
    boot(wrong: number) {
      booted = now
      offset += wrong
      machine.kernel.length = 0
      sequence = 0
      say('Linux version 6.1.0-13-amd64')
      bootId()
      settings()
    },
    /** The API answers, flannel and kube-proxy have done their part, the pods run. */
    settleK3s() {
      machine.write('/run/flannel/subnet.env', subnet)
      firewall.k3s(true)
      api(true)
      const before = pods.all().map((it) => ({ ...it }))
      pods.wake()
      for (const was of before) {
        const is = pods.all().find((it) => it.name === was.name)
        if (is?.veth) firewall.replace(was, is)
      }
      machine.dns = true
    },
  }
  const subnet = machine.text('/run/flannel/subnet.env')
  machine.write(
    unit,
    '[Service]\nExecStart=/usr/local/bin/k3s server\n[Install]\nWantedBy=multi-user.target\n',
  )
  commands.set('timedatectl show --property=NTPSynchronized --value', 'yes\n')
  for (const it of [
    '/var/lib/kubelet/x',
    '/var/lib/rancher/k3s/agent/containerd/x',
    '/proc/sys/kernel/osrelease',
  ])
    machine.write(it, it.endsWith('osrelease') ? '6.1.0-13-amd64\n' : '')
  bootId()
  settings()
  program()
  process()
  certificates.start(0)
  api(true)
  node.tick(begin)
  return node
}

import { readFileSync } from 'node:fs'

const machineText = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8')

export type LivingNode = ReturnType<typeof livingNode>
