import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { forwardingPause, forwardingPolls } from '../../../collectors/cni/forwarding-poll.ts'
import { cni } from '../../../collectors/cni/index.ts'
import { cannot, namespace } from '../firewall/namespace.ts'
import { machine } from '../node/machine.ts'
import { sampleOf } from './node.ts'

const healthy = await sampleOf('healthy')
const only = (sample = healthy) => {
  const [poll] = forwardingPolls(sample)
  if (poll?.kind !== 'poll') throw new Error('it is not polled')
  return poll
}

t.test('asked where it is judged, no more often than every five seconds', async (t) => {
  t.match(
    cni.watch?.({}, healthy)?.filter((it) => it.kind === 'poll'),
    [{ name: 'ipv4.ip_forward' }],
  )
  t.equal(only().pause, forwardingPause)
  t.ok(forwardingPause <= 5000)
  t.same(forwardingPolls({}), [], 'a machine without k3s')
  t.same(forwardingPolls({ ...healthy, flags: { 'disable-agent': 'true' } }), [])
  const other = { ...healthy, flags: { 'flannel-backend': 'none' }, foreign: 'Cilium' }
  t.match(cni.watch?.({}, other), [{ kind: 'poll', name: 'ipv4.ip_forward' }], 'with any CNI')
  const dual = { type: 'vxlan', vni: 1, ipv4: true, ipv6: true, mode: '' }
  t.equal(only({ ...healthy, netConf: dual }).name, 'ipv4.ip_forward and ipv6.conf.all.forwarding')
})

t.test('the answer changes with the setting', async (t) => {
  const with4 = (value: string) => machine(t, { '/proc/sys/net/ipv4/ip_forward': `${value}\n` })
  t.equal(await only().ask(with4('1')), '1')
  t.equal(await only().ask(with4('0')), '0')
  t.equal(await only().ask(machine(t, {})), 'missing')
})

const why = cannot()
t.test('the real kernel: told within the pause, there and back', why ? { skip: why } : {}, async (t) => {
  const it = await namespace(t)
  await it.sh('echo 1 > /proc/sys/net/ipv4/ip_forward')
  const child = it.start([process.execPath, join(import.meta.dirname, 'polling.ts')])
  const lines: string[] = []
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const until = async (count: number) => {
    for (let tries = 0; lines.length < count && tries < 400; tries += 1) await pause(50)
  }
  await until(1)
  await pause(500)
  for (const [at, value] of ['0', '1'].entries()) {
    const begun = performance.now()
    await it.sh(`echo ${value} > /proc/sys/net/ipv4/ip_forward`)
    await until(at + 2)
    t.equal(lines.at(-1), 'ipv4.ip_forward changed')
    t.comment(`${Math.round(performance.now() - begun)} ms`)
  }
  t.same(lines, ['begun', 'ipv4.ip_forward changed', 'ipv4.ip_forward changed'])
})
