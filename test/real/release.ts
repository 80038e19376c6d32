import { readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../systemd/build.ts'
import { layOut } from '../../systemd/release/tree.ts'
import type { Ready } from './arrivals.ts'
import type { Answer, Container } from './container.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
export const runtime = dirname(process.execPath)

/** The agent as a release that is unpacked, in a folder of this checkout that a container sees. */
export async function buildRelease() {
  const built = join(root, 'dist', `test-${process.pid}`)
  const agent = join(built, 'agent')
  await bundle({ root, entry: join(root, 'agent/main.ts'), outdir: agent })
  layOut(join(built, 'release'), {
    ...{ root, agent, installer: readFileSync(join(root, 'install.sh'), 'utf8') },
    runtime: { version: '', node: process.execPath, license: join(runtime, '../LICENSE'), compared: false },
  })
  // A container's files are in memory, where it is once installed.
  rmSync(join(built, 'release/runtime/node'))
  symlinkSync(process.execPath, join(built, 'release/runtime/node'))
  return {
    remove: () => rmSync(built, { recursive: true, force: true }),
    /** Puts it where an owner would have unpacked it. */
    place: (node: Container) => node.sh(`cp -R ${built}/release /root/release`),
  }
}

/** Three sinks, as an owner would set them up, and what else they set. */
export async function install(node: Container, ready: Ready, collectors: string): Promise<Answer> {
  await node.sh('mkdir /etc/murphy && cat > /etc/murphy/config.yaml', {
    input: `sinks:
  - type: discord
    url_file: /etc/murphy/discord.url
  - type: ntfy
    url_file: /etc/murphy/ntfy.url
  - type: webhook
    url: ${ready.webhook}
    secret: ${ready.secret}
# A night is played in minutes here.
messages_per_10_minutes: 1000
collectors:
${collectors}`,
  })
  await node.sh(`printf '%s\\n' '${ready.discord}' > /etc/murphy/discord.url`)
  return node.exec(['sh', '/root/release/install.sh', '--no-test', '--ntfy', '-'], {
    input: `${ready.ntfy}\n`,
  })
}
