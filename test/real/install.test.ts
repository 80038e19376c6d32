import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import t from 'tap'
import type { Container } from './container.ts'
import { install, onNode, program, root, runtime, standIn, unpack } from './installing.ts'
import { inventory } from './inventory.ts'

t.setTimeout(900_000)
t.jobs = 1

// Debian's npm would bring 300 packages along; the one of this machine is as real.
const npm = execFileSync('sh', ['-c', 'readlink -f "$(command -v npm)"'], { encoding: 'utf8' }).trim()

/** systemd in a container leaves that out where it may not (CAP_SYS_RESOURCE, bit 24). */
const bounding = /^CapBnd:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
const mayLowerOomScore = ((BigInt(`0x${bounding}`) >> 24n) & 1n) === 1n

const pidOf = (node: Container) => node.sh('systemctl show -p MainPID --value murphy')

onNode('installs, upgrades in place, and leaves nothing behind', async (t, node) => {
  const before = await inventory(node)
  t.match(await install(node, '--rollback'), { exit: 1, stderr: /no former version is kept/ })
  t.strictSame(await inventory(node), before, 'without a former version there is nothing to go back to')
  const first = await install(node, '--cluster home')
  t.equal(first.exit, 0, first.stderr)
  t.match(first.stdout, /^The next node: sh install.sh --on root@NODE --cluster home$/m)
  t.equal(await node.sh('grep ^cluster /etc/murphy/config.yaml'), 'cluster: "home"\n')
  t.match(first.stdout, /^Installed in \/opt\/murphy: murphy 1$/m)
  t.match(await node.sh('systemctl is-active murphy; systemctl is-enabled murphy'), 'active\nenabled')
  t.equal(await node.sh('systemctl is-active murphy-last-word'), 'active\n')
  t.equal(await node.sh('agent version && murphy version'), 'murphy 1\nmurphy 1\n')
  const pid = (await pidOf(node)).trim()
  t.equal(await node.sh(`ps -o user= -p ${pid}`), 'murphy\n')
  t.equal(await node.sh('systemctl show -p OOMScoreAdjust --value murphy'), '-900\n')
  if (mayLowerOomScore) t.equal(await node.sh(`cat /proc/${pid}/oom_score_adj`), '-900\n')
  const modes =
    await node.sh(`stat -c '%n %A %U %G' /opt/murphy /opt/murphy/bin/node /opt/murphy/agent/main.js \\
    /etc/murphy /etc/murphy/config.yaml /var/lib/murphy /run/murphy /etc/systemd/system/murphy.service /etc/systemd/system/murphy-last-word.service`)
  t.equal(
    modes,
    `/opt/murphy drwxr-xr-x root root
/opt/murphy/bin/node -rwxr-xr-x root root
/opt/murphy/agent/main.js -rw-r--r-- root root
/etc/murphy drwx------ root root
/etc/murphy/config.yaml -rw------- root root
/var/lib/murphy drwxr-x--- murphy murphy
/run/murphy drwxr-x--- murphy murphy
/etc/systemd/system/murphy.service -rw-r--r-- root root
/etc/systemd/system/murphy-last-word.service -rw-r--r-- root root
`,
  )
  t.match(await node.sh('run-parts /etc/update-motd.d'), /^critical: the bridge is gone$/m)

  await node.sh('echo "# mine" >> /etc/murphy/config.yaml')
  const twice = await install(node)
  t.equal(twice.exit, 0, twice.stderr)
  await unpack(node, program('2'))
  const upgrade = await install(node)
  t.equal(upgrade.exit, 0, upgrade.stderr)
  t.equal(await node.sh('agent version'), 'murphy 2\n')
  t.not((await pidOf(node)).trim(), pid, 'the new one runs')
  t.match(await node.sh('tail -n 1 /etc/murphy/config.yaml'), '# mine', 'settings are never overwritten')
  t.equal(await node.sh('ls -A /opt'), 'murphy\nmurphy.former\n', 'nothing lies about')
  t.match(await install(node), { exit: 0 })
  await node.sh('echo "# another" >> /root/release/systemd/murphy.service')
  t.equal(await node.sh('/opt/murphy.former/bin/node /opt/murphy.former/agent/main.js version'), 'murphy 1\n')
  t.equal(await node.sh('stat -c %h /opt/murphy/bin/node'), '2\n', 'the same Node.js takes no room twice')

  for (const version of ['1', '2', '1']) {
    const back = await node.exec(['sh', '/opt/murphy/install.sh', '--rollback'])
    t.match(
      back,
      { exit: 0, stdout: new RegExp(`^Installed in /opt/murphy: murphy ${version}$`, 'm') },
      back.stderr,
    )
    t.equal(await node.sh('agent version; systemctl is-active murphy'), `murphy ${version}\nactive\n`)
    t.equal(
      await node.sh('cat /etc/systemd/system/murphy.service'),
      await node.sh('cat /opt/murphy/systemd/murphy.service'),
    )
  }

  const removal = await node.exec(['sh', '/opt/murphy/install.sh', '--uninstall'])
  t.equal(removal.exit, 0, removal.stderr)
  const left = (await inventory(node)).filter((it) => it.includes('murphy'))
  t.strictSame(left.map((it) => it.split(' ')[3]).filter(Boolean), [
    '/etc/murphy/config.yaml',
    '/opt/murphy/made',
    '/etc/murphy',
    '/var/lib/murphy',
    '/opt/murphy',
  ])
  t.equal((await install(node, '--uninstall')).exit, 0, 'a second time there is nothing to do')
  const purge = await install(node, '--purge')
  t.equal(purge.exit, 0, purge.stderr)
  t.strictSame(await inventory(node), before, 'the node is as it was')
})

