import { utimesSync } from 'node:fs'
import t from 'tap'
import { HostError, type Stat } from '../../../agent/model/index.ts'
import { confirmedLeaks, networksFolder, readPool, settling, sizeOf } from '../../../collectors/cni/pool.ts'
import { nodeLike, sampleOf } from './node.ts'

const folder = `${networksFolder}/cbr0`
const well = await sampleOf('healthy')
const pods = Object.values(well.pods ?? {})
const own = '10.42.0.1/24'
const id = 'f'.repeat(64)

t.test('the reservations of a real node belong to its pods', async (t) => {
  t.match(well.pool, { folder, size: 253, used: 5, leaked: {} })
  t.equal(well.pool?.course.length, 1)
})

t.test('an address without a pod: since when, and only once it is read', async (t) => {
  const node = nodeLike(t, 'healthy')
  node.write(`${folder}/10.42.0.77`, `${id}\r\neth0`)
  const at = new Date(Date.parse('2026-11-22T20:00:00Z'))
  utimesSync(`${node.folder}/files${folder}/10.42.0.77`, at, at)
  const host = { ...node.host(), stat: async () => ({ ...(await node.host().stat(folder)), mtime: +at }) }
  const pool = await readPool(host, { pods, own, before: undefined })
  t.match(pool, { used: 6, leaked: { '10.42.0.77': +at } })
  t.same(pool?.course, [[host.now(), 1]])
  const text = async () => {
    throw new HostError('denied', 'is not asked again')
  }
  t.same(await readPool({ ...host, text }, { pods, own, before: pool }), pool)
  node.remove(`${folder}/10.42.0.77`)
  const after = await readPool(host, { pods, own, before: pool })
  t.match(after, { used: 5, leaked: {} })
  t.same(after?.course.at(-1), [host.now(), 0])
})

t.test('a sandbox that runs is no leak, though the result cache does not know it', async (t) => {
  const node = nodeLike(t, 'healthy')
  const [running = ''] = (
    await node.host().list('/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io')
  ).map((it) => it.name)
  node.write(`${folder}/10.42.0.77`, `${running}\r\neth0`)
  t.match(await readPool(node.host(), { pods, own, before: undefined }), { used: 6, leaked: {} })
})

t.test('files that are no addresses do not count; nothing reserved is no pool', async (t) => {
  const node = nodeLike(t, 'healthy')
  node.write(`${folder}/fd42::7`, id)
  node.write(`${folder}/x`, id)
  t.match(await readPool(node.host(), { pods, own, before: undefined }), { used: 5 })
  node.remove(networksFolder)
  t.equal(await readPool(node.host(), { pods, own, before: undefined }), undefined)
})

t.test('what is leaked is not forgotten for what is only being made', async (t) => {
  const leaked = Object.fromEntries(['10.42.9.1', '10.42.9.2', '10.42.9.3'].map((it) => [it, 1]))
  const before = { folder, size: 65_533, used: 3, leaked, course: [] }
  const names = [
    ...Array.from({ length: 900 }, (_, at) => `10.42.${at >> 8}.${at & 255}`),
    ...Object.keys(leaked),
  ]
  const host = {
    ...nodeLike(t, 'healthy').host(),
    list: async (path: string) =>
      path === folder ? names.map((name) => ({ name, kind: 'file' as const })) : [],
    text: async () => id,
    stat: async () => ({ mtime: 2 }) as Stat,
  }
  const pool = await readPool(host, { pods: [], own: '10.42.0.1/16', before })
  t.match(pool?.leaked, leaked)
  t.equal(Object.keys(pool?.leaked ?? {}).length, 512)
})

t.test('sizes, and what is leaked for certain', (t) => {
  t.equal(sizeOf('10.42.0.1/24'), 253)
  t.equal(sizeOf('10.42.0.1/26'), 61)
  t.equal(sizeOf('fd42::1/64'), 2 ** 40 - 2)
  t.same(confirmedLeaks({ a: 0, b: settling }, 2 * settling - 1), ['a'])
  t.end()
})
