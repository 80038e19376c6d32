import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { type Daemon, startDaemon } from '../../../agent/daemon/daemon.ts'
import { openLog } from '../../../agent/daemon/log.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { collector, HostError, opaque, type Sample } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { rule } from '../../agent/findings.ts'

interface Broken extends Sample {
  readonly broken: boolean
}

/** A collector that finds a cause and two things that follow from it, for as long as a file is there. */
const uplink = (file: string) =>
  opaque(
    collector({
      name: 'uplink',
      title: 'uplink',
      every: '* * * * * *',
      timeout: 30_000,
      rules: {
        'uplink.down': rule({
          severity: 'critical',
          title: 'the uplink is down',
          impact: 'Nothing reaches this cluster from outside.',
          fix: ['See the cable: `ip -s link show eth0`', 'See the switch it leads to'],
          avoid: ["Don't restart k3s: it would not find the other nodes."],
        }),
        'uplink.pods-failing': rule({
          title: 'pods fail',
          because: [{ code: 'uplink.down', takes: 60_000 }],
        }),
      },
      settings: {},
      async collect(host): Promise<Broken> {
        const broken = await host.text(file).catch((error) => {
          if (error instanceof HostError && error.code === 'missing') return undefined
          throw error
        })
        return { broken: broken !== undefined }
      },
      assess: ({ broken }) =>
        broken
          ? [
              { code: 'uplink.down' as const, subject: 'eth0', text: 'eth0 has no carrier.' },
              ...['shop/web-0', 'shop/web-1'].map((subject) => ({
                code: 'uplink.pods-failing' as const,
                subject,
                text: `${subject} does not answer.`,
              })),
            ]
          : [],
      summary: () => 'one uplink',
    }),
  )

/** One of several nodes, with a daemon as it runs on one; only its collector is made for it. */
export interface TestNode {
  readonly name: string
  daemon: Daemon
  /** Breaks it, or repairs it. */
  set(isBroken: boolean): void
  start(): Promise<void>
  stop(): Promise<void>
}

/** `folder`: where its state is; `settings`: the lines of its settings beside its name. */
export async function testNode(t: Test, folder: string, name: string, settings: string): Promise<TestNode> {
  const [file, state] = [join(folder, `${name}.broken`), join(folder, name)]
  mkdirSync(state)
  const collectors = [uplink(file)]
  const config = parseConfig(`node: ${name}\n${settings}`, { file: 'test', collectors, sinks })
  const open = () =>
    startDaemon({
      ...{ config, collectors, sinks, machine: openMachine(), version: '0' },
      store: openStore(state, Date.now()),
      log: openLog({ level: 'warn', write: () => {} }),
    })
  const node: TestNode = {
    name,
    daemon: open(),
    set: (isBroken) => (isBroken ? writeFileSync(file, '') : rmSync(file, { force: true })),
    async start() {
      node.daemon = open()
      await node.daemon.ready
    },
    stop: () => node.daemon.stop(),
  }
  t.teardown(() => node.daemon.stop().catch(() => undefined))
  await node.daemon.ready
  return node
}