onNode(
  '--dry-run names every step and makes none',
  async (t, node) => {
    const before = await inventory(node)
    const { exit, stdout, stderr } = await install(node, '--dry-run --webhook https://hooks.example/s3cret')
    t.equal(exit, 0, stderr)
    t.match(stdout, /^would install the program as \/opt\/murphy$/m)
    t.notMatch(stdout, 's3cret')
    t.strictSame(await inventory(node), before)
  },
  { light: true },
)

onNode('what fails is taken back', async (t, node) => {
  const before = await inventory(node)
  await unpack(node, program('2', { starts: false }))
  const first = await install(node, '--ntfy https://ntfy.sh/topic')
  t.equal(first.exit, 1)
  t.match(first.stderr, 'there is no fuse', 'what the journal says is shown')
  t.match(first.stderr, 'all changes were undone')
  t.strictSame(await inventory(node), before, 'a first install')
  t.equal(await node.sh('ls -A /opt'), '', 'no copy is left')

  for (const [name, reader] of [
    ['nobody reads on', '| head -n 3'],
    ['nobody reads its errors either', '2>&1 | head -n 3'],
  ] as const) {
    await install(node, `--ntfy https://ntfy.sh/topic ${reader}`)
    t.strictSame(await inventory(node), before, name)
    t.equal(await node.sh('ls -A /opt'), '', `${name}: no copy is left`)
  }

  await unpack(node, program('1'))
  t.equal((await install(node)).exit, 0)
  const installed = await inventory(node)
  await unpack(node, program('2', { starts: false }))
  t.equal((await install(node)).exit, 1)
  t.strictSame(await inventory(node), installed, 'an upgrade')
  t.equal(
    await node.sh('systemctl is-active murphy && agent version'),
    'active\nmurphy 1\n',
    'the old one runs on',
  )

  // As a run that the power left in the lurch once Murphy was started: it is not undone months later.
  await unpack(node, program('4'))
  await node.sh(
    `cp -R /root/release /root/cut && sed -i 's/^keep_all() {/keep_all() { kill -9 $$; /' /root/cut/systemd/undo.sh`,
  )
  t.equal((await node.exec(['sh', '-c', 'sh /root/cut/install.sh --no-test; exit $?'])).exit, 137)
  t.match(await node.sh('ls -A /opt'), '.murphy-undo')
  const runs = await pidOf(node)
  t.match(await install(node, '--rollback'), { exit: 0, stdout: /^Installed in \/opt\/murphy: murphy 1$/m })
  t.not(await pidOf(node), runs)
  t.equal(await node.sh('agent version; ls -A /opt'), 'murphy 1\nmurphy\nmurphy.former\n')
  t.equal((await install(node, '--rollback')).exit, 0)
  t.equal(await node.sh('agent version'), 'murphy 4\n', 'it was kept')

  await unpack(node, program('3'))
  await node.sh('echo wrong >> /etc/murphy/config.yaml')
  const pid = await pidOf(node)
  const third = await install(node)
  t.equal(third.exit, 1)
  t.match(third.stderr, 'config.yaml:2: wrong')
  t.equal(await pidOf(node), pid, 'with wrong settings the one that runs is not even stopped')
})

