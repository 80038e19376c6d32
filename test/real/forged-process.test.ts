import type { ChildProcess } from 'node:child_process'
import t from 'tap'
import type { Observation } from '../../agent/model/index.ts'
import type { CertsSample } from '../../collectors/certs/sample.ts'
import type { K3sSample } from '../../collectors/k3s/sample.ts'
import { held } from './forged/held.ts'
import { hang, type Node, nobody, node, openNode, place } from './forged/open.ts'

// Many short commands, which take several times longer on a busy machine.
t.setTimeout(900_000)

/** What a user can do to be taken for k3s, or to make whoever looks at their processes wait: real ones, of other accounts and user namespaces. */
const lacking = process.getuid?.() !== 0 ? 'processes of other accounts need root' : undefined
if (lacking && process.env.CI !== 'true') {
  t.plan(0, lacking)
  process.exit(0)
}

/** What a fake says of itself, on the ports by which k3s is known to be well. */
const fake = `
  process.title = 'k3s-server';
  for (const port of [6443, 10248, 10256])
    require('node:http').createServer((_, answer) => answer.end('ok')).listen(port, '127.0.0.1')`

interface Look {
  readonly sample: K3sSample
  readonly found: readonly Observation[]
}

t.test("a user's k3s-server that answers on every port is nobody's k3s", async (t) => {
  const { ask, sh, start, until } = openNode(t)
  await sh(`mkdir -p /run/units && printf '[Service]\\nExecStart=/usr/local/bin/k3s server\\n' >/run/units/k3s.service
    mkdir -p /run/systemd/system && cp /run/units/k3s.service /run/systemd/system/`)
  const argv = `env -u NODE_OPTIONS ${node} -e "${fake.replaceAll('\n', ' ')}" server --data-dir /home/ada --constructor`
  const running = async () => ((await ask({ do: 'find' })).value as { pid: number } | null)?.pid
  const named = (pid: number) => until(`grep -qx k3s-server /proc/${pid}/comm && ss -tln | grep -q :10256`)

  const ours = await start(argv)
  await named(ours)
  t.equal(await running(), ours, 'root started it')
  await sh(`kill -9 ${ours}`)

  const theirs = await start(`${nobody} ${argv}`)
  await named(theirs)
  t.equal(await running(), undefined, 'another account')
  const { sample, found } = (await ask({ do: 'look' })).value as Look
  t.notOk(sample.k3s?.running, 'what its ports say is said by nobody')
  t.notMatch(sample.k3s, { dataDir: '/home/ada' })
  t.notOk(
    sample.unseen?.some((it) => it.codes?.includes('k3s.down')),
    'and no news',
  )
  t.notOk(found.some((it) => it.code === 'k3s.restarted'))
  await sh(`kill -9 ${theirs}`)

  // It is root in there, and says so; from here its ids are those of the account that made the namespace.
  const mapped = await start(`${nobody} unshare --user --map-root-user ${argv}`)
  await named(mapped)
  t.match(await sh(`cat /proc/${mapped}/uid_map`), /^\s+0\s+65534\s+1\s*$/)
  t.equal(await running(), undefined, 'root of a user namespace of its own')
  await sh(`kill -9 ${mapped}`)

  // Root has it made, but it is another namespace.
  const roots = await start(`unshare --user --map-root-user ${argv}`)
  await named(roots)
  t.match(await sh(`cat /proc/${roots}/status`), /^Uid:\t0\t0\t0\t0$/m)
  t.equal(await running(), undefined, 'root in a user namespace')
  await sh(`kill -9 ${roots}`)

  // A setuid program under another name is root in effect, and the user all the same.
  await sh(
    `cp ${place}/k3s-server ${place}/setuid && chmod 4755 ${place}/setuid && mkdir ${place}/x && ln -s ../setuid ${place}/x/k3s-server`,
  )
  const setuid = await start(`${nobody} ${place}/x/k3s-server -e 'sleep 60'`)
  await until(`grep -q '^Uid:.65534.0.0.0' /proc/${setuid}/status`)
  t.equal(await running(), undefined, 'a setuid program')
  await sh(`kill -9 ${setuid}`)
})

