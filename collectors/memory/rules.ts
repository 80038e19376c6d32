import { declared, whileOpen } from '../../agent/model/index.ts'
import { hour, minute } from '../../agent/text/times.ts'
import { byNode, inStorm } from './proofs.ts'
import { titles } from './titles.ts'

const backstop =
  "Unless `eviction-hard` of the kubelet names memory.available, k3s evicts no pods for low memory, and the kernel's OOM killer is the only backstop."

export const rules = declared({
  'memory.oom-killed': {
    severity: 'warning',
    title: 'OOMKilled',
    titleFor: titles.killed,
    meaning: `The kernel killed a process of this container at a memory limit, its own or one above it. Each kill is read from the kernel's log, /dev/kmsg, where only the kernel itself can have written it, and named by its cgroup and the folders under /var/log. The finding stays open for \`hold_minutes\` after the last kill; the first after ten quiet minutes counts from 1 again. It is critical if the victim is a database, or if the node itself depends on it. Notified at once: the kill has happened. ${backstop}`,
    measured: '/dev/kmsg, from the record on at which the last round ended.',
    settings: ['hold_minutes'],
    impact: 'Will be OOMKilled again until usage drops or the limit is raised.',
    fix: [
      'See what the kernel logged: `journalctl -k -g "oom-kill|Killed process" --since -2h`',
      'Find the process that grows, or raise its limit',
    ],
    avoid: ["Don't remove the limit: the whole node could run out of memory."],
    because: [
      { code: 'memory.oom-system', proof: byNode },
      { code: 'memory.oom-storm', proof: inStorm, restates: true },
      { code: 'memory.container-near-limit', same: 'pod', takes: whileOpen, outlivesRepair: true },
    ],
  },
  'memory.oom-repeating': {
    severity: 'critical',
    title: 'OOMKilled again and again',
    titleFor: titles.repeating,
    meaning:
      'The kernel killed processes of the same container three times or more within a day; kills within 5 s count once. It is over when the next kill, by the mean interval so far, is twice overdue, and `hold_minutes` have passed. Notified at once: the kills have happened.',
    measured: 'The kills of the last day, from /dev/kmsg.',
    settings: ['hold_minutes'],
    impact: 'Will be OOMKilled again and again: its limit is too low, or a process in it leaks.',
    fix: [
      'See its usage and its limit: `agent memory`',
      'Raise its limit, or find what grows in it; give a database smaller buffers and fewer connections',
    ],
    avoid: ["Don't wait: a database may not recover from the next kill."],
    because: [{ code: 'memory.oom-killed', same: 'subject', takes: whileOpen, restates: true }],
  },
  'memory.oom-storm': {
    severity: 'critical',
    title: 'OOM kill storm',
    titleFor: titles.storm,
    meaning:
      'Twenty kills or more within a minute, of one pod, or of three or more or because the node ran out of memory. A kill of another pod does not belong to the storm of one, nor does a kill more than ten seconds after the last one. The storm is over after a minute without a kill, and stays open as a warning until ten minutes after its last kill. In a storm the kernel logs less of each kill, so that some are identified by the name of the process only; all are counted. Notified at once: the kills have happened.',
    measured: 'The kills of the last minute, from /dev/kmsg.',
    impact: 'New processes are killed at once, and so is whatever shares their limit.',
    fix: [
      'See who is killed: `agent memory`',
      'Stop what restarts them: scale the workload to 0, or stop the service',
      'Then raise its limit, or find what grows in it',
    ],
    avoid: ["Don't restart k3s: that starts all of them again at once."],
    because: [{ code: 'memory.oom-system' }],
  },
  'memory.container-near-limit': {
    severity: 'warning',
    title: 'container near its memory limit',
    titleFor: titles.nearLimit,
    meaning: `The memory of the container without its file cache, which the kernel can reclaim, is at \`near_limit_percent\` of its limit, or grows so steadily that the limit is near. The pace is the median of all slopes over up to 24 rounds (Theil and Sen). It is reported from 60 % on, and only if watched for a quarter of the time that is left; beyond three hours, only once it rose from day to day, twice. A load that repeats by the minute, the day or the week stays below its own peaks of the last eight days and is not reported.`,
    measured:
      "memory.current, memory.max and memory.stat of each container's cgroup (version 1: usage_in_bytes and limit_in_bytes), or the limit of its pod where that is less.",
    settings: ['near_limit_percent'],
    impact: 'At 100 % the kernel kills it (OOMKilled).',
    fix: ['See usage and limits of all containers: `agent memory`'],
    avoid: ["Don't remove the limit: the whole node could run out of memory."],
    pendingFor: minute,
  },
  'memory.node-filling': {
    severity: 'warning',
    title: 'node memory low',
    titleFor: titles.nodeFilling,
    meaning: `Less than \`available_percent\` of the node's memory is available (MemAvailable in /proc/meminfo), or it shrinks so steadily that soon nothing is left. ${backstop}`,
    measured: '/proc/meminfo.',
    settings: ['available_percent'],
    impact: 'The node gets slow; at 0 the kernel kills processes, often the largest.',
    fix: [
      'See which processes use most: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'See which pods use most (on a server): `kubectl top pod -A --sort-by=memory | head -15`',
    ],
    avoid: ["Don't drop the caches: available memory already includes them."],
    pendingFor: minute,
  },
  'memory.pressure': {
    severity: 'warning',
    title: 'memory pressure (PSI)',
    titleFor: titles.pressure,
    meaning:
      'In the last minute all runnable tasks stalled on memory at the same time for `pressure_percent` of the time or more (PSI: `full avg60` in /proc/pressure/memory, Linux 4.20 and later).',
    measured: '/proc/pressure/memory.',
    settings: ['pressure_percent'],
    impact: 'Everything is slow, probes fail, and the kubelet restarts containers that answer late.',
    fix: [
      'See which processes use most: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'See whether the node also waits for its disk: `cat /proc/pressure/io`',
      'See whether it swaps or reads files again: `vmstat 1 5`',
    ],
    pendingFor: minute,
    because: [{ code: 'memory.node-filling', takes: whileOpen }],
  },
  'memory.oom-records-lost': {
    severity: 'info',
    title: 'OOM kills not in the kernel log',
    titleFor: titles.lost,
    meaning:
      'The kernel counted more kills (`oom_kill` in /proc/vmstat) than its log had lines for: its ring buffer was overwritten before Murphy read it. The kernel counts each kill right before it logs it, so the difference is exact. The finding stays open for `hold_minutes` after the last one. Notified at once: the kills have happened.',
    measured: '`oom_kill` of /proc/vmstat against the lines of /dev/kmsg.',
    settings: ['hold_minutes'],
    impact: 'The number of kills is known, their victims are not.',
    fix: [
      'See whether the journal has them: `journalctl -k -g "Killed process" --since -2h`',
      'For a larger ring buffer, add log_buf_len=4M to the kernel command line',
    ],
  },
  'memory.oom-before-boot': {
    severity: 'warning',
    title: 'previous boot ended out of memory',
    titleFor: titles.beforeBoot,
    meaning:
      'By the journal, the boot before this one ended without a shutdown within 15 minutes after the node ran out of memory, or with a kernel panic over it. Kills that nobody read then are read from there. This needs a persistent journal (/var/log/journal), and is reported until 20 minutes after the boot. Notified at once: it happened.',
    measured:
      '`journalctl --boot=-1` with the records of the kernel, once after each boot; nothing where the journal is not persistent.',
    impact: 'The node crashed, hung or was reset; the same memory use would do that again.',
    fix: [
      'See how that boot ended: `journalctl -k -b -1 -n 50 --no-pager`',
      'See whether the kernel is set to panic on OOM: `sysctl vm.panic_on_oom kernel.panic`',
      'See what uses the memory now: `agent memory`',
    ],
    event: true,
    because: [{ code: 'memory.oom-system', takes: hour }],
  },
  'memory.oom-system': {
    severity: 'critical',
    title: 'node ran out of memory (system OOM)',
    titleFor: titles.system,
    meaning: `No limit was reached: the machine itself had no memory left (CONSTRAINT_NONE in the kernel's log), and the kernel killed the process with the highest OOM score. The finding stays open for \`hold_minutes\` after the last such kill. Notified at once: the kill has happened. ${backstop}`,
    measured: '/dev/kmsg, as for `memory.oom-killed`.',
    settings: ['hold_minutes'],
    impact: 'The kernel may kill anything next, also k3s, containerd and databases. The rest is slow.',
    fix: [
      'See which processes use most: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'See which pods use most (on a server): `kubectl top pod -A --sort-by=memory | head -15`',
      'Give the largest a limit (resources.limits.memory), or move it to another node',
      'Check that memory is available again: `free -h`',
    ],
    avoid: ["Don't set oom_score_adj -1000 everywhere or vm.panic_on_oom: the node would hang or reboot."],
    because: [
      { code: 'memory.node-filling', takes: whileOpen },
      { code: 'memory.pressure', takes: whileOpen },
    ],
  },
})

export type MemoryCode = keyof typeof rules
