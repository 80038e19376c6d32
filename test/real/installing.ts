import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { bootContainer, type Container, withoutContainer } from './container.ts'

/** This checkout, and the folder of the Node.js that runs here: a node in a container sees both at the same place. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
export const runtime = dirname(process.execPath)
const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why

/** Stands in for the agent, so that what is tested is the way it gets there and not what it does there. */
export const program = (version: string, { starts = true } = {}) => `
  import { execFileSync } from 'node:child_process'
  import { readFileSync } from 'node:fs'
  const [command] = process.argv.slice(2)
  if (command === 'version') console.log('murphy ${version}')
  if (command === 'config' && /wrong/.test(readFileSync('/etc/murphy/config.yaml', 'utf8'))) {
    console.error('config.yaml:2: wrong')
    process.exitCode = 3
  }
  if (command === 'doctor') console.log('doctor', ...process.argv.slice(3))
  if (command === 'status') console.log('critical: the bridge is gone')
  if (command === 'run') {
    if (!${starts}) throw new Error('there is no fuse')
    setInterval(() => {}, 1000)
    execFileSync('systemd-notify', ['--ready'])
  }
`

/**
 * Stands in for Node.js and the agent: 100 MB less to pack and to copy each time. Its version is the text of main.js, and
 * one that is `broken` does not start.
 */
export const standIn = `#!/bin/sh
for it; do if [ -f "$it" ]; then version=$(cat "$it"); fi; done
case $* in
  *' version') echo "murphy $version" ;;
  *' doctor'*) echo "doctor\${*#*doctor}" ;;
  *' run')
    case $version in *broken) echo 'there is no fuse' && exit 1 ;; esac
    systemd-notify --ready
    exec sleep 1000000
    ;;
esac
`

/** A release of that program, unpacked at /root/release. `node` stands in for its Node.js, of which a copy is 120 MB. */
export async function unpack(node: Container, text: string, { node: runs }: { node?: string } = {}) {
  await node.sh(
    `rm -rf /root/release && mkdir -p /root/release/dist/agent /root/release/runtime && cd /root/release
     cp -R ${root}/install.sh ${root}/LICENSE ${root}/systemd . && ln -s ${runtime}/node runtime/node
     echo '{"type":"module"}' > dist/agent/package.json && cat > dist/agent/main.js`,
    { input: text },
  )
  if (runs !== undefined)
    await node.sh('cd /root/release/runtime && rm node && cat > node && chmod +x node', { input: runs })
}

/** A test on a node of its own, with a release at hand: of `program`, or of what only stands in for all of it. */
export function onNode(
  name: string,
  body: (t: Test, node: Container) => Promise<void>,
  { binds = [], light = false }: { binds?: readonly string[]; light?: boolean } = {},
) {
  t.test(name, { skip }, async (t) => {
    const node = await bootContainer({ binds: [root, runtime, ...binds] })
    t.teardown(() => node.stop())
    await (light ? unpack(node, '1', { node: standIn }) : unpack(node, program('1')))
    await body(t, node)
  })
}

/** Runs the installer of that release; `options` go through a shell. */
export const install = (node: Container, options = '', input = '') =>
  node.exec(['sh', '-c', `sh /root/release/install.sh ${options}`], { input })
