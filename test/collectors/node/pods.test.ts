import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import {
  identifyPod,
  isSandbox,
  podBook,
  podOfCgroup,
  podOfFolder,
  podOfLink,
  readPodBook,
} from '../../../collectors/node/pods.ts'

import { machine } from './machine.ts'

const uid = '455a7676-8553-4929-bb8f-a90e98abd527'
const id = '42e08f593867efed012aba18377d2fbfbbd914b956e8e74ef3bc00688c3e4de9'
const dashed = uid.replaceAll('-', '_')

t.test('cgroup paths', async (t) => {
  const cases: readonly (readonly [string, string | undefined, string | undefined, string?])[] = [
    [`/kubepods/burstable/pod${uid}/${id}`, uid, id, 'burstable'],
    [`/lxc.payload.a/kubepods/pod${uid}/${id}`, uid, id, 'guaranteed'],
    // Where systemd lets each user make cgroups of any name.
    [
      `/user.slice/user-1000.slice/user@1000.service/x/kubepods/burstable/pod${uid}/${id}`,
      undefined,
      undefined,
    ],
    [`/user.slice/kubepods/pod${uid}`, undefined, undefined],
    [`/kubepods/besteffort/pod${uid}`, uid, undefined, 'besteffort'],
    [`/kubepods/pod${uid}/${id}`, uid, id, 'guaranteed'],
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${dashed}.slice/cri-containerd-${id}.scope`,
      uid,
      id,
      'burstable',
    ],
    [`/kubepods.slice/kubepods-pod${dashed}.slice/cri-containerd-${id}.scope`, uid, id, 'guaranteed'],
    [
      `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${dashed}.slice/crio-${id}.scope/init.scope`,
      uid,
      id,
      'besteffort',
    ],
    [`/lxc.payload.node/kubepods.slice/kubepods-pod${dashed}.slice/cri-containerd-${id}.scope`, uid, id],
    [`/docker/${'a'.repeat(64)}/kubepods/burstable/pod${uid}/${id}`, uid, id],
    [`/docker/${'a'.repeat(64)}/kubepods/burstable/pod${uid}`, uid, undefined],
    [`/kubepods/pod${'b'.repeat(32)}/${id}`, 'b'.repeat(32), id, 'guaranteed'],
    [
      `/kubepods/burstable/pod11111111-1111-1111-1111-111111111111/${'a'.repeat(64)}/kubepods/pod${uid}/${id}`,
      uid,
      id,
    ],
    [`/kubepods-burstable-pod${dashed}.slice:cri-containerd:${id}`, undefined, undefined],
    [`/kubepods/pod${uid}/${'a'.repeat(64)}/${id}`, uid, id],
    ['/system.slice/k3s.service', undefined, undefined],
    ['/user.slice/user-1000.slice/podman-1.scope', undefined, undefined],
    [`/docker/${id}`, undefined, undefined],
    ['/', undefined, undefined],
    ['', undefined, undefined],
  ]
  for (const [path, pod, container, qos] of cases) {
    const found = podOfCgroup(path)
    t.equal(found?.uid, pod, path)
    t.equal(found?.containerId, container)
    if (qos) t.equal(found?.qos, qos)
  }
})

t.test('names of folders and links', async (t) => {
  t.same(podOfFolder(`default_oomer_${uid}`), { namespace: 'default', name: 'oomer', uid })
  t.same(podOfFolder(`kube-system_etcd-node1_${'b'.repeat(32)}`), {
    namespace: 'kube-system',
    name: 'etcd-node1',
    uid: 'b'.repeat(32),
  })
  t.same(podOfLink(`web-69d67f5464-brmmn_default_my-web-${id}.log`), {
    namespace: 'default',
    name: 'web-69d67f5464-brmmn',
    container: 'my-web',
    containerId: id,
  })
  t.equal(podOfLink(`web_default_web-${id.slice(0, 20)}.log`)?.containerId, id.slice(0, 20))
})

t.test('a name that could become part of a command is none', async (t) => {
  for (const name of [
    `a;reboot_b_${uid}`,
    `a_$(b)_${uid}`,
    `a_b\n_${uid}`,
    `a_b_c`,
    `-n_b_${uid}`,
    `a_b_${uid}_x`,
    '',
  ])
    t.equal(podOfFolder(name), undefined, JSON.stringify(name))
  for (const name of [
    `a_b_c\`d-${id}.log`,
    `a_b_c-xyz.log`,
    `a_b_c-${id}`,
    `a_b-${id}.log`,
    '--help_a_b-.log',
  ])
    t.equal(podOfLink(name), undefined, JSON.stringify(name))
})

const node = (name: string) => recordedNode(new URL(`../../nodes/${name}`, import.meta.url).pathname)

t.test('the pods of a real node', async (t) => {
  const host = node('healthy')
  const book = await readPodBook(host)
  t.equal(book.folders.length, 5)
  t.same(await identifyPod(host, book, { uid, containerId: id }), {
    namespace: 'default',
    name: 'oomer',
    uid,
    container: 'eater',
  })
  t.same(
    await identifyPod(host, book, {
      containerId: '5a57a7420e03e6446b45b226aeff8d46d830894c0bb7e8ac6d7cb4bfccf6d9b6',
    }),
    { namespace: 'default', name: 'web-69d67f5464-dz9nz', container: 'web' },
  )
  t.same(
    await identifyPod(host, book, { uid, containerId: 'f'.repeat(64) }),
    { namespace: 'default', name: 'oomer', uid, container: 'eater' },
    'a container that is gone, of a pod that has only one',
  )
  t.equal(await identifyPod(host, book, { uid: '590e112b-f426-43df-a156-a82643a83dd3' }), undefined)
  t.equal(await identifyPod(host, book, {}), undefined)
})

