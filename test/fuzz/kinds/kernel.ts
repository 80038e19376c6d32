import { type Kill, type Reading, readKills } from '../../../collectors/memory/kills.ts'
import { logRecord } from '../../../collectors/memory/record.ts'
import { ofTheKiller } from '../../../collectors/memory.ts'
import { bytesOf, must } from '../kind.ts'
import { through } from './through.ts'

/** The kills that a log tells of. */
function killsIn(log: string): readonly Kill[] {
  const kills = new Map<number, Kill>()
  let reading: Reading = {}
  for (const text of log.split(/\n(?=\d+,\d+,)/)) {
    ofTheKiller(text)
    const record = logRecord(text)
    if (record)
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
  must(
    JSON.stringify(reading).length < 64 * 1024,
    'what is remembered of a log is bounded',
    () => `${JSON.stringify(reading).length} bytes`,
  )
  return [...kills.values()]
}

export const kmsg = through({
  name: 'kmsg',
  cases: 200,
  parts: /^file \/dev\/kmsg$|^run journalctl/,
  collectors: ['memory'],
  also(parts) {
    const log = bytesOf(parts, 'file /dev/kmsg').toString()
    const lines = log.split('\n').filter((it) => it.includes('Killed process ')).length
    must(
      killsIn(log).length <= lines,
      'no more kills than lines that say so',
      () => `${killsIn(log).length} of ${lines}`,
    )
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
    read: (bytes) => killsIn(bytes.toString()),
  },
})
