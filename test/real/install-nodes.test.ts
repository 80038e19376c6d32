import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { bootContainer, type Container, withoutContainer } from './container.ts'
import { root, standIn } from './installing.ts'
import { cpu, makeKey, publish } from './published.ts'

const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

const url = 'https://hooks.example/s3cret'
const hosts = ['root@10.9.0.1', 'root@10.9.0.2', 'root@10.9.0.3']

/** A cable from the first to each other, in namespaces of theirs alone, and sshd with one key that the first has. */
async function connect(nodes: readonly Container[]) {
  const [first] = nodes as [Container]
  await first.sh('ip link add lan type bridge && ip link set lan up && ip addr add 10.9.0.1/24 dev lan')
  for (const [at, { pid }] of nodes.entries()) {
    if (at === 0) continue
    const name = `node${at + 1}`
    const cable = [
      'link',
      'add',
      name,
      'netns',
      `${first.pid}`,
      'type',
      'veth',
      'peer',
      'name',
      'lan',
      'netns',
      `${pid}`,
    ]
    execFileSync('ip', cable)
    await first.sh(`ip link set ${name} master lan up`)
    await nodes[at]?.sh(`ip addr add 10.9.0.${at + 1}/24 dev lan && ip link set lan up`)
  }
  const key = await first.sh(
    `mkdir -p /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 && cat /root/.ssh/*.pub`,
  )
  for (const node of nodes)
    await node.sh('mkdir -p -m 700 /root/.ssh && cat > /root/.ssh/authorized_keys && systemctl start ssh', {
      input: key,
    })
  await first.sh(
    'for it in 1 2 3; do echo "10.9.0.$it $(cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)"; done > /root/.ssh/known_hosts',
  )
}

t.test('three nodes by one command', { skip }, async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'murphy-place-'))
  publish(place, { version: '1.0.0', key: makeKey(), agent: '1.0.0', node: standIn, place })
  const nodes: Container[] = []
  t.teardown(async () => {
    for (const it of nodes) await it.stop()
    rmSync(place, { recursive: true })
  })
  // One after the other: two that boot at a time are no faster on two cores.
  for (const _ of hosts) nodes.push(await bootContainer({ binds: [root, place] }))
  const [first, second, third] = nodes as [Container, Container, Container]
  await connect(nodes)
  const on = (script: string, input = '') => first.exec(['sh', '-c', script], { input, timeout: 120_000 })

  await second.sh(
    `systemd-run --quiet --unit seen sh -c 'while :; do cat /proc/[0-9]*/cmdline | tr "\\0" " "; done > /run/seen 2>&1'`,
  )
  await third.sh('useradd -m ann && cp -R /root/.ssh /home/ann && chown -R ann: /home/ann')
  const tried = await on(
    `cat ${place}/install.sh | sh -s -- --no-test --cluster 'my home' --webhook-file /root/url --on ${hosts.join()},root@10.9.0.9,ann@10.9.0.3`,
  )
  t.match(tried, { exit: 2, stderr: /no line to read in \/root\/url/ })
  await first.sh(`umask 077; echo ${url} > /root/url`)
  const it = await on(
    `cat ${place}/install.sh | sh -s -- --no-test --cluster 'my home' --webhook-file /root/url --on ${hosts.join()},root@10.9.0.9,ann@10.9.0.3`,
  )
  t.equal(it.exit, 1)
  t.match(
    it.stdout,
    new RegExp(
      `${hosts.map((one) => `^${one} +installed: murphy 1\\.0\\.0\n`).join('')}^root@10\\.9\\.0\\.9 +failed: ssh: .*No route to host.*\n^ann@10\\.9\\.0\\.3 +failed: .*sudo.*\n$`,
      'm',
    ),
    it.stderr,
  )
  t.match(it.stderr, /^root@10.9.0.9: ssh: connect to host 10.9.0.9/m)
  for (const one of nodes) {
    t.equal(await one.sh('systemctl is-active murphy && cat /etc/murphy/webhook.url'), `active\n${url}\n`)
    t.match(await one.sh('cat /etc/murphy/config.yaml'), /^cluster: "my home"$/m)
    t.equal(
      await one.sh('ls -A /var/tmp | grep ^murphy || :; ls -A /opt'),
      'murphy\n',
      'nothing is left of what was sent',
    )
  }
  const seen = await second.sh('systemctl stop seen && cat /run/seen')
  t.match(seen, /install\.sh --webhook - --cluster my home --no-test/)
  t.notMatch(seen, /s3cret/, 'the address was in no list of processes')
  t.notMatch(it.stdout + it.stderr, /s3cret/)

  await second.sh('sh /opt/murphy/install.sh --purge')
  const again = await on(`printf '%s\\n' ${url} | sh /opt/murphy/install.sh --webhook - --on ${hosts[1]}`)
  t.match(
    again,
    { exit: 0, stdout: /^root@10.9.0.2 +installed: murphy 1.0.0\n$/m },
    `from a node that has it: ${again.stderr}`,
  )
  t.equal(await second.sh('systemctl is-active murphy && cat /etc/murphy/webhook.url'), `active\n${url}\n`)
  const mirror = 'https://mirror.example.org/murphy'
  t.match(await on(`MURPHY_URL=${mirror}/ sh /opt/murphy/install.sh --no-test --on ${hosts[1]}`), { exit: 0 })
  t.equal(
    await second.sh('grep ^place= /opt/murphy/install.sh'),
    `place='${mirror}'\n`,
    'it asks there for newer ones',
  )
  t.match(await on(`sh /opt/murphy/install.sh --purge --on ${hosts.slice(1).join()}`), { exit: 0 })
  for (const one of [second, third])
    t.equal(
      await one.sh('ls -A /opt; ls -d /etc/murphy 2>&1 || :'),
      "ls: cannot access '/etc/murphy': No such file or directory\n",
    )

  await second.sh(
    `printf '#!/bin/sh\\necho riscv64\\n' > /usr/local/bin/uname && chmod +x /usr/local/bin/uname`,
  )
  // A shell that does not end to speak: the others are done without it.
  await third.sh(`mkdir -p /home/ann/bin && usermod -s /home/ann/bin/hang ann && printf '#!/bin/sh\\nyes\\n' > /home/ann/bin/hang &&
    chmod +x /home/ann/bin/hang`)
  const endless = await on(`sh /opt/murphy/install.sh --no-test --on ${hosts[2]},ann@10.9.0.3`)
  t.match(endless, {
    exit: 1,
    stdout: /^root@10.9.0.3 +installed: murphy 1\.0\.0\nann@10.9.0.3 +failed: it gave no answer\n$/m,
  })
  t.ok(endless.stderr.length < 100_000, 'what it says is bounded')
  const other = cpu === 'x64' ? 'aarch64' : 'x86_64'
  await third.sh(
    `printf '#!/bin/sh\\necho ${other}\\n' > /usr/local/bin/uname && chmod +x /usr/local/bin/uname`,
  )
  const strange = await on(`sh ${place}/install.sh --on ${hosts.slice(1).join()}`)
  t.match(strange, {
    exit: 1,
    stdout:
      /^root@10.9.0.2 +failed: no runtime for this CPU, riscv64; .*\nroot@10.9.0.3 +failed: there is no release for \w+ here, and none could be fetched\n$/m,
  })
  t.match(await on('sh /opt/murphy/install.sh --on -oProxyCommand=x'), { exit: 2, stderr: /--on/ })
})
