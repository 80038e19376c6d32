import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import type { Observation } from '../../agent/model/index.ts'
import type { K3sSample } from '../../collectors/k3s/sample.ts'
import { parseUnit } from '../../collectors/k3s/unit.ts'
import { certificates, days } from '../collectors/certs/openssl.ts'
import { bootContainer, withoutContainer } from './container.ts'
import { until } from './waiting.ts'

/**
 * A node in namespaces of its own: real processes, a real TLS server that checks real client certificates on
 * real ports, real disks of memory, real links. Only k3s itself is a stand-in.
 */
const lacking = process.getuid?.() !== 0 ? 'making namespaces needs root' : undefined
if (lacking && process.env.CI !== 'true') {
  t.plan(0, lacking)
  process.exit(0)
}
// Many short commands, which take several times longer on a busy machine.
t.setTimeout(900_000)

interface Look {
  readonly sample: K3sSample
  readonly found: readonly Observation[]
  readonly summary: string
  readonly cpu: number
}

const data = '/var/lib/rancher/k3s'
const minute = 60_000

/** Everything a server has on its disk that is asked for here; the certificates are real. */
function files(): { readonly folder: string; readonly expired: string } {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-real-k3s-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { issue } = certificates(t)
  const authority = issue({ subject: '/CN=k3s-client-ca', ca: true })
  const kubelet = issue({ subject: '/O=system:nodes/CN=system:node:n', by: authority, use: 'clientAuth' })
  const serving = issue({ subject: '/CN=kube-apiserver', use: 'serverAuth' })
  const over = issue({
    subject: '/CN=system:node:n',
    by: authority,
    use: 'clientAuth',
    from: days(-9),
    to: days(-1),
  })
  for (const it of ['server/tls', 'agent', 'server/db']) mkdirSync(join(folder, it), { recursive: true })
  const put = (from: string, to: string) => copyFileSync(from, join(folder, to))
  put(authority.file, 'server/tls/client-ca.crt')
  put(kubelet.file, 'server/tls/client-admin.crt')
  put(kubelet.file, 'agent/client-kubelet.crt')
  put(kubelet.key, 'agent/client-kubelet.key')
  put(serving.file, 'server/tls/serving-kube-apiserver.crt')
  put(serving.key, 'server/tls/serving-kube-apiserver.key')
  put(serving.file, 'agent/serving-kubelet.crt')
  put(serving.key, 'agent/serving-kubelet.key')
  writeFileSync(join(folder, 'server/db/state.db'), Buffer.alloc(2 ** 20))
  return { folder, expired: over.file }
}

