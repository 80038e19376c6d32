import t from 'tap'
import type { Host } from '../../../agent/model/index.ts'
import { look } from '../../../collectors/memory/look.ts'
import { withoutSandboxes } from '../../../collectors/memory/sandboxes.ts'
import { containersOf } from '../../../collectors/memory/use.ts'
import { podBook } from '../../../collectors/node/pods.ts'
import { machine } from '../node/machine.ts'

// Of a node with k3s 1.36 and the systemd driver: two pods, and what it says of their sandboxes.
const web = '3a081de7-3445-4a95-91bd-49566c56bfbd'
const dns = 'a2f34620-f42f-47d3-b8eb-9175ce346332'
const container = {
  [web]: 'a9d262dbe6e830c7a25ab3e2ef4631148da1dc0d1a1a009ccbe9dcf227066eb0',
  [dns]: '410c8ab38beb1806a1ac9210137e2b54b2c2213c095c624f7467865b99beae92',
}
const sandbox = {
  [web]: '56d897bf86cef3aab837bd275db28a8ecad4c3b5070c31b826f0561fa80293b6',
  [dns]: '6e5e692022c7a7cb64241855b2fae716335e1cdf573c21606bffa7e547041a0c',
}
const links = [
  `coredns-cffcdcdd5-bzw9k_kube-system_coredns-${container[dns]}.log`,
  'coredns-cffcdcdd5-bzw9k_kube-system_coredns-99db757125d2abaefb5b13c333811f99d48c02b59b30c98f1db9d4b52aa8cf8d.log',
  `web-77d77f99c8-t97cp_default_web-${container[web]}.log`,
  'web-77d77f99c8-t97cp_default_web-ccdaea8c916d113b291c1c270593f86c73de094799f57c798fe15b157f8f78ae.log',
]
const book = podBook(
  [`default_web-77d77f99c8-t97cp_${web}`, `kube-system_coredns-cffcdcdd5-bzw9k_${dns}`],
  links,
)
const cgroups = Object.fromEntries(
  [container, sandbox].flatMap((ids) =>
    Object.entries(ids).map(([uid, id]) => [
      `/sys/fs/cgroup/memory/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope/memory.limit_in_bytes`,
      '67108864\n',
    ]),
  ),
)
const specs = (type: string) =>
  Object.fromEntries(
    Object.entries(sandbox).map(([uid, id]) => [
      `/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`,
      JSON.stringify({
        annotations: { 'io.kubernetes.cri.container-type': type, 'io.kubernetes.cri.sandbox-uid': uid },
      }),
    ]),
  )

const told = async (host: Host, its = book, known: readonly string[] = []) => {
  const { containers, sandboxes } = await withoutSandboxes(host, await containersOf(host), {
    book: its,
    known,
  })
  return { ids: containers.map((it) => it.of.containerId).sort(), sandboxes }
}
const short = Object.values(sandbox)
  .map((it) => it.slice(0, 12))
  .sort()
const real = Object.values(container).sort()
const everything = Object.values(container).concat(Object.values(sandbox)).sort()

t.test('each container once: a sandbox is none, by its specification', async (t) => {
  const host = machine(t, { ...cgroups, ...specs('sandbox') })
  t.same(await told(host), { ids: real, sandboxes: short })
  const bare = podBook(book.folders)
  t.same((await told(host, bare)).sandboxes, short, 'also while nothing has a log yet')
})

t.test('where no specification says so, it is the one without a log', async (t) => {
  const host = machine(t, cgroups)
  t.same(await told(host), { ids: real, sandboxes: short })
  t.same(
    await told(host, podBook(book.folders)),
    { ids: everything, sandboxes: [] },
    'nothing tells them apart',
  )
  const containers = machine(t, { ...cgroups, ...specs('container') })
  t.same((await told(containers)).ids, everything, 'a container whose log has not come yet')
})

t.test('what is known is not read again, and a log counts for more', async (t) => {
  let reads = 0
  const host = machine(t, { ...cgroups, ...specs('sandbox') })
  const counting: Host = {
    ...host,
    text: (path, options) => {
      if (path.endsWith('config.json')) reads += 1
      return host.text(path, options)
    },
  }
  t.same((await told(counting, book, short)).sandboxes, short)
  t.equal(reads, 0)
  const wrong = [...short, ...real.map((it) => it.slice(0, 12))]
  t.same(await told(counting, book, wrong), { ids: real, sandboxes: short })
})

t.test('a round counts each container once', async (t) => {
  const seen = await look(machine(t, { ...cgroups, ...specs('sandbox') }), undefined, 3600_000)
  t.strictSame(new Set(Object.keys(seen.used.uses)), new Set(real))
  t.strictSame(new Set(seen.sandboxes), new Set(short), 'which the next need not ask for')
})