t.test("what Murphy's user may read is enough to know whose a process is", async (t) => {
  const caps = '+dac_read_search,+net_admin,+net_raw,+syslog'
  const { ask, sh } = openNode(t, {
    before: `${place}/k3s-server -e 'sleep 600' server </dev/null >/dev/null 2>&1 & echo $! >${place}/pid`,
    wrap: `${nobody} --inh-caps=-all,${caps} --ambient-caps=-all,${caps} --bounding-set=-all,${caps} --`,
  })
  t.match(await sh('id -u; grep ^CapEff /proc/self/status'), /^65534\nCapEff:\t0000000400003004$/m)
  t.match((await ask({ do: 'find' })).value, { pid: Number(await sh(`cat ${place}/pid`)), role: 'server' })
})

/** Certificates of a server as k3s keeps them, and an expired one of another's. */
const furnished = `mount -t tmpfs -o mode=755 tmpfs /var/lib
  mkdir -p /var/lib/rancher/k3s/server/tls /var/lib/rancher/k3s/agent ${place}/theirs && cd /var/lib/rancher/k3s/server/tls
  made() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $1.key -out $1.crt -subj $2 $3 $4 2>/dev/null; }
  made client-admin /O=system:masters/CN=system:admin -days 300
  for it in key crt; do cp client-admin.$it ../../agent/client-kubelet.$it; done
  made ${place}/theirs/it /O=k3s/CN=k3s -days 1 && chmod -R a+rX ${place}/theirs
  mkdir -p /run/systemd/system && printf '[Service]\\nExecStart=/usr/local/bin/k3s server\\n' >/run/systemd/system/k3s.service`

/** Whoever listens where k3s does, and writes down who showed a certificate. */
const posing = `
  const fs = require('node:fs');
  const own = { key: fs.readFileSync('${place}/theirs/it.key'), cert: fs.readFileSync('${place}/theirs/it.crt') };
  const said = (asked, answer) => {
    const shown = asked.socket.getPeerCertificate?.()?.subject?.CN;
    console.log('asked', asked.url, shown ?? 'nobody');
    if (asked.url === '/version') answer.statusCode = 401;
    answer.end(asked.url === '/ping' ? 'pong' : 'ok');
  };
  for (const port of [6443, 10250])
    require('node:https').createServer({ ...own, requestCert: true, rejectUnauthorized: false }, said).listen(port, process.argv[1]);
  for (const port of [10248, 10256]) require('node:http').createServer(said).listen(port, process.argv[1]);`

