import t from 'tap'
import {
  containerAt,
  fingerprint,
  listContainers,
  logFiles,
  pathOf,
  readLinks,
} from '../../../collectors/pods/folders.ts'
import { podNode } from './node.ts'

const uid = '590e112b-f426-43df-a156-a82643a83dd3'
const folder = `shop_web_${uid}`

t.test('every container with a folder, so many of them, and how many there are', async (t) => {
  const { host, put } = podNode(t)
  for (const name of ['app', 'sidecar', 'third']) put(`/var/log/pods/${folder}/${name}/0.log`, '')
  put(`/var/log/pods/${folder}/a b;c/0.log`, '')
  put(`/var/log/pods/${folder}/file`, '')
  put('/var/log/pods/not-a-pod/app/0.log', '')
  const { containers, all } = await listContainers(host, 2)
  t.equal(all, 3)
  t.strictSame(containers, [
    { folder, container: 'app', pod: { namespace: 'shop', name: 'web', uid, container: 'app' } },
    { folder, container: 'sidecar', pod: { namespace: 'shop', name: 'web', uid, container: 'sidecar' } },
  ])
  t.equal(pathOf(containers[0] as (typeof containers)[number]), `/var/log/pods/${folder}/app`)
  t.strictSame(await listContainers(podNode(t).host, 9), { containers: [], all: 0 }, 'a machine without any')
})

t.test('a remembered place is a container, or nothing', async (t) => {
  t.match(containerAt(folder, 'app'), { folder, container: 'app', pod: { name: 'web', container: 'app' } })
  t.equal(containerAt('web', 'app'), undefined)
  for (const name of ['', '..', 'App', 'a/b', '-a', 'a-', 'x'.repeat(64)])
    t.equal(containerAt(folder, name), undefined, name)
  t.ok(containerAt(folder, 'x'.repeat(63)))
})

t.test('the files of a log in the order in which they were written', async (t) => {
  const { host, put } = podNode(t)
  const path = `/var/log/pods/${folder}/app`
  for (const name of [
    '10.log',
    '2.log',
    '2.log.20261123-030000',
    '2.log.20261122-030000',
    '2.log.20261121-030000.gz',
    'x.log',
    '2.log.tmp',
    '0123456789.log',
  ])
    put(`${path}/${name}`, '')
  t.strictSame(await logFiles(host, path), [
    { name: '2.log.20261122-030000', restarts: 2, aside: true },
    { name: '2.log.20261123-030000', restarts: 2, aside: true },
    { name: '2.log', restarts: 2, aside: false },
    { name: '10.log', restarts: 10, aside: false },
  ])
  t.strictSame(await logFiles(host, `${path}/none`), [])
})

t.test('links, and whether they are the same', async (t) => {
  const node = podNode(t)
  t.equal(await readLinks(node.host), undefined, 'there is no such folder')
  const id = node.container('web').start(0)
  t.strictSame(await readLinks(node.host), [`web_shop_app-${id}.log`])
  t.equal(fingerprint(['a', 'b']), fingerprint(['a', 'b']))
  const all = [[], [''], ['a'], ['a', 'b'], ['b', 'a'], ['ab'], ['a', 'b', ''], ['a', 'bc'], ['ab', 'c']]
  t.equal(new Set(all.map(fingerprint)).size, all.length, 'where one ends and the next begins counts')
  t.match(fingerprint(['a', 'b']), /^2-[0-9a-z]{1,7}$/)
})
