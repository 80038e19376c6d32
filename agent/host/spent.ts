import { readFileSync } from 'node:fs'

/** The kernel's unit of time in /proc, ms: USER_HZ is 100 on every architecture Node.js runs on. */
const tick = 10

/**
 * The CPU time this process and its ended children have used so far, ms. Children count once they have ended, to the
 * nearest 10 ms each (proc_pid_stat(5), fields 16 and 17: cutime, cstime). Without /proc, this process alone.
 */
export function spent(stat: () => string = () => readFileSync('/proc/self/stat', 'latin1')): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000 + childrens(stat)
}

function childrens(stat: () => string): number {
  try {
    const text = stat()
    // The second field, the name of the program, may hold anything, also parentheses and blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[13]) + Number(fields[14])
    return Number.isFinite(ticks) ? ticks * tick : 0
  } catch {
    return 0
  }
}
