import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { type Recording, slug } from '../../../agent/host/recording.ts'
import { recordedNode } from '../../../agent/host/replay.ts'
import type { Host } from '../../../agent/model/index.ts'

/** A machine of files and answers to commands; a file that begins with `-> ` is a link. */
export function machine(
  t: Test,
  files: Readonly<Record<string, string | Uint8Array>>,
  more: Partial<Recording> & { commands?: Readonly<Record<string, string>>; now?: number } = {},
): Host {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-node-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { commands = {}, now, ...recording } = more
  const facts: Recording = { format: 1, node: 'test', at: '2026-11-23T00:30:00Z', ...recording }
  writeFileSync(join(folder, 'node.json'), JSON.stringify(facts))
  for (const [path, content] of Object.entries(files)) {
    const at = join(folder, 'files', path)
    mkdirSync(dirname(at), { recursive: true })
    if (typeof content === 'string' && content.startsWith('-> ')) symlinkSync(content.slice(3), at)
    else writeFileSync(at, content)
  }
  for (const [command, stdout] of Object.entries(commands)) {
    mkdirSync(join(folder, 'commands'), { recursive: true })
    writeFileSync(join(folder, 'commands', `${slug(command.split(' '))}.out`), stdout)
  }
  return recordedNode(folder, now === undefined ? {} : { now: () => now })
}

/** The status of a process whose ids are all the same. */
export const status = (id: number, nested = '') =>
  `Name:\tx\nUid:${`\t${id}`.repeat(4)}\nGid:${`\t${id}`.repeat(4)}\nGroups:\t \nNSpid:\t812${nested}\n`

/** A process of root in k3s's service as /proc shows it; started `ticks` hundredths of a second after boot. */
export const process = (pid: number, comm: string, cmdline: string, ticks = 100, more = {}) => ({
  [`/proc/${pid}/status`]: status(0),
  [`/proc/${pid}/cgroup`]: '0::/system.slice/k3s.service\n',
  [`/proc/${pid}/comm`]: `${comm}\n`,
  [`/proc/${pid}/cmdline`]: cmdline,
  [`/proc/${pid}/stat`]: `${pid} (${comm}) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${ticks} 0 0`,
  '/proc/stat': 'cpu  1 2 3\nbtime 1795000000\n',
  ...Object.fromEntries(Object.entries(more).map(([name, text]) => [`/proc/${pid}/${name}`, String(text)])),
})

/** A unit in the form in which k3s's installer writes it. */
export const unit = (exec: string, environment = '/etc/systemd/system/k3s.service.env') => `[Unit]
Description=Lightweight Kubernetes
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-${environment}
KillMode=process
Delegate=yes
# Having non-zero Limit*s causes performance problems due to accounting overhead
LimitNOFILE=1048576
Restart=always
ExecStartPre=/bin/sh -xc '! /usr/bin/systemctl is-enabled --quiet nm-cloud-setup.service'
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStart=${exec}

`
