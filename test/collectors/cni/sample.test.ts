import t from 'tap'
import { collect } from '../../../collectors/cni/collect.ts'
import { resultsFolder } from '../../../collectors/cni/pods.ts'
import { nodeLike, sampleOf } from './node.ts'

t.test('a sample is plain JSON', async (t) => {
  const sample = await sampleOf('two-nodes-overlay-deleted-on-node2-node2')
  t.strictSame(JSON.parse(JSON.stringify(sample)), sample)
})

t.test('a full node, 250 pods, is remembered in 40 kB', async (t) => {
  const { host, write } = nodeLike(t, 'healthy')
  const names = (await host().list(resultsFolder)).filter((it) => it.name.startsWith('cbr0-'))
  const answer = await host().text(`${resultsFolder}/${names[0]?.name}`)
  for (let at = 0; at < 245; at += 1)
    write(`${resultsFolder}/cbr0-${at.toString(16).padStart(13, '0').padEnd(64, 'a')}-eth0`, answer)
  const sample = await collect(host(), { heard: [] })
  t.equal(Object.keys(sample.pods ?? {}).length, 250)
  t.ok(JSON.stringify(sample).length < 40_000, `${JSON.stringify(sample).length}`)
})
