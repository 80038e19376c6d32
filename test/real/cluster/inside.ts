import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { murphy, ready, silent } from '../../collectors/cluster/machines.ts'
import { startClusterApi } from '../../receivers/cluster-api.ts'
import { webhookReceiver } from '../../receivers/webhook.ts'

/**
 * The cluster of `real/cluster.test.ts`, in a network namespace of its own: an API, a receiver and an agent on each of
 * three servers, in whose mount namespace lie the files of that server alone. Prints what was received, as JSON.
 *
 * node4 is lost 95 s after the agents have begun to watch, when also node5 is drained and node6 is rebooting by order.
 * `dies`: server1, which would notify, is lost in the same moment.
 */
const [folder = '', scenario = ''] = process.argv.slice(2)
const second = 1000
const root = join(import.meta.dirname, '../../..')
/** Documentation addresses on a link of its own. */
const network = '198.51.100'
const servers = ['server1', 'server2', 'server3']

execFileSync('/bin/sh', [
  '-ec',
  `ip link set lo up; ip link add lan0 type veth peer name lan1; ip link set lan0 up; ip link set lan1 up
for it in 1 2 3; do ip addr add ${network}.$it/24 dev lan0; done`,
])
const issued = (name: string) => {
  const file = join(folder, `${name}.crt`)
  return { file, key: join(folder, `${name}.key`), pem: readFileSync(file, 'utf8'), der: Buffer.alloc(0) }
}
const api = await startClusterApi(issued('serving'), issued('clients'), { host: `${network}.1`, port: 6443 })
const receiver = await webhookReceiver({ host: `${network}.1`, port: 8080 })
/** Its address is nobody's here: who asks there hears nothing, as of a machine that is off. */
const own = (at: number) => ({
  ...{ address: `${network}.10${at}`, server: at < 4 },
  pods: [
    { namespace: 'shop', name: `web-${at}` },
    { namespace: 'kube-system', name: `proxy-${at}`, owner: 'DaemonSet' },
  ],
})
const names = ['server1', 'server2', 'server3', 'node4', 'node5', 'node6', 'node7']
for (const [at, name] of names.entries())
  api.nodes.set(name, { ...own(at + 1), conditions: [ready(Date.now() - 3600 * second)] })

const agents = servers.map((name) =>
  spawn(
    'unshare',
    [
      ...['--mount', '/bin/sh', '-ec'],
      `mount -t tmpfs tmpfs /var/lib; cp -r ${folder}/${name}/rancher /var/lib
mount -t tmpfs tmpfs /etc/systemd; mkdir /etc/systemd/system; cp ${folder}/k3s.service /etc/systemd/system
exec "${process.execPath}" ${root}/agent/main.ts run --config ${folder}/${name}/config.yaml`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  ),
)
try {
  while (api.asked.filter((it) => it.startsWith('GET /api/v1/nodes?')).length < servers.length)
    await pause(200)
  // All have asked before each asks again, 20 s later: from then on all of them watch.
  await pause(25 * second)
  await pause(95 * second)
  const at = Date.now()
  const gone = { conditions: [silent(at)] }
  api.asked.length = 0
  api.nodes.set('node4', { ...own(4), ...gone })
  const drained = own(5).pods.slice(1)
  api.nodes.set('node5', { ...own(5), ...gone, cordoned: true, pods: drained })
  const order = murphy(at - 60 * second, 'Unknown', 'NodeRebooting', 'The node reboots.')
  api.nodes.set('node6', { ...own(6), conditions: [silent(at), order] })
  if (scenario === 'dies') {
    agents[0]?.kill('SIGKILL')
    api.nodes.set('server1', { ...own(1), conditions: [silent(at)] })
  }
  // The API shows it 50 to 55 s after the last sign of its kubelet: this is what is left of 90 s, and as much again.
  const received: object[] = []
  for (let known = 0; Date.now() - at < 70 * second; await pause(100))
    for (; known < receiver.events.length; known += 1) {
      const { type, data } = receiver.events[known] ?? { type: '', data: {} }
      received.push({ type, after: Date.now() - at, data })
    }
  process.stdout.write(JSON.stringify({ received, asked: api.asked }))
} finally {
  for (const it of agents) it.kill('SIGKILL')
  await Promise.all([api.close(), receiver.close()])
}
