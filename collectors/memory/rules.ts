import { declared, whileOpen } from '../../agent/model/index.ts'
import { hour, minute } from '../../agent/text/times.ts'
import { byNode, inStorm } from './proofs.ts'

const backstop =
  "k3s switches off the eviction of pods for want of memory, so the kernel's OOM killer is the only backstop there is."

export const rules = declared({
  'memory.oom-killed': {
    severity: 'warning',
    title: 'killed for want of memory',
    meaning: `The kernel killed a process of this container because a memory limit was reached, its own or one above it. Each kill is read from the kernel's log, /dev/kmsg, where only the kernel itself can have written it, and named by its cgroup and the folders under /var/log. It stays a finding for \`hold_minutes\` after the last kill; the first after ten quiet minutes is counted from 1 again. It is critical if the victim is a database, or if the node itself depends on it. Notified at once: who was killed is not brought back by what comes after. ${backstop}`,
    measured: '/dev/kmsg, from the record on at which the last look ended.',
    settings: ['hold_minutes'],
    impact:
      'The container lost a process or is restarted, and is killed again as long as it needs more than it may have.',
    fix: [
      'See who used how much when it happened: `journalctl -k -g "oom-kill|Killed process" --since -2h`',
      'Find the process that grows, or raise its limit',
    ],
    avoid: [
      'Remove the limit altogether: then the node runs out, and the kernel chooses among everything on it.',
    ],
    because: [
      { code: 'memory.oom-system', proof: byNode },
      { code: 'memory.oom-storm', proof: inStorm },
      { code: 'memory.container-near-limit', same: 'pod', takes: whileOpen, outlivesRepair: true },
    ],
  },
  'memory.oom-repeating': {
    severity: 'critical',
    title: 'killed for want of memory again and again',
    meaning:
      'The kernel killed processes of the same container three times or more within a day; what was killed within 5 s counts as once. It is over when the next kill, by the mean distance of those before, is twice overdue, and `hold_minutes` have passed. Notified at once: the kills have happened.',
    measured: 'The kills of the last day, from /dev/kmsg.',
    settings: ['hold_minutes'],
    impact: 'It does not come right by itself: it needs more than it may have, or something in it grows.',
    fix: [
      'See what it is given and what it uses: `agent memory`',
      'Raise its limit, or find what grows in it; a database needs less for buffers and connections',
    ],
    avoid: ['Wait for it: each kill may be the one that a database does not recover from.'],
    because: [{ code: 'memory.oom-killed', same: 'subject', takes: whileOpen }],
  },
  'memory.oom-storm': {
    severity: 'critical',
    title: 'storm of OOM kills',
    meaning:
      'Twenty kills or more within a minute. Kills more than ten seconds after the last one are none of its own. It is over after a minute without one, and stays as a warning until ten minutes after its last kill. The kernel then leaves out most of what it otherwise logs of each, so that some are named by the name of the process only; none is left uncounted. Notified at once: the kills have happened.',
    measured: 'The kills of the last minute, from /dev/kmsg.',
    impact:
      'While it lasts, what is started is killed again at once, and whatever shares the limit goes too.',
    fix: [
      'See who is hit: `agent memory`',
      'Stop what starts them again and again: scale it to 0 with `kubectl scale`, or `systemctl stop` for a service',
      'Then raise its limit, or find what grows in it',
    ],
    avoid: ['Restart k3s: it starts all of them again at once.'],
    because: [{ code: 'memory.oom-system' }],
  },
  'memory.container-near-limit': {
    severity: 'warning',
    title: 'a container is about to reach its memory limit',
    meaning: `What the container holds, less what the kernel can take back (the cache of files), is at \`near_limit_percent\` of its limit, or grows so steadily that the limit is near: the median of all slopes over up to 24 looks (Theil and Sen), said from 60 % on, and only where it was watched for a quarter of the time that is left; where that is more than three hours, only once it has risen from day to day, twice. What comes and goes, by the minute, the day or the week, stays below its own peaks of the last eight days and is not told.`,
    measured:
      "memory.current, memory.max and memory.stat of each container's cgroup (version 1: usage_in_bytes and limit_in_bytes), or the limit of its pod where that is less.",
    settings: ['near_limit_percent'],
    impact: 'At its limit the kernel kills it.',
    fix: ['See which hold most of what they may: `agent memory`'],
    avoid: [
      'Remove the limit altogether: then the node runs out, and the kernel chooses among everything on it.',
    ],
    pendingFor: minute,
  },
  'memory.node-filling': {
    severity: 'warning',
    title: "the node's memory runs out",
    meaning: `Less than \`available_percent\` of the node's memory is available (MemAvailable in /proc/meminfo), or it shrinks so steadily that nothing will be left soon. ${backstop}`,
    measured: '/proc/meminfo.',
    settings: ['available_percent'],
    impact:
      'When nothing is left, the kernel kills what it holds to be the least needed; before that the node becomes slow.',
    fix: [
      'See what holds the memory: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'See which pods do: `kubectl top pod -A --sort-by=memory | head -15`',
    ],
    avoid: ['Drop the caches (`drop_caches`): what is available counts them already.'],
    pendingFor: minute,
  },
  'memory.pressure': {
    severity: 'warning',
    title: 'the node waits for memory',
    meaning:
      'In the last minute all that could run stood still, waiting for memory, for `pressure_percent` of the time or more (`full avg60` in /proc/pressure/memory, Linux 4.20 and later).',
    measured: '/proc/pressure/memory.',
    settings: ['pressure_percent'],
    impact: 'Everything is slow, probes fail, and containers are restarted for being late.',
    fix: [
      'See what holds the memory: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'See who reads its own files again and again: `cat /proc/pressure/io`, `vmstat 1 5`',
    ],
    pendingFor: minute,
    because: [{ code: 'memory.node-filling', takes: whileOpen }],
  },
  'memory.oom-records-lost': {
    severity: 'info',
    title: 'OOM kills without a record',
    meaning:
      'The kernel counted more kills (`oom_kill` in /proc/vmstat) than its log had lines for: its ring buffer was overwritten before Murphy read it. It counts each kill right before it logs it, so the difference is exact. It stays a finding for `hold_minutes` after the last one. Notified at once: the kills have happened.',
    measured: '`oom_kill` of /proc/vmstat against the lines of /dev/kmsg.',
    settings: ['hold_minutes'],
    impact: 'How many were killed is known; who they were is not.',
    fix: [
      'The journal may have them: `journalctl -k -g "Killed process" --since -2h`',
      'A larger ring buffer holds more: `log_buf_len=4M` on the kernel command line',
    ],
  },
  'memory.oom-before-boot': {
    severity: 'warning',
    title: 'the node went down, short of memory',
    meaning:
      'The boot before this one, as the journal has it, ended without a shutdown within 15 minutes after the node itself had no memory left, or with a panic of the kernel over it. Kills that nobody read then are made up for from there. It needs a journal that outlives a boot (/var/log/journal), and is remembered until 20 minutes after the boot. Notified at once: it happened.',
    measured:
      '`journalctl --boot=-1` with the records of the kernel, once after each boot; nothing where the journal does not outlast one.',
    impact: 'Short of memory it panicked, hung or was reset, and does so again when as much is taken.',
    fix: [
      'See how it ended: `journalctl -k -b -1 -n 50 --no-pager`',
      'See whether the kernel is told to panic: `sysctl vm.panic_on_oom kernel.panic`',
      'See what takes the memory now: `agent memory`',
    ],
    event: true,
    because: [{ code: 'memory.oom-system', takes: hour }],
  },
  'memory.oom-system': {
    severity: 'critical',
    title: 'the node ran out of memory',
    meaning: `No limit was reached: the machine itself had no memory left (CONSTRAINT_NONE in the kernel's log), and the kernel killed what it held to be the least needed. It stays a finding for \`hold_minutes\` after the last such kill. Notified at once: the kill has happened. ${backstop}`,
    measured: '/dev/kmsg, as for `memory.oom-killed`.',
    settings: ['hold_minutes'],
    impact:
      'Anything on the node may be killed next, also k3s, containerd and databases; whatever is not killed becomes slow.',
    fix: [
      'See what holds the memory: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'See which pods do: `kubectl top pod -A --sort-by=memory | head -15`',
      'Give the biggest of them a limit (`resources.limits.memory`), or move it to another node',
      'See whether there is room again: `free -h`',
    ],
    avoid: [
      'Shield everything with oom_score_adj -1000 or set vm.panic_on_oom: the node then hangs or reboots instead of losing one process.',
    ],
    because: [
      { code: 'memory.node-filling', takes: whileOpen },
      { code: 'memory.pressure', takes: whileOpen },
    ],
  },
})

export type MemoryCode = keyof typeof rules
