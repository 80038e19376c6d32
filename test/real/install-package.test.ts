import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type PackageOptions, writeDeb } from '../../systemd/release/deb.ts'
import { writeRpm } from '../../systemd/release/rpm.ts'
import { standIn } from '../systemd/release/stand-in.ts'
import { bootContainer, type Container } from './container.ts'
import { install, onNode, program, root, runtime, unpack } from './installing.ts'
import { inventory } from './inventory.ts'

t.setTimeout(900_000)
t.jobs = 1

/** Packages of the stand-in program, in a folder of this checkout that a container sees. */
const built = join(root, 'dist', `packages-${process.pid}`)
mkdirSync(built, { recursive: true })
t.teardown(() => rmSync(built, { recursive: true }))

/** Versions 1.0.0 and 2.0.0. */
const made = (write: (options: PackageOptions) => string) =>
  ['1.0.0', '2.0.0'].map((version) => {
    const release = standIn(join(built, version), { text: program(version), node: process.execPath })
    const cpu = process.arch as 'x64' | 'arm64'
    const name = write({ release, work: join(built, 'work'), into: built, cpu, version, time: 1, level: 1 })
    rmSync(release, { recursive: true })
    return join(built, name)
  }) as [string, string]

const [one, two] = made(writeDeb)
const dpkg = (node: Container, ...args: string[]) => node.exec(['dpkg', ...args])

const rpmPre = join(root, 'systemd/release/refusals')

/** What a package manager, and a user that stays, leave of themselves. */
const ofDpkg =
  / (\/var\/lib\/(dpkg|systemd\/deb-systemd-helper-\w+)\b|\/var\/cache\/|\/var\/log\/)| {2}\/etc\/(passwd|group|g?shadow)$/
const rest = async (node: Container) => (await inventory(node)).filter((it) => !ofDpkg.test(it))

onNode('as a package it is installed, upgraded, put back, removed and purged', async (t, node) => {
  const before = await rest(node)
  const first = await dpkg(node, '--install', one)
  t.equal(first.exit, 0, first.stderr)
  const active = () => node.sh('systemctl is-active murphy || :; systemctl is-enabled murphy || :')
  t.equal(await active(), 'active\nenabled\n')
  t.equal(await node.sh('agent version && murphy version'), 'murphy 1.0.0\nmurphy 1.0.0\n')
  t.equal(
    await node.sh(
      `stat -c '%n %A %U %G' /etc/murphy /etc/murphy/config.yaml /var/lib/murphy /usr/lib/murphy/bin/node`,
    ),
    `/etc/murphy drwx------ root root
/etc/murphy/config.yaml -rw------- root root
/var/lib/murphy drwxr-x--- murphy murphy
/usr/lib/murphy/bin/node -rwxr-xr-x root root
`,
  )
  t.equal(await node.sh('ps -o user= -p "$(systemctl show -p MainPID --value murphy)"'), 'murphy\n')
  t.match(await node.sh('run-parts /etc/update-motd.d'), /^critical: the bridge is gone$/m)
  t.equal(await node.sh('dpkg --verify murphy'), '', 'every file is as it came')

  t.match(await install(node), { exit: 1, stderr: /a package here/ }, 'install.sh leaves it alone')

  await node.sh('echo "# mine" >> /etc/murphy/config.yaml')
  const upgrade = await dpkg(node, '--install', two)
  t.equal(upgrade.exit, 0, upgrade.stderr)
  t.equal(await active(), 'active\nenabled\n')
  t.equal(await node.sh('agent version; tail -n 1 /etc/murphy/config.yaml'), 'murphy 2.0.0\n# mine\n')

  await node.sh('systemctl disable --quiet --now murphy')
  t.equal((await dpkg(node, '--install', one)).exit, 0, 'back to the former one')
  t.equal(await node.sh('agent version'), 'murphy 1.0.0\n')
  t.equal((await active()).split('\n')[1], 'disabled', 'what an admin disabled stays so')

  await node.sh('systemctl start murphy')
  t.equal((await dpkg(node, '--remove', 'murphy')).exit, 0)
  t.match(await active(), /^inactive\n/)
  t.equal(
    await node.sh('ls /etc/murphy /usr/lib/murphy 2>&1 || :; ls -d /var/lib/murphy'),
    "ls: cannot access '/usr/lib/murphy': No such file or directory\n/etc/murphy:\nconfig.yaml\n/var/lib/murphy\n",
    'settings and state stay',
  )
  t.equal((await dpkg(node, '--install', two)).exit, 0)
  t.equal(await node.sh('tail -n 1 /etc/murphy/config.yaml'), '# mine\n')
  t.equal((await dpkg(node, '--purge', 'murphy')).exit, 0)
  t.strictSame(await rest(node), before, 'the node is as it was, but for the user')
  t.equal(await node.sh('getent passwd murphy | cut -d: -f1,6'), 'murphy:/var/lib/murphy\n')
})

