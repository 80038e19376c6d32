import { join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { cluster } from '../../../collectors/cluster/index.ts'

t.test(
  'recorded nodes are calm; a server says what is not recorded, an agent that it does not watch',
  async (t) => {
    for (const [name, absent, says] of [
      ['healthy', undefined, 'nodes not listed'],
      ['two-nodes-healthy-node2', undefined, 'only servers watch other nodes'],
      ['no-k3s', 'never', 'no k3s on this machine'],
    ] as const) {
      const host = recordedNode(join(import.meta.dirname, '../../nodes', name))
      const sample = await cluster.collect(host, {}, { heard: [] })
      t.strictSame(cluster.assess(sample, { heard: [] }, {}, host.now()), [], name)
      t.ok((sample.unseen ?? []).every((it) => it.unrecorded))
      t.equal(cluster.absent?.(sample), absent)
      t.equal(cluster.summary(sample, {}, host.now()), says)
    }
  },
)
