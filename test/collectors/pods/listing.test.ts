import { mkdirSync, rmSync, utimesSync } from 'node:fs'
import t, { type Test } from 'tap'
import { HostError } from '../../../agent/model/index.ts'
import { pathOf } from '../../../collectors/pods/folders.ts'
import { type Folders, listing } from '../../../collectors/pods/listing.ts'
import { podNode } from './node.ts'

const uid = '590e112b-f426-43df-a156-a82643a83dd3'
const folder = `shop_web_${uid}`

/** A node whose folders were all changed long ago, each at a time of its own, and what is listed there. */
function old(t: Test) {
  const node = podNode(t, Date.now())
  const listed: string[] = []
  const { list } = node.host
  node.host.list = async (path) => {
    listed.push(path)
    return await list(path)
  }
  let at = Date.now() / 1000 - 3600
  return {
    ...node,
    listed: () => listed.splice(0),
    age(path: string) {
      at += 1
      utimesSync(node.there(path), at, at)
    },
  }
}

t.test('every container with a folder, so many of them, and how many there are', async (t) => {
  const { host, put } = podNode(t)
  for (const name of ['app', 'sidecar', 'third']) put(`/var/log/pods/${folder}/${name}/0.log`, '')
  put(`/var/log/pods/${folder}/a b;c/0.log`, '')
  put(`/var/log/pods/${folder}/file`, '')
  put('/var/log/pods/not-a-pod/app/0.log', '')
  const { containers, all, after } = await listing(host, 2, undefined)
  t.equal(all, 3)
  t.strictSame(containers, [
    { folder, container: 'app', pod: { namespace: 'shop', name: 'web', uid, container: 'app' } },
    { folder, container: 'sidecar', pod: { namespace: 'shop', name: 'web', uid, container: 'sidecar' } },
  ])
  t.equal(after(containers), undefined, 'what is not listed has to be counted again')
  const { containers: none } = await listing(podNode(t).host, 9, undefined)
  t.strictSame(none, [], 'a machine without any')
})

t.test('what has not changed is not listed again, and what has is', async (t) => {
  const { host, put, there, age, listed } = old(t)
  const [pods, pod, other] = ['/var/log/pods', `/var/log/pods/${folder}`, `/var/log/pods/shop_db_${uid}`]
  for (const it of [`${pod}/app`, `${pod}/sidecar`, `${other}/app`]) put(`${it}/0.log`, '')
  const ages = () => {
    for (const it of [`${pod}/app`, `${pod}/sidecar`, `${other}/app`, pod, other, pods]) age(it)
  }
  ages()
  let folders: Folders | undefined
  const look = async (read?: (path: string) => boolean) => {
    const it = await listing(host, 9, folders)
    const after = it.after(it.containers.filter((one) => read?.(pathOf(one)) ?? true))
    folders = JSON.parse(JSON.stringify(after)) as Folders
    return { all: it.all, same: it.containers.filter(it.same).map(pathOf), listed: listed() }
  }
  const whole = { all: 3, same: [], listed: [pods, other, pod] }
  t.strictSame(await look(), whole)
  t.strictSame(await look(), whole, 'of what was not known before, nobody knows when it was changed')
  const same = [`${other}/app`, `${pod}/app`, `${pod}/sidecar`]
  t.strictSame(await look(), { all: 3, same, listed: [] })

  put(`${pod}/app/1.log`, '')
  t.strictSame(
    await look(),
    { all: 3, same: same.filter((it) => it !== `${pod}/app`), listed: [] },
    'a file of a log: its folder is listed by who reads it',
  )
  t.match(await look(), { same: { length: 2 } }, 'it may change again in the same moment')
  age(`${pod}/app`)
  t.match(await look(), { same: { length: 2 } })
  t.match(await look(), { same: { length: 3 } })

  mkdirSync(there(`${pod}/third`))
  t.match(await look(), { all: 4, listed: [pod] })
  ages()
  age(`${pod}/third`)
  for (let times = 0; times < 2; times += 1) await look()
  t.match(await look((it) => !it.endsWith('app')), { same: { length: 4 }, listed: [] })
  age(`${pod}/app`)
  age(`${other}/app`)
  await look((it) => it !== `${pod}/app`)
  t.match(await look(), { same: { length: 3 } }, 'who waited while it changed is not known')

  rmSync(there(other), { recursive: true })
  t.match(await look(), { all: 3, listed: [pods] })
})

t.test('times that tell nothing are none', async (t) => {
  const { host, put, there, age } = old(t)
  const path = `/var/log/pods/${folder}/app`
  put(`${path}/0.log`, '')
  const look = async (folders?: Folders) => {
    const it = await listing(host, 9, folders)
    return { same: it.containers.filter(it.same).length, folders: it.after(it.containers) as Folders }
  }
  const twice = async () => await look((await look((await look()).folders)).folders)
  age(path)
  t.match(await twice(), { same: 1 })
  utimesSync(there(path), 0, 0)
  t.match(await twice(), { same: 0 }, 'a file system without times')
  const now = host.now()
  utimesSync(there(path), now / 1000, now / 1000)
  const { stats } = host
  let late = now
  const slow = {
    ...host,
    now: () => late,
    async stats(paths: readonly string[]) {
      late += 5_000
      return await stats(paths)
    },
  }
  const first = await listing(slow, 9, (await look()).folders)
  late = now
  const next = await listing(slow, 9, first.after(first.containers))
  t.notOk(next.containers.some(next.same), 'answers that were long in coming make no time an old one')
})

t.test('what went away for a moment is looked for again', async (t) => {
  const { host, put, age, listed } = old(t)
  const [pods, pod] = ['/var/log/pods', `/var/log/pods/${folder}`]
  put(`${pod}/app/0.log`, '')
  for (const it of [`${pod}/app`, pod, pods]) age(it)
  const { list } = host
  let folders: Folders | undefined
  const look = async () => {
    const it = await listing(host, 9, folders)
    folders = it.after(it.containers)
    return it.all
  }
  await look()
  for (const gone of [pods, pod]) {
    host.list = async (path) => {
      if (path === gone) throw new HostError('missing', 'away')
      return await list(path)
    }
    folders = undefined
    t.equal(await look(), 0)
    host.list = list
    listed()
    t.equal(await look(), 1)
  }
})