onNode('an installation of install.sh is refused, and what it leaves is taken over', async (t, node) => {
  t.match(await install(node, '--ntfy -', 'https://ntfy.sh/t0pic\n'), { exit: 0 })
  const installed = await rest(node)
  const refused = await dpkg(node, '--install', one)
  t.not(refused.exit, 0)
  t.match(refused.stderr, 'sh /opt/murphy/install.sh --uninstall')
  t.strictSame(await rest(node), installed, 'nothing was changed')
  t.equal(await node.sh('agent version; systemctl is-active murphy'), 'murphy 1\nactive\n')

  await node.sh('sh /opt/murphy/install.sh --uninstall')
  const taken = await dpkg(node, '--install', one)
  t.equal(taken.exit, 0, taken.stderr)
  t.equal(
    await node.sh('agent version; systemctl is-active murphy; ls -A /opt /etc/murphy'),
    'murphy 1.0.0\nactive\n/etc/murphy:\nconfig.yaml\nntfy.url\n\n/opt:\n',
  )
})

onNode('to purge what was a package leaves a later installation of install.sh alone', async (t, node) => {
  t.match(await dpkg(node, '--install', one), { exit: 0 })
  t.match(await dpkg(node, '--remove', 'murphy'), { exit: 0 })
  await node.sh('userdel murphy && chown -R root: /var/lib/murphy')
  const installed = await install(node, '--ntfy -', 'https://ntfy.sh/t0pic\n')
  t.equal(installed.exit, 0, installed.stderr)
  const seen = () =>
    node.sh(`systemctl is-active murphy; systemctl is-enabled murphy; cat /etc/murphy/ntfy.url
      stat -c '%n %U' /etc/murphy/config.yaml /var/lib/murphy`)
  const before = await seen()
  t.match(before, /^active\nenabled\nhttps:\/\/ntfy.sh\/t0pic\n/)
  t.match(await dpkg(node, '--purge', 'murphy'), { exit: 0 })
  t.equal(await seen(), before)
  t.equal(await node.sh('dpkg --list murphy 2>&1 | grep -c ^rc || :'), '0\n', 'it is purged')
})

onNode('somebody who is called murphy, or is in such a group, is refused', async (t, node) => {
  const refused = async (sentence: string) => {
    for (const it of [await dpkg(node, '--install', one), await node.exec(['sh', rpmPre, '1'])]) {
      t.equal(it.exit, 1)
      t.match(it.stderr, `murphy: there is a ${sentence}`)
    }
    t.equal(await node.sh('ls -d /usr/lib/murphy /etc/murphy 2>/dev/null || :'), '', 'nothing was changed')
  }
  await node.sh('useradd --create-home murphy')
  await refused('user called murphy already, with home /home/murphy; Murphy needs its own: userdel murphy\n')
  await node.sh('userdel --remove murphy 2>&1; groupadd murphy && useradd ann && usermod -aG murphy ann')
  const group = (who: string) =>
    `group called murphy already, and its members (${who}) could query and silence Murphy; remove them from it, or: groupdel murphy\n`
  await refused(group('ann'))
  await node.sh('gpasswd --delete ann murphy && useradd --gid murphy bob && usermod -aG murphy bob')
  await refused(group('bob'))

  await node.sh('userdel bob && usermod -aG root ann')
  t.match(await node.exec(['sh', rpmPre, '1']), { exit: 0, stderr: /^$/ }, 'an empty group is nobody')
  t.match(await dpkg(node, '--install', one), { exit: 0 })
  await node.sh('usermod -aG murphy ann')
  t.match(await dpkg(node, '--install', two), { exit: 0 }, 'who is put into it later is meant to ask')
  t.match(await node.exec(['sh', rpmPre, '2']), { exit: 0, stderr: /^$/ })
})

