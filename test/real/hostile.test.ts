import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Snapshot } from '../../agent/api/snapshot.ts'
import { bootContainer, type Container, withoutContainer } from './container.ts'
import { crashing, file } from './forged/crash.ts'
import { held } from './forged/held.ts'
import { buildRelease, root, runtime } from './release.ts'
import { makeNode } from './standin.ts'
import { until } from './waiting.ts'

const lacking =
  withoutContainer() ??
  (existsSync('/dev/fuse') ? undefined : 'needs /dev/fuse') ??
  (process.arch === 'x64' ? undefined : 'its crashing program is for x86-64')
const skip = lacking !== undefined && process.env.CI !== 'true' && lacking
t.setTimeout(900_000)

/** What root alone may read, as it stands in /etc/shadow. */
const secret = '$6$not$forothers'
const settings = `collectors:
  k3s:
    every: '*/3 * * * * *'
  certs:
    every: '*/5 * * * * *'
`
/** Says of itself what k3s says, on the ports by which it is known to be well. */
const fake = `process.title = 'k3s-server'
for (const port of [6443, 10248, 10256])
  require('node:http').createServer((_, answer) => answer.end('ok')).listen(port, '127.0.0.1')
`
const capability = { net_admin: 1n << 12n, held: 0x400003004n }

const agentOf = (node: Container) => {
  const socketPath = `/proc/${node.pid}/root/run/murphy/agent.sock`
  const ask = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const asked = request({ socketPath, path, timeout: 20_000 }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        answer.on('end', () => resolve(text))
      })
      asked.on('timeout', () => asked.destroy(new Error('no answer within 20 s')))
      asked.on('error', reject).end()
    })
  return {
    ask,
    status: async () => JSON.parse(await ask('/v1/status')) as Snapshot,
    /** How long an answer takes, ms: the middle of many, so that one pause of the machine does not count. */
    async takes() {
      const took: number[] = []
      for (let count = 0; count < 31; count += 1) {
        const begun = performance.now()
        await ask('/v1/status')
        took.push(performance.now() - begun)
        await pause(100)
      }
      return took.sort((a, b) => a - b)[15] ?? Number.NaN
    },
  }
}

/** All processes of the unit with their capabilities, by the name of the program. */
async function capabilities(node: Container) {
  const said = await node.sh(
    `for it in $(grep -lE '/murphy\\.service$' /proc/[0-9]*/cgroup 2>/dev/null); do
       sed -n 's/^\\(Name\\|Cap...\\):[[:space:]]*//p' "$(dirname "$it")/status" 2>/dev/null | tr '\\n' ' '; echo
     done`,
  )
  return said
    .split('\n')
    .map((it) => it.trim().split(' '))
    .filter((it) => it.length === 6)
    .map(([name = '', ...sets]) => {
      const [inherited = 0n, permitted = 0n, effective = 0n, bounding = 0n, ambient = 0n] = sets.map((it) =>
        BigInt(`0x${it}`),
      )
      return { name, inherited, permitted, effective, bounding, ambient }
    })
}