t.test("from containerd's files alone", async (t) => {
  const host = node('healthy')
  const nothing = podBook([])
  t.same(
    await identifyPod(host, nothing, {
      containerId: '03a9cededb294a7a448af3a5ff6b7d7effecf12ae7540e17a4345863844161df',
    }),
    { namespace: 'kube-system', name: 'ingress', uid: '7b58b6d9-6fa6-450f-a6dd-8b1849238b31' },
    'a sandbox',
  )
  t.match(
    await identifyPod(host, nothing, {
      containerId: '5a57a7420e03e6446b45b226aeff8d46d830894c0bb7e8ac6d7cb4bfccf6d9b6',
    }),
    { namespace: 'default', name: 'web-69d67f5464-dz9nz', container: 'web' },
    'a container, by way of its sandbox',
  )
})

t.test('a machine without pods', async (t) => {
  const host = node('no-k3s')
  t.same(await readPodBook(host), podBook([]))
})

t.test('other folders', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pods-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const write = (path: string, text: string) => {
    const file = join(folder, 'files', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  writeFileSync(
    join(folder, 'node.json'),
    JSON.stringify({ format: 1, node: 'x', at: '2026-11-23T00:00:00Z' }),
  )
  const pod = 'p'.repeat(150)
  const container = 'c'.repeat(63)
  write(`var/log/pods/default_${pod}_${uid}/${container}/0.log`, '')
  write(`var/log/pods/default_${pod}_${uid}/other/0.log`, '')
  write('var/log/pods/not a pod/x', '')
  mkdirSync(join(folder, 'files/var/log/containers'))
  // The kubelet cuts the name at 255 bytes, and the container's id with it.
  const link = `${`${pod}_default_${container}-${id}`.slice(0, 251)}.log`
  symlinkSync('/var/log/pods/x', join(folder, 'files/var/log/containers', link))
  const bundle = 'run/containerd/io.containerd.runtime.v2.task/k8s.io'
  const annotations = (more: Record<string, unknown>) =>
    JSON.stringify({
      annotations: Object.fromEntries(
        Object.entries(more).map(([key, value]) => [`io.kubernetes.cri.${key}`, value]),
      ),
    })
  write(
    `${bundle}/${'a'.repeat(64)}/config.json`,
    annotations({
      'sandbox-name': 'db-0',
      'sandbox-namespace': 'data',
      'sandbox-uid': uid,
      'container-name': 'pg',
    }),
  )
  write(
    `${bundle}/${'b'.repeat(64)}/config.json`,
    annotations({ 'sandbox-name': '$(id)', 'sandbox-namespace': 7 }),
  )
  write(`${bundle}/${'c'.repeat(64)}/config.json`, 'no JSON')
  write(`${bundle}/${'d'.repeat(64)}/config.json`, annotations({ 'sandbox-id': 'd'.repeat(64) }))
  const host = recordedNode(folder)
  const book = await readPodBook(host)
  t.equal((await identifyPod(host, book, { uid, containerId: id }))?.container, container, 'by a cut link')
  t.same(
    await identifyPod(host, book, { uid, containerId: 'e'.repeat(64) }),
    { namespace: 'default', name: pod, uid },
    'with two containers nobody knows which',
  )
  t.same(
    await identifyPod(host, podBook([]), { containerId: 'a'.repeat(64) }),
    { namespace: 'data', name: 'db-0', uid, container: 'pg' },
    "containerd's own folder",
  )
  for (const letter of ['b', 'c', 'd', 'e'])
    t.equal(await identifyPod(host, podBook([]), { containerId: letter.repeat(64) }), undefined, letter)
  t.same(
    await identifyPod(host, podBook([`gone_pod_${'9'.repeat(32)}`]), { uid: '9'.repeat(32) }),
    { namespace: 'gone', name: 'pod', uid: '9'.repeat(32) },
    'remembered from an earlier round',
  )
})

t.test('a sandbox says so in its specification', async (t) => {
  const id = (digit: string) => digit.repeat(64)
  const spec = (type?: string) =>
    JSON.stringify({ annotations: type === undefined ? {} : { 'io.kubernetes.cri.container-type': type } })
  const folder = '/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io'
  const host = machine(t, {
    [`${folder}/${id('a')}/config.json`]: spec('sandbox'),
    [`${folder}/${id('b')}/config.json`]: spec('container'),
    [`${folder}/${id('c')}/config.json`]: spec(),
    [`${folder}/${id('d')}/config.json`]: 'no JSON',
    [`/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id('e')}/config.json`]: spec('sandbox'),
  })
  const said = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((it) => isSandbox(host, id(it))))
  t.same(said, [true, false, undefined, undefined, true, undefined])
  t.equal(await isSandbox(host, '../../etc'), undefined)
})
