import { readFileSync } from 'node:fs'

/** File systems that answer as long as the machine itself does; Murphy's own state on them is written in place too. */
const local = /^(ext[234]|xfs|f2fs|tmpfs|ramfs|overlay|zfs|vfat|squashfs|erofs)$/

/** Device numbers of file systems that are gone are given to others. */
const trusted = 60_000

let disks: ReadonlySet<number> = new Set()
let asked = Number.NEGATIVE_INFINITY

/** Whether the device of a `Stat` is a file system of this machine, by /proc/self/mountinfo (proc(5)). */
export function isLocal(dev: number): boolean {
  if (performance.now() - asked > trusted) {
    asked = performance.now()
    try {
      disks = localDevices(readFileSync('/proc/self/mountinfo', 'latin1'))
    } catch {
      disks = new Set()
    }
  }
  return disks.has(dev)
}

/** The device numbers, as stat(2) gives them, of what is local in a mountinfo. */
export function localDevices(mountinfo: string): ReadonlySet<number> {
  const found = new Set<number>()
  for (const line of mountinfo.split('\n')) {
    const [, major, minor] = /^\d+ \d+ (\d+):(\d+) /.exec(line) ?? []
    const type = line.slice(line.indexOf(' - ') + 3).split(' ', 1)[0] ?? ''
    // makedev(3): the low eight bits of the minor number, twelve of the major, then the rest of the minor.
    if (major && local.test(type))
      found.add((Number(minor) & 0xff) + Number(major) * 0x100 + Math.floor(Number(minor) / 0x100) * 0x100000)
  }
  return found
}
