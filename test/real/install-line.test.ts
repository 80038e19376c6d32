import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { onNode, root, standIn } from './installing.ts'
import { inventory } from './inventory.ts'
import { makeKey, publish } from './published.ts'

t.setTimeout(900_000)
t.jobs = 1

const place = mkdtempSync(join(tmpdir(), 'murphy-place-'))
t.teardown(() => rmSync(place, { recursive: true }))
const key = makeKey()
const release = (version: string, folder: string, text = version) => {
  mkdirSync(folder, { recursive: true })
  publish(folder, { version, key, agent: text, node: standIn, place })
}
release('1.0.0', place)
for (const version of ['1.0.0', '1.1.0']) release(version, join(place, version))
release('1.2.0', join(place, '1.2.0'), 'broken')
const line = `cat ${place}/install.sh | sh -s --`

onNode(
  'one line, an upgrade, back, and nothing is left',
  async (t, node) => {
    const before = await inventory(node)
    await node.sh('umask 077 && echo https://hooks.example/s3cret > /root/release/url')
    const relabel = '/usr/local/sbin/restorecon'
    await node.sh(`printf '#!/bin/sh\necho "$@" > /run/relabelled\n' > ${relabel} && chmod +x ${relabel}`)
    const first = await node.exec(['sh', '-c', `${line} --webhook-file /root/release/url --cluster home`])
    t.equal(first.exit, 0, first.stderr)
    t.match(first.stdout, /^Installed in \/opt\/murphy: murphy 1.0.0$/m)
    t.match(first.stdout, /^doctor --send$/m, 'a test message is sent')
    t.match(first.stdout, `The next node: sudo sh ${place}/install.sh --webhook - --cluster home\n`)
    t.notMatch(first.stdout + first.stderr, /s3cret/)
    t.equal(
      await node.sh('systemctl is-active murphy; cat /etc/murphy/webhook.url'),
      'active\nhttps://hooks.example/s3cret\n',
    )
    t.equal(
      await node.sh(`cat /run/relabelled && rm /run/relabelled ${relabel}`),
      '-R /opt/murphy\n',
      'SELinux',
    )
    t.equal(
      await node.sh('getent passwd murphy | cut -d: -f5-'),
      'Murphy:/var/lib/murphy:/usr/sbin/nologin\n',
    )
    const installed = await inventory(node)

    const again = await node.exec(['sh', '-c', line])
    t.match(again, { exit: 0, stdout: /^doctor$/m }, 'who only upgrades is not sent anything')
    t.strictSame(await inventory(node), installed)
    await node.sh(`ln -s ${place} /root/release/mirror`)
    const mirrored = line.replace('|', '| MURPHY_URL=/root/release/mirror')
    t.match(await node.exec(['sh', '-c', `${mirrored} --no-test --ntfy https://ntfy.sh/x`]), {
      exit: 0,
      stdout: /^doctor$/m,
    })
    t.equal(await node.sh('agent version'), 'murphy 1.0.0\n')

    writeFileSync(join(place, 'stable'), '')
    t.match(await node.exec(['sh', '/opt/murphy/install.sh', '--channel', 'stable']), {
      exit: 1,
      stderr: /stable is damaged/,
    })
    release('1.1.0', place)
    t.match(
      await node.exec(['sh', '/opt/murphy/install.sh', '--channel', 'stable']),
      { exit: 0, stdout: /^fetching \/root\/release\/mirror\// },
      'the mirror is asked that it came from',
    )
    t.equal(await node.sh('agent version && ls -A /opt'), 'murphy 1.1.0\nmurphy\nmurphy.former\n')
    const failed = await node.exec(['sh', '/opt/murphy/install.sh', '--version', '1.2.0'])
    t.match(failed, { exit: 1, stderr: /there is no fuse[\s\S]*all changes were undone/ })
    t.equal(
      await node.sh('agent version; systemctl is-active murphy'),
      'murphy 1.1.0\nactive\n',
      'it went back by itself',
    )
    t.match(await node.exec(['sh', '/opt/murphy/install.sh', '--rollback']), { exit: 0 })
    t.equal(await node.sh('agent version; systemctl is-active murphy'), 'murphy 1.0.0\nactive\n')

    t.match(await node.exec(['sh', '-c', `${line} --uninstall`]), { exit: 0 })
    t.match(await node.exec(['sh', '-c', `${line} --purge`]), { exit: 0 })
    t.strictSame(await inventory(node), before, 'the node is as it was')
  },
  { binds: [place] },
)

interface DaemonSet {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly initContainers: readonly {
          readonly command: readonly string[]
          readonly args: readonly string[]
          readonly env: readonly { readonly name: string }[]
        }[]
      }
    }
  }
}

onNode(
  'as the DaemonSet does it',
  async (t, node) => {
    const before = await inventory(node)
    const text = readFileSync(join(root, 'docs/fleet/daemonset.yaml'), 'utf8')
    const daemonSet = parseAllDocuments(text).map((it) => it.toJS() as DaemonSet)[2]
    const { command = [], args = [], env = [] } = daemonSet?.spec.template.spec.initContainers[0] ?? {}
    t.strictSame(
      env.map((it) => it.name),
      ['MURPHY_URL', 'VERSION', 'CLUSTER', 'MURPHY_WEBHOOK'],
    )
    const run = (version: string, url = 'https://hooks.example/s3cret') =>
      node.exec([
        'env',
        `MURPHY_URL=${place}`,
        `VERSION=${version}`,
        'CLUSTER=home',
        `MURPHY_WEBHOOK=${url}`,
        ...command,
        ...args,
      ])
    t.match(await run('1.0.0'), { exit: 0, stdout: /^Installed in \/opt\/murphy: murphy 1\.0\.0/m })
    t.equal(
      await node.sh('cat /etc/murphy/webhook.url; systemctl is-active murphy'),
      'https://hooks.example/s3cret\nactive\n',
    )
    t.match(await run('1.1.0'), { exit: 0, stdout: /^Installed in \/opt\/murphy: murphy 1\.1\.0/m })
    t.match(await run('1.1.0'), { exit: 0, stdout: /^$/ }, 'what is there already stays as it is')
    t.match(await run('1.2.0'), { exit: 1, stderr: /all changes were undone/ })
    t.match(await run('1.1.0'), { exit: 0 })
    t.equal(
      await node.sh('agent version; systemctl is-active murphy; ls -A /tmp | grep ^tmp || :'),
      'murphy 1.1.0\nactive\n',
    )
    t.match(await node.exec(['sh', '/opt/murphy/install.sh', '--purge']), { exit: 0 })
    t.strictSame(await inventory(node), before)
  },
  { binds: [place] },
)
