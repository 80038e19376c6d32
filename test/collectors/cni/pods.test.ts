import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseResult, readPods, resultsFolder } from '../../../collectors/cni/pods.ts'
import { nodeLike, nodes } from './node.ts'

const folder = join(nodes, 'healthy/files', resultsFolder)
const [ingress = ''] = readdirSync(folder).filter((it) => it.startsWith('cbr0-03a9'))
const text = readFileSync(join(folder, ingress), 'utf8')

t.test('an answer of the real plugins', (t) => {
  t.same(parseResult(text), {
    pod: {
      namespace: 'kube-system',
      name: 'ingress',
      ip: '10.42.0.36',
      bridge: 'cni0',
      veth: 'veth1f681911',
    },
    sandbox: '/var/run/netns/cni-e1b70744-176a-5f7d-68ea-922937b74374',
  })
  t.end()
})

t.test('names that are no names never get into a command', (t) => {
  for (const name of ['$(reboot)', 'a b', '`x`', '-n', 'A', '', 'x'.repeat(300)])
    t.equal(parseResult(text.replace('"ingress"', JSON.stringify(name))), undefined, name.slice(0, 20))
  for (const broken of ['', 'null', '{}', '{"cniArgs": [], "result": {"interfaces": [null]}}'])
    t.equal(parseResult(broken), undefined)
  t.end()
})

t.test('only pods that live, by their veth or their namespace', async (t) => {
  const { host, write } = nodeLike(t, 'healthy')
  const count = async (alive: (veth: string, sandbox?: string) => boolean) =>
    Object.keys(await readPods(host(), {}, alive)).length
  t.equal(await count(() => true), 5)
  t.equal(await count(() => false), 0)
  t.equal(await count((veth) => veth === 'veth1f681911'), 1)
  t.equal(
    await count((_, sandbox) => sandbox?.endsWith('cni-e1b70744-176a-5f7d-68ea-922937b74374') ?? false),
    1,
  )
  write(`${resultsFolder}/cbr0-${'f'.repeat(64)}-eth0`, 'half an ans')
  t.equal(await count(() => true), 5)
})

t.test('of more answers than are read it cannot be told which pods live', async (t) => {
  const { host } = nodeLike(t, 'healthy')
  const list = async () =>
    Array.from({ length: 1025 }, (_, at) => ({
      name: `cbr0-${at.toString(16).padStart(64, '0')}-eth0`,
      kind: 'file' as const,
    }))
  await t.rejects(
    readPods({ ...host(), list }, {}, () => true),
    { code: 'too-large', message: /there are 1025 answers/ },
  )
})

t.test('a node without a cache has no pods', async (t) => {
  const { host } = nodeLike(t, 'no-k3s')
  t.same(await readPods(host(), {}, () => true), {})
})
