import type { Rules } from '../../agent/model.ts'

const backstop =
  "k3s switches off the eviction of pods for want of memory, so the kernel's OOM killer is the only backstop there is."

export const rules = {
  'memory.oom-killed': {
    severity: 'warning',
    title: 'killed for want of memory',
    meaning: `The kernel killed a process of this container because a memory limit was reached, its own or one above it. Each kill is read from the kernel's log, /dev/kmsg, where only the kernel itself can have written it, and named by its cgroup and the folders under /var/log. It stays a finding for \`hold_minutes\` after the last kill. It is critical if the victim is a database, or if the node itself depends on it. ${backstop}`,
    so: 'The container lost a process or is restarted, and is killed again as long as it needs more than it may have.',
    next: [
      'See who used how much when it happened: `journalctl -k -g "oom-kill|Killed process" --since -2h`',
      'Find the process that grows, or raise its limit',
    ],
    never:
      'Remove the limit altogether: then the node runs out, and the kernel chooses among everything on it.',
    because: [{ code: 'memory.oom-system' }],
  },
  'memory.oom-system': {
    severity: 'critical',
    title: 'the node ran out of memory',
    meaning: `No limit was reached: the machine itself had no memory left (CONSTRAINT_NONE in the kernel's log), and the kernel killed what it held to be the least needed. It stays a finding for \`hold_minutes\` after the last such kill. ${backstop}`,
    so: 'Anything on the node may be killed next, also k3s, containerd and databases; whatever is not killed becomes slow.',
    next: [
      'See what holds the memory: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'See which pods do: `kubectl top pod -A --sort-by=memory | head -15`',
      'Give the biggest of them a limit (`resources.limits.memory`), or move it to another node',
      'See whether there is room again: `free -h`',
    ],
    never:
      'Shield everything with oom_score_adj -1000 or set vm.panic_on_oom: the node then hangs or reboots instead of losing one process.',
  },
} as const satisfies Rules

export type MemoryCode = keyof typeof rules
