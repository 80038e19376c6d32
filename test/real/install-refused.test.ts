import t from 'tap'
import { install, onNode } from './installing.ts'
import { inventory } from './inventory.ts'

t.setTimeout(900_000)
t.jobs = 1

onNode(
  'refuses with a sentence, before it changes anything',
  async (t, node) => {
    const before = await inventory(node)
    const fake = (name: string, body: string) =>
      `mkdir -p /run/fake && printf '#!/bin/sh\\n${body}\\n' > /run/fake/${name} && chmod +x /run/fake/${name} && PATH=/run/fake:$PATH`
    const run = 'sh /root/release/install.sh'
    const cases: readonly (readonly [string, string, number, string])[] = [
      [
        'without root',
        `chmod o+x /root && setpriv --reuid 65534 --regid 65534 --clear-groups ${run}`,
        1,
        'root is needed',
      ],
      [
        'on another CPU',
        `${fake('uname', 'test $1 = -m && echo riscv64 || echo Linux')} ${run}`,
        1,
        'CPU, riscv64',
      ],
      ['on another system', `${fake('uname', 'echo FreeBSD')} ${run}`, 1, 'runs on Linux only'],
      [
        'on a full disk',
        `${fake('df', 'printf "x\\\\n/ 9 9 1024 9 /\\\\n"')} ${run}`,
        1,
        '/opt has 1 MiB free',
      ],
      [
        'with 32 bits',
        `${fake('getconf', 'echo 32')} ${run}`,
        1,
        'this is a 32-bit system on a 64-bit kernel',
      ],
      [
        'with an old systemd',
        `${fake('systemctl', 'echo systemd 239 \\(239-78.el8\\)')} ${run}`,
        1,
        'systemd 239 is too old',
      ],
      ['an unknown option', `${run} --frobnicate`, 2, 'unknown option --frobnicate'],
      ['no URL', `${run} --webhook`, 2, '--webhook needs a URL'],
      ['not a URL', `${run} --ntfy ntfy.sh/topic`, 2, 'must begin with https://'],
      [
        'a URL with a line in it',
        `${run} --ntfy "https://ntfy.sh/a\nb"`,
        2,
        '.*invalid characters in the URL',
      ],
      [
        'a source that is none',
        `cp -R /root/release /run/none && rm -r /run/none/dist && sh /run/none/install.sh`,
        1,
        'is neither a checkout nor a release',
      ],
      [
        'no npm',
        `mkdir /run/none/agent && touch /run/none/agent/main.ts && sh /run/none/install.sh`,
        1,
        'the build needs npm',
      ],
      [
        'without flock',
        `mv /usr/bin/flock /run/flock; ${run}; code=$?; mv /run/flock /usr/bin/flock; exit $code`,
        1,
        'flock is missing. On Debian: apt-get install util-linux',
      ],
      [
        'two at a time',
        `exec 8>>/run/murphy-install.lock && flock 8 && cp -R /root/release /run/other && sh /run/other/install.sh`,
        1,
        'another install.sh is running',
      ],
    ]
    for (const [name, script, exit, sentence] of cases) {
      const answer = await node.exec(['sh', '-c', `rm -rf /run/fake; ${script}`])
      t.match(answer, { exit, stderr: new RegExp(`^install.sh: .*${sentence}`) }, name)
    }
    await node.sh('chmod o-x /root')
    t.strictSame(await inventory(node), before)

    await node.sh('echo mine > /usr/bin/agent && chmod +x /usr/bin/agent')
    t.match(await install(node), {
      exit: 1,
      stderr: /\/usr\/bin\/agent is another program's. With --no-agent-command/,
    })
    t.match(await install(node, '--no-agent-command'), { exit: 0 })
    t.equal(await node.sh('ls /usr/local/bin'), 'murphy\n')
    t.match(
      await node.sh('systemctl cat murphy'),
      /^Environment=MURPHY_COMMAND=murphy\nExecStart=/m,
      'its messages name the command that is there',
    )
    t.match(await install(node, '--purge'), { exit: 0 })
    t.equal(await node.sh('cat /usr/bin/agent'), 'mine\n')
    await node.sh('rm /usr/bin/agent && useradd -m murphy')
    t.match(await install(node), {
      exit: 1,
      stderr: /a user called murphy already, with home \/home\/murphy/,
    })
    await node.sh('rm /usr/bin/systemd-notify')
    t.match(await install(node), { exit: 1, stderr: /systemd is missing/ })
  },
  { light: true },
)
