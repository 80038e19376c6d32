import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { askFor } from '../../agent/api/ask.ts'
import type { Snapshot } from '../../agent/api/snapshot.ts'
import { bootContainer, withoutContainer } from '../real/container.ts'
import { dnsStart } from '../real/ordinary/commands.ts'
import { root, runtime } from '../real/release.ts'
import { makeNode } from '../real/standin.ts'
import { startReceiver } from './agent.ts'
import type { Site } from './faults.ts'
import { now } from './measure.ts'
import type { BenchNode } from './node.ts'
import type { Stand } from './stand.ts'
import { flags } from './unit.ts'

const environment = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LC_ALL=C.UTF-8',
  'JOURNAL_STREAM=1:1',
]
const home = '/root/agent'
/** The agent's settings, on the node. */
export const configPath = `${home}/config.yaml`

/** Starts the cluster's DNS as its pod does. */
export const startDns = dnsStart(process.execPath, join(root, 'test/agent/host/nameserver.ts'))

/**
 * A node with a real systemd, ufw and sshd, on which the stand-in for k3s is a service, with the bundled agent and a
 * receiver on it. `prepare` is done before the agent starts.
 */
export async function bootSite(
  { built, undo }: Stand,
  name: string,
  prepare: (node: BenchNode) => Promise<unknown>,
): Promise<Site> {
  const why = withoutContainer()
  if (why) throw new Error(why)
  const container = await bootContainer({ binds: [root, runtime] })
  undo(() => container.stop())
  const children: ChildProcess[] = []
  const start: BenchNode['start'] = (argv) => {
    const enter = ['--all', '--target', `${container.pid}`, '--', 'env', '-i', ...environment]
    const child = spawn('nsenter', [...enter, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    return child
  }
  const node: BenchNode = {
    name,
    folder: `/proc/${container.pid}/root`,
    makeBridge: '',
    inside: [],
    async sh(script) {
      const begun = now()
      await container.sh(script)
      return { begun, ended: now() }
    },
    start,
    async stop() {
      for (const it of children) it.kill('SIGKILL')
      await container.stop()
    },
  }
  await makeNode(container)
  await node.sh(`ip addr add 10.43.0.10/32 dev lo; ${startDns}; mkdir -p ${home}`)
  await prepare(node)
  const receiver = await startReceiver(node)
  const settings = {
    node: name,
    state_dir: `${home}/state`,
    socket: `${home}/agent.sock`,
    // Each fault is told by itself, and who stops k3s by hand is told of it soon.
    messages_per_10_minutes: 1000,
    collectors: { k3s: { stopped_minutes: 1 } },
    sinks: [{ type: 'webhook', url: receiver.url, secret: receiver.secret }],
  }
  await container.sh(`cat > ${configPath}`, { input: JSON.stringify(settings) })
  const agent = start([
    ...[process.execPath, ...flags, join(built, 'main.js')],
    ...['--config', configPath, 'run'],
  ])
  agent.stdout?.resume()
  // What breaks before it has looked is found as it is, and nobody knows what happened.
  for (let tries = 0; !(await hasLooked(join(node.folder, home, 'agent.sock'))); tries += 1) {
    if (tries > 600 || agent.exitCode !== null) throw new Error(`the agent on ${name} did not start`)
    await pause(100)
  }
  return { node, receiver }
}

/** Whether an agent runs there, of which every check has looked once. */
async function hasLooked(socket: string): Promise<boolean> {
  if (!existsSync(socket)) return false
  const { collectors } = await askFor<Pick<Snapshot, 'collectors'>>(socket, '/v1/status')
  return collectors.every((it) => it.last !== undefined || it.state === 'off')
}
