import { storming } from '../../collectors/memory/kill-patterns.ts'
import type { MemorySample } from '../../collectors/memory/sample.ts'
import type { Example } from './examples.ts'

const pod = {
  namespace: 'kube-system',
  name: 'local-path-provisioner-6795b5f9d8-x7q2m',
  container: 'local-path-provisioner',
}
const subject = `${pod.namespace}/${pod.name}/${pod.container}`

const at = Date.UTC(2026, 10, 29, 3, 12)
/** A storm as the collector remembers it: the same words while it goes on and once it is over would be wrong in one. */
const stormy: MemorySample = {
  ...{ cursor: 1, victims: [], recent: [], pods: [] },
  storm: {
    ...{ seconds: [], kills: 4500, first: at - 600_000, last: at, until: at + 600_000 },
    hits: { 'default/oomer': 4500 },
  },
}

export const memory: readonly Example[] = [
  {
    it: {
      code: 'memory.oom-killed',
      subject,
      pod,
      text: '13 kills since 03:02, last 03:12 UTC, limit 128 MiB; last: local-path-prov (pid 25978) with 127 MiB.',
      evidence: { kills: 13, limit: '128 MiB', process: 'local-path-prov', pid: 25_978 },
    },
    key: 'OOMKilled 13x: local-path',
  },
  {
    it: {
      code: 'memory.oom-killed',
      subject: 'process mariadbd in /system.slice/mariadb.service',
      text: '1 kill at 03:12 UTC, limit 512 MiB; mariadbd (pid 812) with 511 MiB.',
      evidence: { kills: 1, limit: '512 MiB' },
    },
    key: 'OOM kill: mariadbd',
  },
  {
    it: {
      code: 'memory.oom-repeating',
      subject,
      pod,
      text: 'OOMKilled 12 times since 03:02, last 03:12 UTC, less than a minute apart.',
      evidence: { times: 12, within: '10 min' },
    },
    key: 'OOMKilled 12x: local-path',
  },
  ...[0, 60_000].flatMap((later) =>
    storming(stormy, at + later).map((it) => ({ it, key: `${later > 0 ? 'over' : 'storm'}: 4500 kills` })),
  ),
  {
    it: {
      code: 'memory.container-near-limit',
      subject,
      pod,
      text: 'Uses 123.1 of 128.0 MiB (96 %). Grows by 1.2 MiB a minute: limit reached in about 4 min (03:16 UTC).',
      evidence: { percent: 96, used: '123 MiB', limit: '128 MiB' },
    },
    key: '96 % full: local-path',
  },
  {
    it: {
      code: 'memory.node-filling',
      subject: 'node',
      text: '3.2 of 16.0 GiB available (20 %). It shrinks by 80 MiB a minute: nothing left in about 40 min (03:52 UTC).',
      evidence: { percent: 20, 'nothing left at': '2026-11-29T03:52:00.000Z' },
    },
    key: 'shrinking: 20 % left',
  },
  {
    it: {
      code: 'memory.pressure',
      subject: 'node',
      text: 'In the last minute all tasks stalled on memory 100 % of the time, some tasks 100 % (PSI avg60).',
      evidence: { full: 100, some: 100 },
    },
    key: '100 % stalled',
  },
  {
    it: {
      code: 'memory.oom-records-lost',
      subject: 'node',
      text: 'The kernel counts 4500 OOM kills since boot: 4312 in its log, 188 not in its log (noticed 03:12 UTC).',
      evidence: { counted: 4500, explained: 4312, lost: 188 },
    },
    key: '188 OOM kills',
  },
  {
    it: {
      code: 'memory.oom-before-boot',
      subject: 'node',
      severity: 'critical',
      text: 'The previous boot ended at 03:02 UTC. The kernel panicked: Out of memory: system-wide panic_on_oom is enabled. This boot began at 03:04 UTC.',
      evidence: { panic: 'Out of memory: system-wide panic_on_oom is enabled' },
    },
    key: 'previous boot: OOM kernel panic',
  },
  {
    it: {
      code: 'memory.oom-system',
      subject: 'node',
      text: '3 kills since 03:02, last 03:12 UTC, as the node had no memory left: postgres (shop/db-0/postgres).',
      evidence: { kills: 3 },
    },
    key: 'node ran out of memory: 3 OOM',
  },
]