t.test('a node that turns against Murphy', { skip }, async (t) => {
  const node = await bootContainer({ binds: [root, runtime], devices: ['/dev/fuse'] })
  const release = await buildRelease()
  t.teardown(async () => {
    await node.stop()
    release.remove()
  })
  await makeNode(node)
  await release.place(node)
  await node.sh('mkdir /etc/murphy && cat > /etc/murphy/config.yaml', { input: settings })
  const installed = await node.exec(['sh', '/root/release/install.sh'])
  t.equal(installed.exit, 0, installed.stderr)
  const agent = agentOf(node)
  const page = async () => (await node.exec(['agent', 'status'])).stdout
  const open = async () =>
    (await agent.status()).incidents
      .filter((it) => it.resolved === undefined)
      .flatMap((it) => [it.cause, ...it.affected])
      .filter((it) => it.resolved === undefined)
      .map((it) => it.code)

  await t.test('what it starts gets what it needs and no more', async (t) => {
    const names = ['cat', 'ip', 'nft']
    const whole = (all: Awaited<ReturnType<typeof capabilities>>) =>
      all.filter((it) => it.effective === capability.held).length
    const all = await until(
      // What it has just started is itself for a moment.
      'what it follows is there, and the agent alone has all four',
      async () => {
        const found = await capabilities(node)
        return names.every((name) => found.some((it) => it.name === name)) && whole(found) === 1 && found
      },
      page,
    )
    const sets = (it: (typeof all)[number] | undefined) =>
      it && [it.inherited, it.permitted, it.effective, it.ambient].map((set) => set.toString(16))
    const same = (set: bigint) => Array(4).fill(set.toString(16))
    const of = (name: string) => sets(all.find((it) => it.name === name))
    t.same(of('nft'), same(capability.net_admin), 'nft monitor')
    t.same(of('ip'), same(0n), 'ip monitor')
    t.same(of('cat'), same(0n), 'cat /dev/kmsg')
    t.notOk(all.some((it) => it.bounding !== capability.held))
  })

  const calm = await agent.takes()
  const secrets = `usermod -p '${secret}' root && useradd -m ada && useradd -m eve`
  await node.sh(`${secrets} && grep -qF '${secret}' /etc/shadow && mkdir -p /opt/forged /run/far`)
  // Stopped, it would be its owner's wish.
  await node.sh('kill -9 $(systemctl show -p MainPID --value k3s)')
  await until('k3s.down is open', async () => (await open()).includes('k3s.down'), page)
  const before = await agent.status()

  // A process called as k3s, with its answers and data of its own.
  await node.sh(
    `cp -L ${runtime}/node /opt/forged/node && cp /usr/bin/perl /opt/forged/k3s-server
    cat > /opt/forged/fake.cjs`,
    { input: fake },
  )
  await node.sh(`systemd-run -q --uid=ada /opt/forged/node /opt/forged/fake.cjs server --data-dir /home/ada --constructor
    for i in $(seq 100); do ss -tln | grep -q :10256 && break; sleep 0.1; done; ss -tln | grep -q :10248`)
  // A link to what root alone may read, and a home whose files give no answer.
  await node.sh(`su ada -c 'mkdir /home/ada/.kube && ln -s /etc/shadow /home/ada/.kube/config && test -L /home/ada/.kube/config'
    su eve -c 'mkdir /home/eve/.kube'`)
  const fuse = (name: string, folder: string, last: string) =>
    `systemd-run -q --unit ${name} -p StandardOutput=file:/run/${name}.said ${runtime}/node ${root}/test/real/forged/fuse.ts ${folder} $(id -u eve) ${last}
     for i in $(seq 100); do grep -qs mounted /run/${name}.said && break; sleep 0.1; done; grep -q mounted /run/${name}.said`
  await node.sh(fuse('home', '/home/eve/.kube', 'lookup'))
  await node.sh(fuse('far', '/run/far', 'again'))
  // A process called as k3s whose memory is held by that server.
  await node.sh('cat > /opt/forged/held.pl', { input: held })
  await node.sh('systemd-run -q --uid=eve --unit held /opt/forged/k3s-server /opt/forged/held.pl server')
  // Killed, as what waits in there does not hear of less.
  const waits = async (what: string) =>
    (await node.sh(`timeout --signal KILL 1 cat ${what} >/dev/null 2>&1 || echo $?`)) === '137\n'
  const hung = (await node.sh('systemctl show -p MainPID --value held')).trim()
  await until('reading its command line hangs', async () => {
    const there = (await node.sh('grep -c again /run/far.said || true')).trim() !== '0'
    return there && (await waits(`/proc/${hung}/cmdline`))
  })
  t.ok(await waits('/home/eve/.kube/config'), 'and so does the kubeconfig')
  // A crash that reads like an OOM kill of k3s in the words of the kernel itself, and the same from a user's pen.
  const program = `/opt/forged/${file}`
  await node.sh(
    `cat > /opt/forged/crash.b64 && base64 -d /opt/forged/crash.b64 > '${program}' && chmod 755 '${program}'`,
    {
      input: crashing('Out of memory').toString('base64'),
    },
  )
  await node.sh(`for i in $(seq 9); do
      setpriv --reuid=$(id -u ada) --regid=$(id -g ada) --clear-groups '${program}' || true
      echo '<3>Out of memory: ${file}' > /dev/kmsg
    done
    dmesg | grep -qF ' in ${file}'`)

  await t.test('its questions are answered meanwhile', async (t) => {
    const looks = async (name: string) =>
      (await agent.status()).collectors.find((it) => it.name === name)?.last ?? 0
    const from = Date.now()
    for (const name of ['k3s', 'certs'])
      await until(`${name} has looked since`, async () => (await looks(name)) > from, page)
    const took = await agent.takes()
    t.comment(`calm ${calm.toFixed(1)} ms, under attack ${took.toFixed(1)} ms`)
    t.ok(took < Math.max(200, 5 * calm), `${took} ms, and ${calm} ms before`)
  })

  await t.test('it ends in time, and starts into the attack', async (t) => {
    const begun = Date.now()
    await node.sh('systemctl stop murphy')
    t.ok(Date.now() - begun < 12_000, `it took ${Date.now() - begun} ms to end`)
    t.match(await node.sh('systemctl show -p Result murphy'), 'Result=success', 'by itself')
    await node.sh('systemctl start murphy', { timeout: 120_000 })
    const took = await agent.takes()
    t.ok(took < Math.max(200, 5 * calm), `${took} ms, and ${calm} ms before`)
  })

  await t.test('nothing is believed', async (t) => {
    const codes = await open()
    t.ok(codes.includes('k3s.down'), 'k3s is down still')
    const after = await agent.status()
    const text = JSON.stringify(after.incidents)
    t.notMatch(text, /home\/ada|constructor|process 777/)
    const known = new Set(before.incidents.map((it) => it.cause.code))
    const more = after.incidents.filter((it) => !known.has(it.cause.code)).map((it) => it.cause)
    // Others on this machine may be killed for want of memory, in truth.
    t.same(
      more.filter((it) => it.subject.includes('k3s-server') || /^(k3s|certs)\./.test(it.code)),
      [],
      await page(),
    )
    const { sample } = JSON.parse(await agent.ask('/v1/sample?collector=k3s')) as { sample: unknown }
    t.notMatch(JSON.stringify(sample), /home\/ada/)
    t.notMatch(await agent.ask('/v1/sample?collector=memory'), /k3s-server/)
  })

  await t.test('nothing is read', async (t) => {
    t.notMatch(await page(), secret.slice(3))
    for (const name of ['k3s', 'certs', 'memory', 'pods', 'firewall', 'cni'])
      t.notMatch(await agent.ask(`/v1/sample?collector=${name}`), secret.slice(3), name)
    const recorded = await node.exec(['agent', 'record', '/root/recorded'], { timeout: 200_000 })
    t.equal(recorded.exit, 0, recorded.stderr)
    t.equal(
      await node
        .sh(`ls /root/recorded/files | wc -l && grep -rlF '${secret}' /root/recorded || true`)
        .then((it) => it.split('\n')[1]),
      '',
    )
    t.notOk((await node.exec(['test', '-e', '/root/recorded/files/etc/shadow'])).exit === 0)
  })
})
