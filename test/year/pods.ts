import type { Machine } from './machine.ts'

/** A pod that runs, by all that it leaves on the node. */
export interface Pod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly container: string
  sandbox: string
  id: string
  ip: string
  veth: string
  restarts: number
  /** Its work is done: it has no network and is not started again. */
  done?: true
}

const results = '/var/lib/cni/results'
const reserved = '/var/lib/cni/networks/cbr0'
const tasks = '/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io'
const addresses = 'ip -j -d addr show'

type Link = Record<string, unknown> & { readonly ifname: string; readonly ifindex: number }

const logs = ({ namespace, name, uid, container }: Pod) =>
  `/var/log/pods/${namespace}_${name}_${uid}/${container}`
export const logOf = (pod: Pod) => `${logs(pod)}/${pod.restarts}.log`
export const cgroupOf = ({ uid, id }: Pod) =>
  `/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`
const linkOf = ({ namespace, name, container, id }: Pod) =>
  `/var/log/containers/${name}_${namespace}_${container}-${id}.log`

/** The pods of a node, begun with those of its recording, as kubelet, containerd and the CNI plugins keep them. */
export function podsOf(machine: Machine, links: readonly Link[], hex: (length: number) => string) {
  const all = new Map<string, Pod>()
  const others = links.filter((it) => !it.ifname.startsWith('veth') && it.ifname !== 'cni0')
  const bridge = links.find((it) => it.ifname === 'cni0') as Link
  const veth = links.find((it) => it.ifname.startsWith('veth')) as Link
  let index = 100
  let bridgeIndex = bridge.ifindex
  let overlay = true
  let nextAddress = 40
  /** What the plugins answered for the recorded pods; new ones are written after it. */
  const recorded = new Map(
    machine
      .names(results)
      .filter((it) => it.startsWith('cbr0-'))
      .map((it) => [it.slice(5, -5), machine.text(`${results}/${it}`)]),
  )
  const template = [...recorded.values()].find((it) => it.includes('"web-')) as string
  const ingress = [...recorded.values()].find((it) => it.includes('"HostPort":80')) as string
  const said = (text: string, key: string) => new RegExp(`"${key}","([^"]*)"`).exec(text)?.[1] ?? ''

  /** What `ip` shows, from the pods there are. */
  const show = () => {
    const pods = [...all.values()].filter((it) => it.veth)
    const shown = [
      ...others.filter((it) => overlay || it.ifname !== 'flannel.1'),
      ...(pods.length > 0 ? [{ ...bridge, ifindex: bridgeIndex }] : []),
      ...pods.map((it, at) => ({ ...veth, ifname: it.veth, ifindex: 1000 + at })),
    ]
    machine.commands.set(addresses, JSON.stringify(shown))
    machine.remove('/sys/class/net')
    for (const { ifname, ifindex } of shown) machine.write(`/sys/class/net/${ifname}/ifindex`, `${ifindex}\n`)
    machine.write('/sys/class/net/eth0/carrier_down_count', '1\n')
  }
  const wire = (it: Pod) => {
    it.veth = `veth${hex(8)}`
    const taken = new Set([...all.values()].map(({ ip }) => ip))
    do {
      nextAddress = nextAddress >= 250 ? 2 : nextAddress + 1
      it.ip = `10.42.0.${nextAddress}`
    } while (taken.has(it.ip))
    const base = it.name === 'ingress' ? ingress : template
    const text = base
      .replaceAll(/"containerId":"[0-9a-f]{64}"/g, `"containerId":"${it.sandbox}"`)
      .replace(/(K8S_POD_INFRA_CONTAINER_ID",")[0-9a-f]{64}/, `$1${it.sandbox}`)
      .replace(/(K8S_POD_NAME",")[^"]*/, `$1${it.name}`)
      .replace(/(K8S_POD_NAMESPACE",")[^"]*/, `$1${it.namespace}`)
      .replace(/veth[0-9a-f]{8}/, it.veth)
      .replace(/10\.42\.0\.\d+\/24/, `${it.ip}/24`)
      .replace(/netns\/cni-[0-9a-f-]+/, `netns/cni-${it.sandbox.slice(0, 12)}`)
    machine.write(`${results}/cbr0-${it.sandbox}-eth0`, text)
    machine.write(`${reserved}/${it.ip}`, `${it.sandbox}\r\neth0`)
    machine.write(`/run/netns/cni-${it.sandbox.slice(0, 12)}`, '')
  }
  const run = (it: Pod) => {
    for (const id of [it.sandbox, it.id]) machine.write(`${tasks}/${id}/config.json`, '{}')
    machine.write(logOf(it), '')
    machine.write(linkOf(it), '')
  }
  const unwire = (it: Pod) => {
    machine.remove(`${results}/cbr0-${it.sandbox}-eth0`)
    machine.remove(`${reserved}/${it.ip}`)
    machine.remove(`/run/netns/cni-${it.sandbox.slice(0, 12)}`)
  }
  const stop = (it: Pod) => {
    for (const id of [it.sandbox, it.id]) machine.remove(`${tasks}/${id}`)
    machine.remove(cgroupOf(it))
  }

  for (const [sandbox, text] of recorded) {
    const [namespace, name] = [said(text, 'K8S_POD_NAMESPACE'), said(text, 'K8S_POD_NAME')]
    const folder = machine.names('/var/log/pods').find((it) => it.startsWith(`${namespace}_${name}_`)) ?? ''
    const container = machine.names(`/var/log/pods/${folder}`)[0] ?? ''
    const link =
      machine.names('/var/log/containers').find((it) => it.startsWith(`${name}_${namespace}_`)) ?? ''
    all.set(name, {
      ...{ namespace, name, container, sandbox },
      uid: folder.split('_')[2] ?? '',
      id: /-([0-9a-f]{64})\.log$/.exec(link)?.[1] ?? hex(64),
      ip: /(10\.42\.0\.\d+)\/24/.exec(text)?.[1] ?? '',
      veth: /veth[0-9a-f]{8}/.exec(text)?.[0] ?? '',
      restarts: Number.parseInt(machine.names(`/var/log/pods/${folder}/${container}`)[0] ?? '0', 10),
    })
  }
  show()

  return {
    all: () => [...all.values()],
    show,
    start(namespace: string, name: string, container: string): Pod {
      const uid = `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
      const it: Pod = {
        ...{ namespace, name, container, uid },
        ...{ sandbox: hex(64), id: hex(64), ip: '', veth: '', restarts: 0 },
      }
      all.set(name, it)
      wire(it)
      run(it)
      show()
      return it
    },
    /** Deleted: nothing of it stays. */
    end(it: Pod) {
      all.delete(it.name)
      stop(it)
      unwire(it)
      machine.remove(linkOf(it))
      machine.remove(`/var/log/pods/${it.namespace}_${it.name}_${it.uid}`)
      show()
    },
    /** Its work is done: the container ends well, the sandbox goes, the log stays. */
    complete(it: Pod) {
      stop(it)
      unwire(it)
      it.veth = ''
      it.done = true
      show()
    },
    /** The container alone, as by a probe that failed. */
    restart(it: Pod) {
      machine.remove(`${tasks}/${it.id}`)
      machine.remove(cgroupOf(it))
      machine.remove(linkOf(it))
      it.id = hex(64)
      it.restarts += 1
      run(it)
    },
    /** The power goes: containers, sandboxes and links are gone, files on the disk stay. */
    cut() {
      machine.remove('/run')
      machine.remove('/sys/fs/cgroup')
      overlay = false
      for (const it of all.values()) it.veth = ''
      show()
    },
    /** flannel makes its device, the kubelet every pod anew; what the old sandboxes reserved is given back. */
    wake() {
      overlay = true
      bridgeIndex = ++index
      for (const it of all.values()) {
        if (it.done) continue
        unwire(it)
        machine.remove(linkOf(it))
        it.sandbox = hex(64)
        it.id = hex(64)
        it.restarts += 1
        wire(it)
        run(it)
      }
      show()
    },
    flannel(there: boolean) {
      overlay = there
      show()
    },
  }
}

export type Pods = ReturnType<typeof podsOf>
