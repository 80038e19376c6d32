import t from 'tap'
import { containerdRun, lookForTraces } from '../../../collectors/k3s/traces.ts'
import { machine } from '../node/machine.ts'
import { server } from './samples.ts'

const tasks = `${containerdRun}/io.containerd.runtime.v2.task/k8s.io`
const id = (letter: string) => letter.repeat(64)
const on = (t: Parameters<typeof machine>[0], letters: string, dead = '') =>
  machine(
    t,
    {
      '/sys/class/net/cni0/ifindex': '7\n',
      '/sys/class/net/flannel.1/ifindex': '6\n',
      '/d/server/tls/client-admin.crt': '',
      ...Object.fromEntries(
        [...letters].filter((it) => !dead.includes(it)).map((it) => [`${tasks}/${id(it)}/rootfs/x`, '']),
      ),
    },
    {
      lists: {
        [tasks]: [...letters].map((it) => [id(it), 'folder'] as const),
        '/sys/class/net': [
          ['cni0', 'link'],
          ['eth0', 'link'],
          ['flannel.1', 'link'],
          ['veth1234', 'link'],
        ],
      },
    },
  )
const k3s = { role: 'server', dataDir: '/d' } as const

t.test('containers by a few ids that stay the same, links by index', async (t) => {
  const it = await lookForTraces(on(t, 'abcdef0123'), k3s, undefined)
  t.match(it, { tasks: { count: 10 }, links: { cni0: 7, 'flannel.1': 6 } })
  t.strictSame(Object.keys(it.links ?? {}), ['cni0', 'flannel.1'])
  t.equal(it.tasks?.some.length, 6)
  t.equal(it.rotated, Date.parse('2026-11-23T00:30:00Z'))
  const before = server({ tasks: { count: 3, some: [id('f').slice(0, 12), id('e').slice(0, 12)] } })
  const then = await lookForTraces(on(t, 'aef'), k3s, before)
  t.strictSame(
    then.tasks?.some,
    ['f', 'e', 'a'].map((one) => id(one).slice(0, 12)),
  )
})

t.test('k3s-killall.sh leaves the folders of the containers, without their root file systems', async (t) => {
  const before = server({ tasks: { count: 3, some: ['a', 'b'].map((it) => id(it).slice(0, 12)) } })
  const dead = await lookForTraces(on(t, 'abcdef01', 'abcdef01'), k3s, before)
  t.strictSame(dead.tasks, { count: 0, some: [] })
  const some = await lookForTraces(on(t, 'abcdef01', 'abcde'), k3s, before)
  t.match(some.tasks, { count: 3, some: ['f', '0', '1'].map((it) => id(it).slice(0, 12)) })
})

t.test('nothing there is nothing missed, and a certificate that is away keeps its time', async (t) => {
  const it = await lookForTraces(machine(t, {}), k3s, server({ rotated: 5 }))
  t.strictSame(it, { tasks: { count: 0, some: [] }, links: {}, rotated: 5 })
})