onNode('what an admin wrote, masked or broke stays so, and the package is whole', async (t, node) => {
  const whole = () => node.sh('dpkg --status murphy | grep ^Status')
  await node.sh(
    `mkdir -m 0700 /etc/murphy && echo mine > /etc/murphy/config.yaml && systemctl mask --quiet murphy.service`,
  )
  const masked = await dpkg(node, '--install', one)
  t.equal(masked.exit, 0, masked.stderr)
  t.equal(await whole(), 'Status: install ok installed\n')
  t.equal(await node.sh('cat /etc/murphy/config.yaml'), 'mine\n')
  t.match(await node.sh('systemctl is-enabled murphy || :'), /^masked/)

  await node.sh(
    `systemctl unmask --quiet murphy.service && mkdir /etc/systemd/system/murphy.service.d
     printf '[Service]\\nExecStartPre=/bin/false\\nRestart=no\\n' > /etc/systemd/system/murphy.service.d/a.conf`,
  )
  const broken = await dpkg(node, '--install', two)
  t.match(broken, { exit: 0, stderr: 'murphy: the service does not start; see: journalctl -u murphy' })
  t.equal(await whole(), 'Status: install ok installed\n')
})

/**
 * With MURPHY_RPM=1 also rpm, in a Debian that is made for it, which takes a minute more. Of what a package needs rpm knows
 * nothing there; files and scripts are as on Fedora.
 */
if (process.env.MURPHY_RPM === '1')
  t.test('by rpm it is installed, upgraded, put back and erased', async (t) => {
    const [one, two] = made(writeRpm)
    const node = await bootContainer({ binds: [root, runtime], more: ['rpm'] })
    t.teardown(() => node.stop())
    const rpm = (...args: string[]) => node.exec(['rpm', '--force-debian', '--nodeps', ...args])
    await unpack(node, program('1'))
    t.match(await install(node), { exit: 0 })
    t.match(await rpm('--install', one), { exit: 1, stderr: 'sh /opt/murphy/install.sh --uninstall' })
    await node.sh('sh /opt/murphy/install.sh --purge')

    const active = () => node.sh('systemctl is-active murphy || :; systemctl is-enabled murphy || :')
    const first = await rpm('--install', one)
    t.equal(first.exit, 0, first.stderr)
    t.equal(await active(), 'active\nenabled\n', "by Debian's presets")
    t.equal(await node.sh('agent version && murphy version'), 'murphy 1.0.0\nmurphy 1.0.0\n')
    t.equal(
      await node.sh("stat -c '%n %A %U %G' /etc/murphy /etc/murphy/config.yaml /var/lib/murphy"),
      `/etc/murphy drwx------ root root
/etc/murphy/config.yaml -rw------- root root
/var/lib/murphy drwxr-x--- murphy murphy
`,
    )
    t.match(await install(node), { exit: 1, stderr: /a package here/ })
    await node.sh('echo "# mine" >> /etc/murphy/config.yaml')
    t.match(await rpm('--upgrade', two), { exit: 0 })
    t.equal(await active(), 'active\nenabled\n')
    t.equal(await node.sh('agent version; tail -n 1 /etc/murphy/config.yaml'), 'murphy 2.0.0\n# mine\n')
    const pid = () => node.sh('systemctl show -p MainPID --value murphy')
    const before = await pid()
    t.match(await rpm('--upgrade', '--oldpackage', one), { exit: 0 })
    t.equal(await node.sh('agent version'), 'murphy 1.0.0\n')
    t.not(await pid(), before, 'the former one runs')

    t.match(await rpm('--erase', 'murphy'), { exit: 0 })
    t.match(await active(), /^inactive\n/)
    t.equal(
      await node.sh('ls -d /usr/libexec/murphy /usr/bin/agent /etc/murphy/config.yaml 2>/dev/null || :'),
      '/etc/murphy/config.yaml\n',
    )
  })
