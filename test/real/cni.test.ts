import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { cni } from '../../collectors/cni/index.ts'
import { cable, dnsAddress, lacking, realNode, sh } from './cninode.ts'
import { settled, until } from './waiting.ts'

/** One node whose interfaces, files and DNS go missing, as `realNode` makes it. */
if (lacking && process.env.CI !== 'true') {
  t.plan(0, lacking)
  process.exit(0)
}
// Many short commands, which take several times longer on a busy machine.
t.setTimeout(900_000)

t.test('a node whose network breaks and is mended', async (t) => {
  const node = realNode()
  t.teardown(() => node.close())
  cable(node)
  node.join(1)
  const { ip, vxlan, follow } = node
  const silence = await node.nameserver()
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
    t.equal(
      summary,
      'cni0 up 10.42.0.1/24, 3 pods; flannel.1 up (vxlan, mtu 1450), 1 peer; 3 of 253 addresses',
    )
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
    node.del('web-3')
  })

  await t.test('overlay set down: its routes go with it and do not come back with it', async (t) => {
    ip('link set flannel.1 down')
    await exactly(t, 'cni.overlay-down flannel.1')
    ip('link set flannel.1 up')
    const [found] = await exactly(t, 'cni.routes-missing 10.42.1.0/24')
    t.notMatch(ip('route'), /10\.42\.1\.0/)
    follow(found)
    await exactly(t)
  })

  await t.test('overlay deleted', async (t) => {
    ip('link del flannel.1')
    await exactly(t, 'cni.overlay-missing flannel.1')
    vxlan()
    node.join(1)
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
      const text = readFileSync(node.file(path), 'utf8')
      node.remove(path)
      await exactly(t, finding)
      node.write(path, text)
      await exactly(t)
    }
  })

  await t.test('DNS silent, gone, and back', async (t) => {
    await silence()
    const [gone] = await exactly(t, `cni.dns-dead ${dnsAddress}`)
    t.match(gone?.text, /nothing listens there/)
    const rule = '-p udp --dport 53 -j DROP'
    const inside = (command: string) => sh(`${node.inside.join(' ')} ${command}`)
    inside(`iptables -A INPUT ${rule}`)
    /** How many questions the rule has taken, and how long what was done meanwhile took, ms. */
    const asking = async (doing: () => Promise<unknown>) => {
      const begun = performance.now()
      inside('iptables -Z INPUT')
      await doing()
      const [, count] = /^ *(\d+) .*dpt:53/m.exec(inside('iptables -nvxL INPUT')) ?? []
      return { asked: Number(count), took: performance.now() - begun }
    }
    const patient = await asking(async () => {
      const [silent] = await exactly(t, `cni.dns-dead ${dnsAddress}`)
      t.match(silent?.text, /does not answer: two questions, 2 s/)
    })
    t.equal(patient.asked, 2)
    node.heard.push({ at: 0, text: 'cni0' })
    const hurried = await asking(() => exactly(t, `cni.dns-dead ${dnsAddress}`))
    t.equal(hurried.asked, 1, 'a round in a hurry asks once whether it is back, and hardly waits')
    t.ok(hurried.took < patient.took)
    t.ok(patient.took - hurried.took < 6000, 'and one that has the time waits for so long')
    inside(`iptables -D INPUT ${rule}`)
    await node.nameserver()
    await exactly(t)
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
    t.match(found?.text, /^The bridge cni0 is missing: 3 pods \(.*default\/db-0.*\) have no network\./)
    node.add('web-4')
    const [left] = await exactly(t, 'cni.veth-orphaned cni0')
    t.match(left?.text, /3 pods \(.*default\/db-0.*\)/)
    t.notMatch(left?.text, /web-4/)
    for (const pod of ['web-1', 'web-2', 'db-0']) {
      node.del(pod)
      node.add(pod)
    }
    await exactly(t)
  })

  await t.test('pods gone, bridge gone: well', async (t) => {
    for (const pod of ['web-1', 'web-2', 'db-0', 'web-4']) node.del(pod)
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
      [...node.inside, ...watch.argv],
      (line) => {
        lines += 1
        if (!watch.isRelevant(line)) return
        heard.push(line)
        wake()
      },
      stop.signal,
    )
    await until('the monitor hears', () => {
      ip('link set lo mtu 65000')
      ip('link set lo mtu 65536')
      return lines > 0
    })
    // The bridge's own addresses settle for up to two seconds after its first pod.
    await until(
      'no address is still asked for',
      () => !sh(`${node.inside.join(' ')} ip -6 addr show tentative`).trim(),
    )
    await settled('what that changed was heard', () => lines)
    heard.length = 0
    lines = 0
    for (const pod of ['second', 'third']) node.add(pod)
    node.del('third')
    await settled('pods came and went', () => lines, 21)
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
