import { ofTheKiller } from '../../../collectors/memory/index.ts'
import { readLog } from '../../../collectors/memory/read-log.ts'
import { bytesOf, must, part, textOf } from '../kind.ts'
import { oddTexts } from '../odd.ts'
import { hostOf } from '../world.ts'
import { through } from './through.ts'

/** How many kills a log tells of. */
async function killsIn(log: Buffer): Promise<number> {
  const { kills, reading } = await readLog(hostOf([part('file /dev/kmsg', log)]), 'boot')
  const records = log.toString().split(/\n(?=\d+,\d+,)/)
  for (const it of records) ofTheKiller(it)
  // The last ten kills are remembered with the names of their cgroups, which are as long as a record at most.
  const longest = records.reduce((most, it) => Math.max(most, it.length), 0)
  const { length } = JSON.stringify(reading)
  must(length < 64 * 1024 + 24 * longest, 'what is remembered of a log is bounded', () => `${length} bytes`)
  return kills.length
}

/** What a process can have the kernel write by its name, 15 bytes of it, and by that of a file, when it crashes. */
function crash(comm: string, file: string): string {
  const escaped = (text: string) =>
    text.replace(/[\x00-\x1f\\]/g, (it) => `\\x${it.charCodeAt(0).toString(16).padStart(2, '0')}`)
  const name = Buffer.from(comm).subarray(0, 15).toString('latin1')
  return `6,900,2938099999,-;${escaped(name)}[26529]: segfault at 0 ip 000055d0 sp 00007ffc error 4 in ${escaped(file)}[401000+1000] likely on CPU 1`
}
const comms = [
  'Out of memory',
  'Out of memory:',
  'Memory cgroup o',
  'Killed process ',
  'Killed process',
  'oom-kill:constr',
  'Tasks in /',
  ': Killed proces',
  'a invoked oom-k',
]
const victims = [
  'Killed process 777 (k3s-server) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
  ': Killed process 777 (k3s-server) total-vm:1kB',
  '777 (a) total-vm:1kB',
  ',task=a,pid=777,uid=0',
  ') total-vm:1kB, anon-rss:1kB',
]

export const kmsg = through({
  name: 'kmsg',
  cases: 70,
  parts: /^file \/dev\/kmsg$|^run journalctl/,
  collectors: ['memory'],
  more: (luck) => [
    part('comm', luck.odds(0.8) ? luck.pick(comms) : luck.pick(oddTexts)),
    part('file', luck.pick(victims) + (luck.odds(0.3) ? luck.pick(oddTexts) : '')),
  ],
  async also(parts) {
    const forged = crash(textOf(parts, 'comm'), textOf(parts, 'file'))
    must((await killsIn(Buffer.from(forged))) === 0, 'a crash is no kill', () => forged)
    const log = bytesOf(parts, 'file /dev/kmsg')
    const lines = log.toString().split('Killed process ').length - 1
    const kills = await killsIn(log)
    must(kills <= lines, 'no more kills than lines that say so', () => `${kills} of ${lines}`)
  },
  growth: {
    around: [
      '4,1,1,-;',
      '4,1,1,-;Memory cgroup out of memory: Killed process 1 (',
      '4,1,1,-;oom-kill:constraint=',
      '4,1,1,c;',
      ') total-vm:1kB',
    ],
    pieces: [
      'Killed process 1 (a) ',
      ',task=',
      ',pid=1,uid=0',
      '(',
      ')',
      'Task in ',
      ' killed as a result of limit of ',
      '\\x5c',
      '\\x',
      '\n KEY=value',
      '\n4,1,1,c;,task_memcg=/a',
      'total-vm:',
    ],
    read: killsIn,
  },
})
