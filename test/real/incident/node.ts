import type { Snapshot } from '../../../agent/api/snapshot.ts'
import { bootContainer, type Container, keptFiles } from '../container.ts'
import { buildRelease, install, root, runtime } from '../release.ts'
import { makeNode } from '../standin.ts'
import { until } from '../waiting.ts'
import { command, prepare } from './k3s.ts'
import type { World } from './world.ts'

/** As often as a test can wait for; everything else is as it is installed. */
const settings = `  memory:
    hold_minutes: 1
  cni:
    every: '*/10 * * * * *'
  k3s:
    every: '*/10 * * * * *'
`

/**
 * nspawn gives each boot an id by a mount, which the sandbox of the agent's unit does not take along: on a node of
 * its own the kernel's is the only one.
 */
const bootId = `cat > /etc/systemd/system/boot-id.service <<'END'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cat /proc/sys/kernel/random/boot_id > /run/boot_id'
END
mkdir -p /etc/systemd/system/murphy.service.d && cat > /etc/systemd/system/murphy.service.d/boot-id.conf <<'END'
[Unit]
Requires=boot-id.service
After=boot-id.service
[Service]
BindReadOnlyPaths=/run/boot_id:/proc/sys/kernel/random/boot_id
END
systemctl daemon-reload`

/** A node that can be rebooted, with the agent installed on it. */
export async function openNode(world: World) {
  const files = await keptFiles()
  const release = await buildRelease()
  const boot = async () => {
    const it = await bootContainer({ binds: [root, runtime], files: files.folder })
    await world.connect(it)
    return it
  }
  let node: Container = await boot()
  const close = async () => {
    await node.stop()
    await files.remove()
    release.remove()
  }
  await node.sh(bootId)
  await prepare(node)
  await makeNode(node, { command, ownWorld: false })
  await release.place(node)
  const installed = await install(node, world.ready, settings)
  if (installed.exit !== 0) {
    await close()
    throw new Error(installed.stderr)
  }

  const status = () =>
    until('the agent answers', async () => {
      const { stdout } = await node.exec(['agent', 'status', '--json'])
      const it = JSON.parse(stdout || '{"problem":"it says nothing"}')
      return it.problem === undefined && (it as Snapshot)
    })
  return {
    /** Where its files are, seen from here. */
    place: () => `/proc/${node.pid}/root`,
    container: () => node,
    sh: (script: string) => node.sh(script),
    status,
    page: async () => (await node.exec(['agent', 'status'])).stdout,
    /** Everything is stopped, and booted again on the same files. */
    async reboot() {
      await node.exec(['systemctl', 'reboot'])
      await node.ended
      node = await boot()
    },
    close,
  }
}

export type Node = Awaited<ReturnType<typeof openNode>>
