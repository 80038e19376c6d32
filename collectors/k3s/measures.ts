import type { Measures } from '../../agent/model/index.ts'
import type { K3sSample } from './sample.ts'

export const measures: Measures<
  K3sSample,
  object,
  | 'k3s_part_up'
  | 'containers_running'
  | 'disk_size_bytes'
  | 'disk_used_ratio'
  | 'disk_inodes_used_ratio'
  | 'datastore_size_bytes'
  | 'datastore_quota_bytes'
> = {
  declared: {
    k3s_part_up: { help: '1 if this part of k3s was well when it was last asked.', labels: ['part'] },
    containers_running: { help: 'Containers that run on this node.', labels: [] },
    disk_size_bytes: { help: "Size of a file system that k3s's folders are on.", labels: ['path'] },
    disk_used_ratio: {
      help: 'How full it is, as the kubelet counts: what is reserved for root is not free.',
      labels: ['path'],
    },
    disk_inodes_used_ratio: { help: 'How many of its inodes are used.', labels: ['path'] },
    datastore_size_bytes: {
      help: "Size of k3s's datastore on this node, with its write-ahead log.",
      labels: ['kind'],
    },
    datastore_quota_bytes: { help: 'Size from which on etcd refuses every write.', labels: [] },
  },
  of: ({ answers = {}, tasks, disks = [], datastore }) => [
    ...Object.entries(answers).map(([part, it]) => ({
      name: 'k3s_part_up' as const,
      labels: { part },
      value: it.well ? 1 : 0,
    })),
    ...(tasks ? [{ name: 'containers_running' as const, value: tasks.count }] : []),
    ...disks.flatMap(({ path, size, used, inodes }) => [
      { name: 'disk_size_bytes' as const, labels: { path }, value: size },
      { name: 'disk_used_ratio' as const, labels: { path }, value: used / 100 },
      ...(inodes === undefined
        ? []
        : [{ name: 'disk_inodes_used_ratio' as const, labels: { path }, value: inodes / 100 }]),
    ]),
    ...(datastore
      ? [
          {
            name: 'datastore_size_bytes' as const,
            labels: { kind: datastore.kind },
            value: datastore.size + datastore.log,
          },
          ...(datastore.quota === undefined
            ? []
            : [{ name: 'datastore_quota_bytes' as const, value: datastore.quota }]),
        ]
      : []),
  ],
}