function openNode() {
  const { folder, expired } = files()
  // Of this machine's mounts nothing is touched: what is mounted here is seen in here only, and so are the folders made in it.
  const script = `
    mount -t sysfs sysfs /sys
    for it in /etc/rancher /var/lib /run; do [ ! -d $it ] || mount -t tmpfs -o size=1m tmpfs $it; done
    mkdir -p /var/lib/rancher /run/k3s /var/lib/kubelet
    mount -t tmpfs -o size=64m,nr_inodes=1000 tmpfs /var/lib/rancher
    mount -t tmpfs -o size=1m tmpfs /run/k3s
    mkdir -p ${data} && cp -r ${folder}/. ${data}
    ip link set lo up
    exec ${process.execPath} ${join(import.meta.dirname, 'k3s/node.ts')}`
  const child = spawn(
    'unshare',
    ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-ec', script],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  t.teardown(() => child.stdin.end())
  const ask = async (command: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(command)}\n`)
    const { value, error } = JSON.parse((await lines.next()).value ?? '{"error":"it ended"}')
    if (error) throw new Error(error)
    return value
  }
  return {
    expired,
    sh: (script: string) => ask({ do: 'sh', script }),
    start: () => ask({ do: 'start' }),
    kill: () => ask({ do: 'kill' }),
    /** One look; judged as if it were `shift` ms later, so that no grace has to be waited for. */
    look: async (shift = 4 * minute) => {
      const it = (await ask({ do: 'look', shift })) as Look
      return { ...it, found: it.found.filter(ours) }
    },
  }
}

const codes = ({ found }: Look) => found.map((it) => `${it.code} ${it.subject}`)
/** Other disks are this machine's own. */
const ours = (it: Observation) => it.code !== 'k3s.disk-filling' || it.subject === data

t.test('a server from its start to its end', async (t) => {
  const node = openNode()
  const { look, sh } = node

  await t.test('before its first start: nobody expects it', async (t) => {
    t.strictSame(codes(await look()), [])
  })

  await t.test('well', async (t) => {
    await node.start()
    const first = await look()
    t.strictSame(codes(first), [])
    t.strictSame(first.sample.unseen, undefined)
    t.match(first.sample.answers, {
      api: { well: true, status: 200 },
      kubelet: { well: true },
      'kube-proxy': { well: true },
    })
    t.match(first.sample.datastore, { kind: 'sqlite', size: 2 ** 20 })
    t.match(first.sample.disks?.[0], { path: data, size: 64 * 2 ** 20 })
    t.match(first.summary, /^k3s server, up \d+ s; api, kubelet, kube-proxy well; disk \d/)
    const again = await look()
    const news = ({ answers = {}, ...rest }: typeof first.sample) => ({
      ...rest,
      answers: Object.entries(answers).map(([part, { seen: _, ...it }]) => [part, it]),
    })
    t.strictSame(
      news(again.sample),
      news(first.sample),
      'nothing new is the same sample, but when it was confirmed',
    )
    let cpu = 0
    for (let count = 0; count < 20; count += 1) cpu += (await look()).cpu
    t.comment(`a round costs ${(cpu / 20).toFixed(1)} ms of CPU`)
    t.ok(cpu / 20 < 120, 'a round every minute stays at about a thousandth of a core, on a slow machine two')
  })

  await t.test('the API refuses the certificate that has expired, and takes the good one', async (t) => {
    await sh(
      `cp ${data}/agent/client-kubelet.crt /run/k3s/good; cp ${node.expired} ${data}/agent/client-kubelet.crt`,
    )
    const refused = await look()
    t.strictSame(codes(refused), ['k3s.api-unhealthy api'])
    t.match(refused.found[0]?.text, /answers 401 Unauthorized to this node's own certificate/)
    await sh(`cp /run/k3s/good ${data}/agent/client-kubelet.crt`)
    t.strictSame(codes(await look()), [])
  })

  await t.test('not ready, with the check that fails', async (t) => {
    await sh(`touch ${data}/broken`)
    const broken = await look()
    t.match(broken.found, [
      { code: 'k3s.api-unhealthy', text: /^The API answers 500: not ready: etcd, since / },
    ])
    await sh(`rm ${data}/broken`)
    t.strictSame(codes(await look()), [])
  })

  await t.test('the disk fills, in bytes and in inodes, and is made free again', async (t) => {
    await sh(`dd if=/dev/zero of=${data}/fill bs=1M count=58 status=none`)
    t.match((await look()).found, [{ code: 'k3s.disk-filling', severity: 'warning', subject: data }])
    await sh(`dd if=/dev/zero of=${data}/more bs=1M count=4 status=none || true`)
    t.match((await look()).found, [{ code: 'k3s.disk-filling', severity: 'critical' }])
    await sh(`rm ${data}/fill ${data}/more; mkdir ${data}/many; cd ${data}/many; seq 920 | xargs touch`)
    t.match((await look()).found, [{ severity: 'warning', text: /% of the inodes used/ }])
    await sh(`rm -r ${data}/many`)
    t.strictSame(codes(await look()), [])
  })

  await t.test('a restart and a rotation are events with their times', async (t) => {
    await node.kill()
    const began = Date.now()
    await sh(`touch ${data}/server/tls/client-admin.crt`)
    await node.start()
    const { found } = await look(0)
    t.strictSame(found.map((it) => it.code).sort(), ['k3s.certificates-rotated', 'k3s.restarted'])
    for (const it of found)
      t.ok(Math.abs((it.at ?? 0) - began) < 2_000, `${it.code}: ${(it.at ?? 0) - began} ms off`)
  })

  const tasks = '/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io'
  /** Containers with a root file system each, mounted as containerd does, and the links of the pod network. */
  const pods = (letters: string) =>
    sh(`for it in ${[...letters].map((it) => it.repeat(64)).join(' ')}; do
      mkdir -p ${tasks}/$it/rootfs /var/lib/cni/results && mount -t tmpfs tmpfs ${tasks}/$it/rootfs
    done
    ip link add cni0 type bridge; ip link add flannel.1 type bridge`)
  /** What `k3s-killall.sh` of 1.36 does once k3s is stopped: what a container's folder holds besides stays. */
  const acts = [
    `for it in ${tasks}/*/rootfs; do umount -f $it && rm -rf $it; done`,
    'ip link delete cni0; ip link delete flannel.1',
    'rm -rf /var/lib/cni/',
  ]
  const killings = (it: Look) => it.found.filter((one) => one.code === 'k3s.killed')

  await t.test('k3s-killall.sh, step by step as it does it, and nobody starts k3s again', async (t) => {
    await pods('abc')
    t.match((await look(0)).sample, { tasks: { count: 3 }, links: { cni0: /\d/, 'flannel.1': /\d/ } })
    await node.kill()
    t.strictSame(killings(await look(0)), [], 'k3s is stopped')
    await sh(acts[0] as string)
    t.strictSame(killings(await look(0)), [], 'the containers are dead, the links are there')
    await sh(acts.slice(1).join(';'))
    const gone = await look(0)
    t.match(killings(gone), [{ text: /^All 3 containers, cni0 and flannel\.1 disappeared between / }])
    t.match(gone.sample.tasks, { count: 0 })
    t.match(await sh(`ls ${tasks}`), /a{64}/, 'whose folders are there all the same')
    const down = (await look(16 * minute)).found.filter((it) => it.code === 'k3s.down')
    t.match(down, [{ subject: 'k3s', text: /No container is running/ }], 'and nobody started it again')
    const at = killings(gone)[0]?.at
    await node.start()
    t.match(
      killings(await look(0)).map((it) => it.at),
      [at],
      'a start later is no second one',
    )
  })

  await t.test('k3s-killall.sh and a start, with no look between', async (t) => {
    await sh(`rm -rf ${tasks}`)
    await pods('def')
    const before = await look(0)
    const known = killings(before).map((it) => it.at)
    await node.kill()
    await sh(acts.join(';'))
    await node.start()
    // containerd was just started: the old folders are still there, and new pods come.
    await pods('12')
    const after = await look(0)
    t.strictSame(
      killings(after)
        .map((it) => it.at)
        .slice(0, -1),
      known,
      'an event of its own',
    )
    t.match(killings(after).at(-1), {
      text: /^All 3 containers, cni0 and flannel\.1 disappeared between /,
    })
    t.match(after.sample.tasks, { count: 2 })
    await node.kill()
    await node.start()
    t.strictSame(
      killings(await look(0)).map((it) => it.at),
      killings(after).map((it) => it.at),
      'a restart after it is none',
    )
  })
})

t.test(
  'what a real systemd says to any user',
  { skip: process.env.CI === 'true' ? false : (withoutContainer() ?? false) },
  async (t) => {
    const container = await bootContainer()
    t.teardown(() => container.stop())
    const unit = (command: string) =>
      container.sh(
        `cat > /etc/systemd/system/k3s.service && systemctl daemon-reload && systemctl enable -q k3s && systemctl restart --no-block k3s`,
        {
          input: `[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=${command}\nRestart=always\nRestartSec=100ms\n[Install]\nWantedBy=multi-user.target\n`,
        },
      )
    const show = async () => {
      const properties =
        'ActiveState,SubState,NRestarts,Result,ExecMainStatus,LoadState,UnitFileState,InactiveEnterTimestampMonotonic'
      const { stdout } = await container.exec(
        `setpriv --reuid=65534 --clear-groups systemctl show k3s.service -p ${properties}`.split(' '),
      )
      return parseUnit(stdout, 0)
    }
    t.notOk('enabled' in ((await show()) ?? {}), 'there is no such unit')
    await unit('/bin/sh -c "exit 7"')
    // Between two starts, when it is over and waits; while it runs its status is not known yet.
    const failing = await until('it was started again three times', async () => {
      const it = await show()
      return (it?.restarts ?? 0) >= 3 && it?.sub === 'auto-restart' && it
    })
    t.match(failing, { result: 'exit-code', status: 7, enabled: true })
    await unit('/bin/sleep 600')
    const running = await until('the other command runs', async () => {
      const it = await show()
      return it?.sub === 'running' && it.restarts === 0 && it
    })
    t.match(running, { active: 'active', sub: 'running', restarts: 0, status: 0 })
    await container.sh('systemctl stop k3s')
    const stopped = await show()
    t.match(stopped, { active: 'inactive', result: 'success', enabled: true })
    t.ok((stopped?.stopped ?? 0) > 0, 'and since when')
  },
)
