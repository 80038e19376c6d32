import t from 'tap'
import type { Host } from '../../../agent/model/index.ts'
import { collect } from '../../../collectors/cni/collect.ts'
import { nodeLike } from './node.ts'

t.test('neighbours and FDB are asked when there is a reason to', async (t) => {
  const { host } = nodeLike(t, 'two-nodes-healthy-node1')
  const asked: string[] = []
  const counting: Host = {
    ...host(),
    run: (argv, options) => {
      asked.push(argv.join(' '))
      return host().run(argv, options)
    },
  }
  const at = host().now()
  const first = await collect(counting, { heard: [] })
  t.same(asked.splice(0), [
    'ip -j -d addr show',
    'ip -j -d route show',
    'ip -j -d neigh show',
    'bridge -j fdb show',
  ])
  const again = async (past: Partial<Parameters<typeof collect>[1]>) => {
    const sample = await collect(counting, { sample: first, at, heard: [], ...past })
    t.same(sample.peers, first.peers, 'what was seen stands')
    return asked.splice(0).length
  }
  t.equal(await again({}), 2)
  t.equal(
    await again({ heard: [{ at, text: 'Deleted 2: cni0: <BROADCAST>' }] }),
    2,
    'the bridge says nothing of peers',
  )
  t.equal(await again({ heard: [{ at, text: '10.42.1.0 dev flannel.1 FAILED ' }] }), 4)
  t.equal(await again({ heard: [{ at, text: 'ip monitor link address route neigh: receive error' }] }), 4)
  t.equal(await again({ at: at - 1_800_000 }), 4, 'twice an hour, whatever was heard')
  const lost = { ...first, peers: (first.peers ?? []).map((it) => ({ ...it, lacks: ['fdb' as const] })) }
  t.equal(await again({ sample: lost }), 4, 'a repair is seen')
})

t.test('a single node has no peers, and its FDB is not asked', async (t) => {
  const { host } = nodeLike(t, 'healthy')
  const asked: string[] = []
  const sample = await collect(
    {
      ...host(),
      run: (argv, options) => {
        asked.push(argv.join(' '))
        return host().run(argv, options)
      },
    },
    { heard: [] },
  )
  t.same(sample.peers, [])
  t.notOk(asked.includes('bridge -j fdb show'))
})

t.test('routes that could not be seen leave the peers as they were', async (t) => {
  const { host } = nodeLike(t, 'two-nodes-healthy-node1')
  const first = await collect(host(), { heard: [] })
  const run: Host['run'] = async (argv, options) =>
    argv.includes('route') ? { stdout: '', stderr: 'no', exit: 1 } : host().run(argv, options)
  const sample = await collect({ ...host(), run }, { sample: first, at: host().now(), heard: [] })
  t.same(sample.peers, first.peers)
  t.match(
    sample.unseen?.find((it) => it.what === 'routes'),
    { codes: ['cni.routes-missing'] },
  )
})

t.test('where the result cache names no pod, those with logs are named', async (t) => {
  const node = nodeLike(t, 'cni0-deleted')
  node.remove('/var/lib/cni/results')
  const sample = await collect(node.host(), { heard: [] })
  t.ok(sample.logged?.some((it) => it.startsWith('default/web-')))
})
