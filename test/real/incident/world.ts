import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { type Arrival, type Ready, readLines } from '../arrivals.ts'
import type { Container } from '../container.ts'
import { root } from '../release.ts'
import { uplink } from '../standin.ts'
import { until } from '../waiting.ts'

const exec = promisify(execFile)
const name = `murphy-world-${process.pid}`

/** The world outside the node, which outlives its reboots: three receivers in a network of their own, and a cable. */
export async function openWorld() {
  await exec('ip', ['netns', 'add', name])
  await exec('ip', ['-n', name, 'link', 'set', 'lo', 'up'])
  await exec('ip', ['-n', name, 'addr', 'add', '192.0.2.1/32', 'dev', 'lo'])
  const receivers = spawn(
    'ip',
    [
      ...['netns', 'exec', name, process.execPath, `${root}/test/receivers/run.ts`],
      ...['--host', '192.0.2.1', '--port', '9100'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  receivers.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part
  })
  const lines = () => readLines(said)
  const ready: Ready = await until('the receivers listen', () => lines()[0]?.ready)
  return {
    ready,
    /** What was taken, in order. */
    arrivals: (): readonly Arrival[] =>
      lines().filter((it) => it.receiver && (it.status === 200 || it.status === 204)),
    /** Lays the cable to a node that was just booted. */
    async connect(node: Container) {
      await exec('ip', [
        ...[
          '-n',
          name,
          'link',
          'add',
          'wire',
          'type',
          'veth',
          'peer',
          'name',
          'eth0',
          'netns',
          `${node.pid}`,
        ],
      ])
      await exec('ip', ['-n', name, 'link', 'set', 'wire', 'up'])
      await exec('ip', ['-n', name, 'route', 'add', '192.0.2.10/32', 'dev', 'wire', 'src', '192.0.2.1'])
      await node.sh(uplink)
    },
    /** Whether somebody outside can begin an SSH session. */
    async ssh(): Promise<boolean> {
      const probe = ['timeout', '2', 'bash', '-c', 'read -t 2 it </dev/tcp/192.0.2.10/22; [[ $it = SSH* ]]']
      return exec('ip', ['netns', 'exec', name, ...probe]).then(
        () => true,
        () => false,
      )
    },
    async close() {
      receivers.kill('SIGTERM')
      await exec('ip', ['netns', 'delete', name])
    },
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>
