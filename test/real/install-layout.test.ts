import t from 'tap'
import { onNode } from './installing.ts'
import { inventory } from './inventory.ts'

t.setTimeout(900_000)

/**
 * What Fedora, Rocky and openSUSE have otherwise than Debian: one folder for programs and those of root, no adduser, no
 * message of the day, no diff; sudo without /usr/local in its PATH. Their own packages are not to be had here.
 */
const otherwise = `
  for it in /usr/sbin/*; do [ -e /usr/bin/\${it##*/} ] || mv $it /usr/bin/; done
  rm -rf /usr/sbin && ln -s bin /usr/sbin
  rm -rf /usr/local/sbin && ln -s bin /usr/local/sbin
  rm -rf /etc/update-motd.d /usr/bin/adduser /usr/bin/addgroup /usr/bin/deluser /usr/bin/delgroup
  rm -f /usr/bin/diff /usr/bin/cmp /usr/bin/getconf /usr/bin/lsb_release
`
/** As a system has it that nobody has set up for accounts. */
const bare = 'rm -f /etc/default/useradd /etc/login.defs /usr/bin/nologin'

onNode(
  'it takes nothing of a layout for granted',
  async (t, node) => {
    await node.sh(otherwise)
    const run = (options = '') =>
      node.exec([
        'env',
        'PATH=/sbin:/bin:/usr/sbin:/usr/bin',
        'sh',
        '-c',
        `sh /root/release/install.sh ${options}`,
      ])
    const before = await inventory(node)
    for (const shell of ['(?:/usr)?/s?bin/nologin', '/bin/false']) {
      const it = await run('--ntfy https://ntfy.sh/x')
      t.equal(it.exit, 0, it.stderr)
      t.match(
        await node.sh(
          'getent passwd murphy; systemctl is-active murphy; /usr/local/bin/murphy version; ls -A /home',
        ),
        new RegExp(`^murphy:x:\\d{2,3}:\\d{2,3}:Murphy:/var/lib/murphy:${shell}\nactive\nmurphy 1\n$`),
      )
      t.match(await node.sh('ls -l /usr/local/bin'), /murphy -> \/opt\/murphy\/bin\/murphy/)
      t.match(await run(), { exit: 0 }, 'an upgrade')
      const purge = await run('--purge')
      t.match(purge, { exit: 0 }, purge.stderr)
      t.equal(
        await node.sh('getent passwd murphy || getent group murphy || ls -A /opt /home'),
        '/home:\n\n/opt:\n',
      )
      if (shell !== '/bin/false') t.strictSame(await inventory(node), before)
      await node.sh(bare)
    }
  },
  { light: true },
)
