import { readFileSync } from 'node:fs'
import type { Kill, Reading } from '../../../collectors/memory/kills.ts'
import { readKills } from '../../../collectors/memory/kills.ts'
import { logRecord } from '../../../collectors/node/kernel-log.ts'

/** The records of 17 real kills (kernel 6.18, cgroup v1, k3s 1.21), as /dev/kmsg gave them. */
export const recorded = readFileSync(new URL('../../nodes/oom-kills/files/dev/kmsg', import.meta.url), 'utf8')
  .trimEnd()
  .split(/\n(?=\d+,)/)

/** Lines as records of the kernel, a millisecond apart; one that begins with a number and a comma is a record already. */
export const records = (...lines: readonly string[]) =>
  lines.map((line, at) => (/^\d+,/.test(line) ? line : `6,${at},${at * 1000},-;${line}`))

/** What is read from records, in one go or going on from an earlier reading. */
export function read(lines: readonly string[], from: Reading = {}): { kills: Kill[]; reading: Reading } {
  const kills = new Map<number, Kill>()
  let reading = from
  for (const line of lines) {
    const record = logRecord(line)
    if (!record) throw new Error(`no record: ${line}`)
    reading = readKills(
      reading,
      record,
      (it) => kills.set(it.sequence, it),
      (sequence, change) => {
        const it = kills.get(sequence)
        if (it) kills.set(sequence, change(it))
      },
    )
  }
  return { kills: [...kills.values()], reading }
}

export const uid = '590e112b-f426-43df-a156-a82643a83dd3'
export const containerId = '185ec62cdec43da3609a75355029686d084b70b9ba2d73ae239d0f222fd52486'
export const podCgroup = `/kubepods/burstable/pod${uid}`

/** The two lines of a kill since Linux 5.1, as 6.18 prints them. */
export const killed = (
  comm: string,
  pid: number,
  {
    memcg = podCgroup,
    task = `${podCgroup}/${containerId}`,
    constraint = 'CONSTRAINT_MEMCG',
    global = false,
    adj = 999,
  } = {},
): readonly [string, string] => [
  `oom-kill:constraint=${constraint},nodemask=(null),cpuset=${containerId},mems_allowed=0,${global ? 'global_oom' : `oom_memcg=${memcg}`},task_memcg=${task},task=${comm},pid=${pid},uid=0`,
  `${global ? 'Out of memory' : 'Memory cgroup out of memory'}: Killed process ${pid} (${comm}) total-vm:26016kB, anon-rss:23808kB, file-rss:880kB, shmem-rss:0kB, UID:0 pgtables:92kB oom_score_adj:${adj}`,
]

export const header = (comm: string) =>
  `${comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999`
