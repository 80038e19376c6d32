import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { home, removeGroup, root, version2 } from './kernel.ts'
import { cgroups } from './recorded.ts'

/**
 * The control groups of the recorded pods, real ones with their limits and a process in each container's, below a group
 * of the bench: to be mounted where the node looks for the kubelet's.
 */
export function makeGroups(name: string) {
  const folder = join(root, `${home}-${name}`)
  const make = (path: string) => {
    if (version2) writeFileSync(join(dirname(path), 'cgroup.subtree_control'), '+memory')
    mkdirSync(path, { recursive: true })
  }
  make(folder)
  const missing = new Set<string>()
  for (const { path } of cgroups)
    for (let it = path; it !== '.'; it = dirname(it)) if (!existsSync(join(folder, it))) missing.add(it)
  for (const it of [...missing].sort((a, b) => a.length - b.length)) make(join(folder, it))
  for (const { path, limit } of cgroups) {
    // What means none is more than a container can be given.
    const isLimited = limit < 2 ** 60
    if (isLimited)
      writeFileSync(join(folder, path, version2 ? 'memory.max' : 'memory.limit_in_bytes'), String(limit))
    if (path.endsWith('.scope'))
      spawn('sh', ['-c', 'echo $$ > "$1/cgroup.procs"; exec sleep infinity', 'sh', join(folder, path)], {
        stdio: 'ignore',
      }).unref()
  }
  return {
    /** From, and to. */
    mount: [folder, root] as const,
    async remove() {
      const all = [...missing]
        .sort((a, b) => b.length - a.length)
        .map((it) => join(folder, it))
        .filter((it) => existsSync(it))
      for (const it of all)
        for (const pid of readFileSync(join(it, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
          process.kill(Number(pid), 'SIGKILL')
      for (const it of [...all, folder]) await removeGroup(it)
    },
  }
}
