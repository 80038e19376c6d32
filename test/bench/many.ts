import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** So many containers of as many pods below `folder`: logs, their links and control groups, as the kubelet leaves them. */
export function makeContainers(folder: string, count: number): void {
  const slice = 'sys/fs/cgroup/memory/kubepods.slice/kubepods-burstable.slice'
  mkdirSync(join(folder, 'var/log/containers'), { recursive: true })
  mkdirSync(join(folder, 'run/k3s'), { recursive: true })
  for (let at = 0; at < count; at += 1) {
    const hex = at.toString(16).padStart(12, '0')
    const [uid, id] = [`00000000-0000-4000-8000-${hex}`, hex.padStart(64, 'a')]
    const logs = `var/log/pods/shop_web-${at}_${uid}/app`
    mkdirSync(join(folder, logs), { recursive: true })
    writeFileSync(join(folder, logs, '0.log'), '2026-11-23T00:29:20.1Z stdout F started\n')
    symlinkSync(`/${logs}/0.log`, join(folder, `var/log/containers/web-${at}_shop_app-${id}.log`))
    const pod = join(folder, slice, `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`)
    const group = join(pod, `cri-containerd-${id}.scope`)
    mkdirSync(group, { recursive: true })
    for (const it of [pod, group]) {
      writeFileSync(join(it, 'memory.limit_in_bytes'), `${64 * 2 ** 20}\n`)
      writeFileSync(join(it, 'memory.usage_in_bytes'), `${2 ** 20}\n`)
      writeFileSync(join(it, 'memory.oom_control'), 'oom_kill_disable 0\nunder_oom 0\noom_kill 0\n')
    }
  }
}
