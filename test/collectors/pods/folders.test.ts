import t from 'tap'
import { containerAt, logFiles, pathOf, readLinks } from '../../../collectors/pods/folders.ts'
import { podNode } from './node.ts'

const uid = '590e112b-f426-43df-a156-a82643a83dd3'
const folder = `shop_web_${uid}`

t.test('a folder is that of a container, or of nothing', async (t) => {
  t.equal(pathOf({ folder, container: 'app' }), `/var/log/pods/${folder}/app`)
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
  await t.rejects(logFiles(host, `${path}/none`), { code: 'missing' })
})

t.test('links', async (t) => {
  const node = podNode(t)
  t.strictSame(await readLinks(node.host), [], 'there is no such folder')
  const id = node.container('web').start(0)
  t.strictSame(await readLinks(node.host), [`web_shop_app-${id}.log`])
})