t.test("what listens on k3s's ports is asked only where root's k3s listens", async (t) => {
  const it = openNode(t, { before: furnished })
  const { ask, sh, start, until } = it
  const pose = (as: string, at: string) =>
    start(`${as} env -u NODE_OPTIONS ${node} -e "${posing.replaceAll('\n', ' ')}" ${at}`)
  const listening = (times = 4) =>
    until(`test $(ss -Htln | grep -cE ':(6443|10250|10248|10256) ') = ${times}`)
  const look = async () => (await ask({ do: 'look' })).value as Look
  const certs = async () => (await ask({ do: 'certs' })).value as CertsSample
  const well = ({ sample }: Look) =>
    Object.fromEntries(Object.entries(sample.answers ?? {}).map(([part, { well }]) => [part, well]))

  // k3s is stopped: what listens there is none of its.
  const theirs = await pose(nobody, '127.0.0.1')
  await listening()
  t.same(
    (await certs()).served.flatMap((it) => it.certificates),
    [],
    'nothing of k3s is served',
  )
  t.notOk((await certs()).api?.some((it) => it.status !== undefined))

  // It runs but hangs, and listens nowhere.
  const ours = await start(`${place}/k3s-server -e 'sleep 600' server`)
  await until(`grep -qx k3s-server /proc/${ours}/comm`)
  const hung = await look()
  t.equal(hung.sample.k3s?.running?.pid, ours)
  t.match(hung.sample.answers, {
    api: { well: false, said: 'does not answer: uid 65534 listens on 127.0.0.1:6443, not k3s' },
    kubelet: { well: false, said: 'does not answer: uid 65534 listens on 127.0.0.1:10248, not k3s' },
  })
  t.same(
    (await certs()).served.flatMap((it) => it.certificates),
    [],
  )
  t.notOk((await certs()).api?.some((it) => it.status !== undefined))
  t.notMatch(await sh(`cat ${place}/said`), /asked/, 'it was asked for nothing, and shown no certificate')
  await sh(`kill -9 ${theirs}`)
  await listening(0)

  // Root listens everywhere, and a user beside it where k3s is not asked.
  const roots = await pose('', '0.0.0.0')
  await listening()
  t.same(well(await look()), { api: true, kubelet: true, 'kube-proxy': true })
  t.match(await sh(`cat ${place}/said`), /asked \/readyz system:admin/)
  t.equal((await certs()).served.filter((it) => it.certificates[0]?.name === 'k3s').length, 2)
  await sh(`kill -9 ${roots}`)
  await listening(0)

  const beside = await pose('', '::1')
  const aside = await pose(nobody, '127.0.0.1')
  await listening(8)
  const both = await look()
  t.match(
    both.sample.answers,
    { api: { well: false }, kubelet: { well: true } },
    'the kubelet listens on ::1',
  )
  await sh(`kill -9 ${beside} ${aside}`)
})

/** Starts a process whose command line gives no answer. */
async function startHeld(it: Node, as = '') {
  const pid = await it.start(`${as} ${place}/k3s-server -e '${held}' server`)
  const asked = `timeout --signal KILL 0.5 cat /proc/${pid}/cmdline >/dev/null`
  await it.until(`grep -q again ${place}/fuse && test -d /proc/${pid} && ! ${asked}`)
  return pid
}

const exited = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), 15_000)
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code)
    })
  })

t.test("a user's process whose memory gives no answer is not asked for it", async (t) => {
  const it = openNode(t)
  await hang(it, 65534, 'again')
  await startHeld(it, nobody)
  for (let look = 0; look < 6; look += 1) {
    const { value, took } = await it.ask({ do: 'find' })
    t.equal(value, null)
    t.ok(took < 5_000, `${took} ms`)
  }
})

t.test("root's is asked once, for a second, and known without its command line", async (t) => {
  const it = openNode(t)
  const { end } = await hang(it, 0, 'again')
  const ours = await startHeld(it)
  for (let look = 0; look < 6; look += 1) {
    const { value, pause } = await it.ask({ do: 'find' })
    t.match(value, { pid: ours, role: 'server', argv: [] })
    t.ok(pause < 900, `nothing else waited: ${pause} ms`)
  }
  const refused = { error: /not asked, because reading .*cmdline has had no answer since \d\d:/ }
  t.match(await it.ask({ do: 'text', path: `/proc/${ours}/cmdline` }), refused)
  t.match(await it.ask({ do: 'text', path: '/proc/1/environ' }), refused, 'nor is another of its kind')
  t.match(await it.ask({ do: 'text', path: '/proc/uptime' }), { value: /^\d/ })
  await end()
  await it.until(`cat /proc/${ours}/cmdline`).catch(() => {})
  const asked = () => it.ask({ do: 'text', path: '/proc/1/cmdline' })
  for (let tries = 0; tries < 50 && refused.error.test((await asked()).error ?? ''); tries += 1)
    await it.sh('sleep 0.1')
  t.notMatch(await asked(), refused, 'it has answered')
})

t.test('SIGTERM ends it while a read hangs', async (t) => {
  const it = openNode(t)
  await hang(it, 0, 'again')
  const ours = await startHeld(it)
  t.match((await it.ask({ do: 'find' })).value, { pid: ours, argv: [] })
  await it.ask({ do: 'end' })
  t.equal(await exited(it.child), 7, 'it is gone, with its own word')
})
