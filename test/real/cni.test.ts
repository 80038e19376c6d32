import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openMachine } from '../../agent/host.ts'
import type { Host, Observation } from '../../agent/model.ts'
import { recordedNode } from '../../agent/recorded.ts'
import { resultsFolder } from '../../collectors/cni/pods.ts'
import { cni } from '../../collectors/cni.ts'
import { nodeLike, nodes } from '../collectors/cni/node.ts'

/**
 * A node in a network namespace: VXLAN, bridge, veths and addresses are real, the pods are made and unmade
 * by Debian's CNI plugins with the configuration that flannel handed them on the recorded node. Only k3s's
 * files are the recorded ones.
 */
const plugins = '/usr/lib/cni'
const lacking =
  process.getuid?.() !== 0
    ? 'making network namespaces needs root'
    : existsSync(`${plugins}/bridge`)
      ? undefined
      : 'needs the bridge plugin: apt-get install containernetworking-plugins'
if (lacking && process.env.CI !== 'true') {
  t.plan(0, lacking)
  process.exit(0)
}

const namespace = `murphy-cni-${process.pid}`
const inside = ['nsenter', `--net=/run/netns/${namespace}`]
const sh = (command: string, env: Record<string, string> = {}, input = '') =>
  execFileSync('/bin/sh', ['-c', command], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  })
const ip = (command: string) => sh(`${inside.join(' ')} ip ${command}`)

const vxlan = () => {
  ip('link add flannel.1 mtu 1450 type vxlan id 1 local 192.0.2.10 dev eth0 dstport 8472 nolearning')
  ip('addr add 10.42.0.0/32 dev flannel.1')
  ip('link set flannel.1 up')
  ip('route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink')
}

function aNode(t: Test) {
  const reservations = mkdtempSync(join(tmpdir(), 'murphy-cni-'))
  const pods: string[] = []
  sh(`ip netns add ${namespace}`)
  ip('link set lo up')
  ip('link add eth0 type veth peer name outside')
  ip('link set outside up')
  ip('link set eth0 up')
  ip('addr add 192.0.2.10/24 dev eth0')
  ip('route add default via 192.0.2.1')
  vxlan()
  const files = nodeLike(t, 'healthy')
  files.remove('/var/lib/cni/results')
  sh(`mkdir -p ${files.folder}/files${resultsFolder}`)
  const recorded = recordedNode(files.folder)
  const round = new AbortController()
  const machine = openMachine()
  const real = machine.during(round.signal)
  const host: Host = {
    ...recorded,
    now: () => recorded.now() + 600_000,
    run: (argv, options) => real.run([...inside, ...argv], options),
    list: (path) => (path === '/run/netns' ? real.list(path) : recorded.list(path)),
  }

  const delegate = JSON.parse(
    readFileSync(
      join(
        nodes,
        'healthy/files/var/lib/cni/flannel',
        '03a9cededb294a7a448af3a5ff6b7d7effecf12ae7540e17a4345863844161df',
      ),
      'utf8',
    ),
  )
  delegate.ipam.dataDir = reservations
  const id = (pod: string) => Buffer.from(pod).toString('hex').padEnd(64, '0')
  const plugin = (command: 'ADD' | 'DEL', pod: string) =>
    sh(
      `${inside.join(' ')} ${plugins}/bridge`,
      {
        CNI_COMMAND: command,
        CNI_CONTAINERID: id(pod),
        CNI_NETNS: `/run/netns/${namespace}-${pod}`,
        CNI_IFNAME: 'eth0',
        CNI_PATH: plugins,
      },
      JSON.stringify(delegate),
    )
  const cached = (pod: string) => `${resultsFolder}/cbr0-${id(pod)}-eth0`
  t.teardown(() => {
    round.abort()
    machine.close()
    for (const it of pods) sh(`ip netns del ${namespace}-${it}`)
    sh(`ip netns del ${namespace}`)
    rmSync(reservations, { recursive: true })
  })
  return {
    files,
    machine,
    /** What containerd does: a namespace, the plugins, their answer into the cache. */
    add(pod: string) {
      sh(`ip netns add ${namespace}-${pod}`)
      pods.push(pod)
      const result = JSON.parse(plugin('ADD', pod))
      const cniArgs = [
        ['K8S_POD_NAME', pod],
        ['K8S_POD_NAMESPACE', 'default'],
      ]
      files.write(cached(pod), JSON.stringify({ kind: 'cniCacheV1', containerId: id(pod), cniArgs, result }))
    },
    remove(pod: string) {
      plugin('DEL', pod)
      files.remove(cached(pod))
      sh(`ip netns del ${namespace}-${pod}`)
      pods.splice(pods.indexOf(pod), 1)
    },
    async look() {
      const past = { heard: [] }
      const sample = await cni.collect(host, {}, past)
      return {
        sample,
        found: cni.assess(sample, past, {}, host.now()),
        summary: cni.summary(sample, {}, host.now()),
      }
    },
  }
}

/** Does on the node what the finding's `next` says, where that is a command of ip. */
function follow(it: Observation | undefined) {
  for (const step of it?.next ?? []) {
    const [, command] = /^`ip (.*?)`/.exec(step) ?? []
    if (command) ip(command)
  }
}

