import type { Entry, Host } from '../agent/model/index.ts'

/** So many more of everything: beyond each cap of a collector that counts folders, files, links or rows. */
const times = 1_100

/**
 * A node with more of everything than anybody planned for: whatever is listed is there `times` more, under names that come
 * before it in the order in which they are listed, and with what it holds; pods have other names. `ip` prints as many bridges
 * more, and the kernel has killed as many processes of a user.
 */
export function crowded(host: Host): Host {
  const originals = new Map<string, string>()
  /** The path without the copies in it. */
  const original = (path: string) => {
    const parts = path.split('/')
    for (let at = 2; at <= parts.length; at += 1) {
      const name = originals.get(parts.slice(0, at).join('/'))
      if (name !== undefined) return [...parts.slice(0, at - 1), name, ...parts.slice(at)].join('/')
    }
    return path
  }
  const inCopy = (path: string) => original(path) !== path
  const on =
    <A extends unknown[], R>(ask: (path: string, ...more: A) => R) =>
    (path: string, ...more: A): R =>
      ask(original(path), ...more)
  return {
    ...host,
    read: on(host.read),
    async text(path, options) {
      const text = await host.text(original(path), options)
      const [, id] = /-([0-9a-f]{8})[0-9a-f]{56}-eth0$/.exec(path) ?? []
      if (inCopy(path) && id) return text.replace(/(\["K8S_POD_NAME","[^"]*)/, `$1-${id}`)
      return path === '/proc/vmstat'
        ? text.replace(/^(oom_kill )(\d+)$/m, (_, key, count) => `${key}${Number(count) + times}`)
        : text
    },
    async kmsg(after, record) {
      let last = [0, 0]
      await host.kmsg(-1, (it) => {
        const [, sequence = 0, uptime = 0] = it.split(',', 3).map(Number)
        last = [sequence, uptime]
        if (sequence > after) record(it)
      })
      const [sequence = 0, uptime = 0] = last
      for (const [at, line] of killed().entries())
        if (sequence + 1 + at > after)
          record(`3,${sequence + 1 + at},${uptime - (2 * times - at) * 2e6},-;${line}`)
    },
    owned: on(host.owned),
    range: on(host.range),
    stat: on(host.stat),
    target: on(host.target),
    space: on(host.space),
    stats: (paths) => host.stats(paths.map(original)),
    async list(path) {
      const entries = await host.list(original(path))
      if (inCopy(path) || entries.length === 0) return entries
      const copies = Array.from({ length: times }, (_, at): Entry | undefined => {
        const it = entries[at % entries.length] as Entry
        const name = copyOf(it.name, at)
        if (name === undefined || entries.some((one) => one.name === name)) return undefined
        originals.set(`${path}/${name}`, it.name)
        return { ...it, name }
      })
      return [...copies.filter((it) => it !== undefined), ...entries]
    },
    async run(argv, options) {
      const ran = await host.run(argv, options)
      if (argv[0] !== 'ip' || !argv.includes('addr')) return ran
      const links = JSON.parse(ran.stdout) as unknown[]
      const bridges = Array.from({ length: times }, (_, at) => ({
        ifname: `br-${at.toString(16).padStart(12, '0')}`,
        flags: ['UP'],
        mtu: 1500,
        linkinfo: { info_kind: 'bridge' },
        addr_info: [],
      }))
      return { ...ran, stdout: JSON.stringify([...links.slice(0, 1), ...bridges, ...links.slice(1)]) }
    },
  }
}

/** Two lines for each, as Linux 6.1 prints them. */
const killed = () =>
  Array.from({ length: times }, (_, at) => [
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/user.slice/user-1000.slice/x,task_memcg=/user.slice/user-1000.slice/x,task=junk${at},pid=${at + 1},uid=1000`,
    `Memory cgroup out of memory: Killed process ${at + 1} (junk${at}) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:92kB oom_score_adj:0`,
  ]).flat()

/** Another name of the same form: ids stay ids. Numbers are processes, and what has neither is a program's own file. */
function copyOf(name: string, at: number): string | undefined {
  if (/^\d+$/.test(name)) return undefined
  const id = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,64}/.exec(name)
  if (!id) return undefined
  const [was] = id
  const count = at.toString(16).padStart(8, '0')
  return name.replace(was, `${count}${was.slice(8)}`)
}