onNode(
  'back to a version that had Node.js in another place, and no second unit',
  async (t, node) => {
    t.match(await install(node), { exit: 0 })
    await unpack(node, '2', { node: standIn })
    t.match(await install(node), { exit: 0 })
    await node.sh(`cd /opt/murphy.former && mv bin/node . && rm systemd/murphy-last-word.service
      sed -i 's,/opt/murphy/bin/node,/opt/murphy/node,; /last-word/d' systemd/murphy.service`)
    const back = await install(node, '--rollback')
    t.match(back, { exit: 0, stdout: /^Installed in \/opt\/murphy: murphy 1$/m }, back.stderr)
    t.equal(await node.sh('murphy version; systemctl is-active murphy'), 'murphy 1\nactive\n')
    t.match(await node.sh('cat /etc/systemd/system/murphy.service'), /^ExecStart=\/opt\/murphy\/node /m)
    t.match(await install(node, '--rollback'), { exit: 0, stdout: /: murphy 2$/m })
    t.equal(await node.sh('murphy version; systemctl is-active murphy'), 'murphy 2\nactive\n')
    t.match(await install(node, '--purge'), { exit: 0 })
    t.equal(await node.sh('ls -A /opt; ls /etc/systemd/system | grep murphy || :'), '')
  },
  { light: true },
)

onNode(
  'addresses are kept as the secrets they are',
  async (t, node) => {
    const discord = 'https://discord.com/api/webhooks/1/s3cret'
    const first = await install(node, '--webhook - --ntfy -', `${discord}\nhttps://ntfy.sh/t0pic\n`)
    t.equal(first.exit, 0, first.stderr)
    t.equal(
      await node.sh('tail -n 5 /etc/murphy/config.yaml'),
      `sinks:
  - type: discord
    url_file: /etc/murphy/discord.url
  - type: ntfy
    url_file: /etc/murphy/ntfy.url
`,
    )
    t.equal(
      await node.sh('cd /etc/murphy && cat discord.url ntfy.url && stat -c "%A %U %G" *.url'),
      `${discord}
https://ntfy.sh/t0pic
-rw------- root root
-rw------- root root
`,
    )
    const second = await install(node, '--webhook https://hooks.example/s3cret --ntfy https://ntfy.sh/t1pic')
    t.match(second.stdout, `add these lines under \`sinks:\``)
    t.match(second.stdout, '  - type: webhook\n    url_file: /etc/murphy/webhook.url')
    t.notMatch(second.stdout, 'type: ntfy', 'what the settings name already needs no lines')
    t.equal(await node.sh('cat /etc/murphy/ntfy.url'), 'https://ntfy.sh/t1pic\n')
    for (const { stdout, stderr } of [first, second]) t.notMatch(stdout + stderr, /s3cret|t[01]pic/)
    t.notMatch(await node.sh('ps -eo args; journalctl --no-pager; systemctl show murphy'), /s3cret|t[01]pic/)
  },
  { light: true },
)

onNode(
  'where systemd is installed but does not run',
  async (t, node) => {
    const script = 'rmdir /opt && mount -t tmpfs none /run && sh /root/release/install.sh'
    const { exit, stdout, stderr } = await node.exec(['unshare', '-m', 'sh', '-c', script])
    t.equal(exit, 0, stderr)
    t.match(stdout, 'systemd is not running, so nothing was started. In the foreground: murphy run')
    t.equal(
      await node.sh('systemctl is-enabled murphy; systemctl is-active murphy || :'),
      'enabled\ninactive\n',
    )
  },
  { light: true },
)

onNode(
  'builds from a checkout with npm',
  async (t, node) => {
    await node.sh(
      `mkdir /root/murphy && cd ${root}
       cp -pR agent collectors systemd package.json package-lock.json install.sh LICENSE /root/murphy
       ln -s ${root}/node_modules /root/murphy/node_modules && touch -d @0 /root/murphy/package-lock.json
       printf '#!/bin/sh\\nexec ${runtime}/node ${npm} "$@"\\n' > /usr/local/bin/npm && chmod +x /usr/local/bin/npm`,
    )
    const { exit, stdout, stderr } = await node.exec(['sh', '/root/murphy/install.sh'])
    t.equal(exit, 0, stderr)
    t.match(stdout, /^build the program in \/root\/murphy$/m)
    await node.sh('rm -r /root/murphy')
    t.match(await node.sh('agent version'), /^murphy \d+\.\d+\.\d+, node v24\./)
    t.match(JSON.parse((await node.exec(['agent', 'status', '--json'])).stdout), {
      version: 2,
      node: 'node1',
    })
    // The kernel's log is shared: what other tests let it kill shows here too.
    const log = await node.sh('journalctl -u murphy -o cat --no-pager | grep -v \'"code":"memory\'')
    t.notMatch(log, /"level":"(warn|error)"/, 'on a machine without k3s it is calm')
  },
  { binds: [dirname(dirname(dirname(npm)))] },
)