t.test('a node whose network breaks and is mended', async (t) => {
  const node = aNode(t)
  const exactly = async (t: Test, ...expected: readonly string[]) => {
    const { found } = await node.look()
    t.same(
      found.map((it) => `${it.code} ${it.subject}`),
      expected,
    )
    return found
  }

  await t.test('before its first pod it has no bridge and is well', async (t) => {
    await exactly(t)
    t.equal((await node.look()).summary, 'no cni0 yet, 0 pods; flannel.1 up (vxlan, mtu 1450), 1 peer')
  })

  await t.test('three pods', async (t) => {
    for (const pod of ['web-1', 'web-2', 'db-0']) node.add(pod)
    await exactly(t)
    const { summary, sample } = await node.look()
    t.equal(summary, 'cni0 up 10.42.0.1/24, 3 pods; flannel.1 up (vxlan, mtu 1450), 1 peer')
    t.same(sample.interfaces?.ports, { cni0: 3 })
    t.equal(sample.unseen, undefined)
  })

  await t.test('bridge set down, and up by what the finding says', async (t) => {
    ip('link set cni0 down')
    const [found] = await exactly(t, 'cni.bridge-down cni0')
    t.match(found?.text, /3 pods \(/)
    follow(found)
    await exactly(t)
    t.match(ip('route'), /10\.42\.0\.0\/24 dev cni0/)
  })

  await t.test('its address flushed, and put back by what the finding says', async (t) => {
    ip('addr flush dev cni0')
    const [found] = await exactly(t, 'cni.bridge-address cni0')
    follow(found)
    await exactly(t)
    t.match(ip('route'), /10\.42\.0\.0\/24 dev cni0/)
    ip('addr flush dev cni0')
    ip('addr add 10.42.9.1/24 dev cni0')
    const [other] = await exactly(t, 'cni.bridge-address cni0')
    t.match(other?.text, /it has 10\.42\.9\.1\/24/)
    node.add('web-3')
    await exactly(t)
    node.remove('web-3')
  })

  await t.test('overlay set down: its routes go with it and do not come back with it', async (t) => {
    ip('link set flannel.1 down')
    await exactly(t, 'cni.overlay-down flannel.1')
    ip('link set flannel.1 up')
    await exactly(t)
    t.notMatch(ip('route'), /10\.42\.1\.0/)
    ip('route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink')
  })

  await t.test('overlay deleted', async (t) => {
    ip('link del flannel.1')
    await exactly(t, 'cni.overlay-missing flannel.1')
    vxlan()
    await exactly(t)
  })

  await t.test("flannel's files removed", async (t) => {
    for (const [path, finding] of [
      [
        '/var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist',
        'cni.conf-missing /var/lib/rancher/k3s/agent/etc/cni/net.d',
      ],
      ['/run/flannel/subnet.env', 'cni.subnet-env-missing /run/flannel/subnet.env'],
    ] as const) {
      const text = readFileSync(join(node.files.folder, 'files', path), 'utf8')
      node.files.remove(path)
      await exactly(t, finding)
      node.files.write(path, text)
      await exactly(t)
    }
  })

  await t.test('the bridge of something else is left alone', async (t) => {
    ip('link add docker0 type bridge')
    ip('link add veth1234567 type veth peer name inner')
    ip('link set veth1234567 master docker0')
    await exactly(t)
  })

  await t.test('bridge deleted: a new pod brings it back, but not the old pods', async (t) => {
    ip('link del cni0')
    const [found] = await exactly(t, 'cni.bridge-missing cni0')
    t.match(
      found?.text,
      /^The bridge cni0 is gone, and with it the network of 3 pods \(.*default\/db-0.*\)\.$/,
    )
    node.add('web-4')
    const [left] = await exactly(t, 'cni.veth-orphaned cni0')
    t.match(left?.text, /3 pods \(.*default\/db-0.*\)/)
    t.notMatch(left?.text, /web-4/)
    for (const pod of ['web-1', 'web-2', 'db-0']) {
      node.remove(pod)
      node.add(pod)
    }
    await exactly(t)
  })

  await t.test('pods gone, bridge gone: well', async (t) => {
    for (const pod of ['web-1', 'web-2', 'db-0', 'web-4']) node.remove(pod)
    ip('link del cni0')
    await exactly(t)
  })

  await t.test('the monitor: pods are quiet, a bridge that goes is not', async (t) => {
    node.add('first')
    const { sample } = await node.look()
    const [watch] = cni.watch?.({}, sample) ?? []
    if (watch?.kind !== 'command') throw new Error('nothing is watched')
    const heard: string[] = []
    let lines = 0
    let wake = () => {}
    const stop = new AbortController()
    const ended = node.machine.follow(
      [...inside, ...watch.argv],
      (line) => {
        lines += 1
        if (!watch.worth(line)) return
        heard.push(line)
        wake()
      },
      stop.signal,
    )
    // The bridge's own addresses settle for up to two seconds after its first pod.
    await pause(2500)
    heard.length = 0
    lines = 0
    for (const pod of ['second', 'third']) node.add(pod)
    node.remove('third')
    await pause(500)
    t.ok(lines > 20, `${lines} lines`)
    t.same(heard, [], 'of no interest')

    const begun = performance.now()
    const woken = new Promise<number>((resolve) => {
      wake = () => resolve(performance.now() - begun)
    })
    ip('link del cni0')
    const took = await Promise.race([woken, pause(5000, Number.POSITIVE_INFINITY, { ref: false })])
    t.ok(took < 2000, `woken after ${Math.round(took)} ms`)
    stop.abort()
    await ended
  })
})
