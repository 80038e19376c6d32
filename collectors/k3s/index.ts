import { collector, type Deadline } from '../../agent/model/index.ts'
import { assess } from './assess.ts'
import { collect } from './collect.ts'
import { diskForecast } from './filling.ts'
import { measures } from './measures.ts'
import { processPolls } from './process-poll.ts'
import { rules } from './rules.ts'
import type { K3sSample } from './sample.ts'
import { summary } from './summary.ts'
import { cniHome, containerdRun } from './traces.ts'

/**
 * k3s itself: whether it runs and answers, whether it has room to write, and which events explain what is missing
 * elsewhere.
 */
export const k3s = collector({
  name: 'k3s',
  title: 'k3s itself',
  every: '50 * * * * *',
  woken:
    "k3s's process ends or starts (checked every 2 s), containerd's socket is created again or CNI's folder is removed",
  timeout: 30_000,
  measures,
  rules,
  settings: {
    disk_percent: {
      type: 'integer',
      description: 'From how many percent of bytes or inodes on a disk of k3s is called filling.',
      default: 90,
      minimum: 50,
      maximum: 99,
    },
    disk_days: {
      type: 'number',
      description: 'How many days ahead a disk that will be full is reported.',
      default: 3,
      minimum: 0,
      maximum: 30,
    },
    stopped_minutes: {
      type: 'integer',
      description: 'How long k3s may stay stopped by hand before that is reported, in minutes.',
      default: 15,
      minimum: 1,
      maximum: 10_080,
    },
    datastore_mib: {
      type: 'integer',
      description: "From which size on k3s's SQLite datastore is called large, in MiB.",
      default: 2048,
      minimum: 16,
      maximum: 1_048_576,
    },
  },
  collect: (host, _settings, past) => collect(host, past),
  assess: (sample, past, settings, now) => assess(sample, past, settings, now),
  absent: ({ k3s: found, had }) => (found ? undefined : had ? 'gone' : 'never'),
  summary: (sample, _settings, now) => summary(sample, now),
  series: ({ disks = [], datastore }: K3sSample): Readonly<Record<string, number>> => ({
    ...Object.fromEntries(disks.map((it) => [`disk.${it.path}`, it.used])),
    ...Object.fromEntries(
      disks.flatMap((it) => (it.inodes === undefined ? [] : [[`inodes.${it.path}`, it.inodes]])),
    ),
    ...(datastore && { datastore: datastore.size + datastore.log }),
  }),
  deadlines: ({ disks = [] }, _settings, now, series): readonly Deadline[] =>
    disks.flatMap((disk) => {
      const reach = diskForecast(disk, 'disk', series, now)
      return reach ? [{ what: `disk of ${disk.path}`, at: reach.at, confidence: reach.confidence }] : []
    }),
  // containerd recreates its socket when k3s starts; `k3s-killall.sh` removes CNI's folder as one of its last acts.
  watch: (_settings, sample) =>
    sample?.k3s ? [{ kind: 'paths', paths: [containerdRun, cniHome] }, ...processPolls(sample)] : [],
})
