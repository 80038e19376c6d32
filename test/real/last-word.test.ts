import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { certificates } from '../collectors/certs/openssl.ts'
import { bootContainer, type Container, keptFiles, withoutContainer } from './container.ts'
import { buildRelease, root, runtime } from './release.ts'
import { until } from './waiting.ts'

const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

const data = '/var/lib/rancher/k3s'
const tries = 5

/** A server's files, as k3s has them, and its unit; what it was asked for is in `/var/said`. */
async function makeServer(t: Parameters<typeof certificates>[0], node: Container): Promise<void> {
  const { issue } = certificates(t)
  const authority = issue({ subject: '/CN=k3s-server-ca', ca: true })
  const clients = issue({ subject: '/CN=k3s-client-ca', ca: true })
  const serving = issue({ subject: '/CN=k3s', names: 'IP:127.0.0.1', by: authority })
  const kubelet = issue({
    ...{ subject: '/O=system:nodes/CN=system:node:node1', use: 'clientAuth', by: clients },
  })
  const files = {
    'server/tls/client-ca.crt': clients.pem,
    'server/tls/serving-kube-apiserver.crt': serving.pem,
    'server/tls/serving-kube-apiserver.key': readFileSync(serving.key, 'utf8'),
    'agent/server-ca.crt': authority.pem,
    'agent/client-kubelet.crt': kubelet.pem,
    'agent/client-kubelet.key': readFileSync(kubelet.key, 'utf8'),
    'agent/kubelet.kubeconfig': `clusters:
- cluster:
    server: https://127.0.0.1:6443
    certificate-authority: ${data}/agent/server-ca.crt
users:
- user:
    client-certificate: ${data}/agent/client-kubelet.crt
    client-key: ${data}/agent/client-kubelet.key
`,
  }
  await node.sh(`mkdir -p ${data}/server/tls ${data}/agent && chmod 700 ${data}/server`)
  for (const [path, input] of Object.entries(files)) await node.sh(`cat > ${data}/${path}`, { input })
  // As k3s's installer writes it (get.k3s.io), so far as it is about starting and ending.
  await node.sh('cat > /etc/systemd/system/k3s.service', {
    input: `[Unit]
Wants=network-online.target
After=network-online.target
[Install]
WantedBy=multi-user.target
[Service]
KillMode=process
Restart=always
ExecStart=${runtime}/node ${root}/test/receivers/run-kubernetes.ts ${data} /var/said
ExecStopPost=touch /var/ended
`,
  })
  await node.sh('systemctl daemon-reload && systemctl enable --quiet --now k3s')
}

t.test('at a shutdown Murphy speaks while a server of the cluster still hears it', { skip }, async (t) => {
  const files = await keptFiles()
  const release = await buildRelease()
  const start = () => bootContainer({ binds: [root, runtime], files: files.folder })
  let node = await start()
  t.teardown(async () => {
    await node.stop()
    await files.remove()
    release.remove()
  })
  const path = (name: string) => join(files.folder, 'var', name)
  const said = () => (existsSync(path('said')) ? readFileSync(path('said'), 'utf8') : '')
  const property = async (unit: string, name: string) =>
    (await node.sh(`systemctl show -p ${name} --value ${unit}`)).trim()
  const written = () => until('Murphy has written once', () => said().includes('"MurphyHealthy"'), said)
  const lastWord = (reason: string) =>
    t.match(said(), new RegExp(`PATCH /api/v1/nodes/node1/status .*"MurphyHealthy".*"${reason}"`), reason)
  const powerOff = async () => {
    await node.exec(['systemctl', 'poweroff'])
    const begun = Date.now()
    await node.ended
    // As its unit writes it when it is over.
    return statSync(path('ended')).mtimeMs - begun
  }
  await makeServer(t, node)
  await release.place(node)
  await node.sh('mkdir -m 700 /etc/murphy && cat > /etc/murphy/config.yaml', {
    input: 'kubernetes: { conditions: true, events: true }\n',
  })
  t.match(await node.exec(['sh', '/root/release/install.sh']), { exit: 0 })

  await t.test('it is ordered by nothing but that', async (t) => {
    await written()
    const server = await property('k3s', 'MainPID')
    await node.sh('systemctl restart murphy')
    t.equal(await property('k3s', 'MainPID'), server, 'a restart of Murphy restarts no k3s')
    const agent = await property('murphy', 'MainPID')
    await node.sh('systemctl restart k3s && systemctl stop k3s')
    t.equal(await property('murphy', 'MainPID'), agent, 'an end of k3s ends no Murphy')
    t.equal(await property('murphy', 'ActiveState'), 'active')
    await node.sh('systemctl restart murphy-last-word && systemctl stop murphy-last-word')
    t.equal(
      await property('murphy', 'MainPID'),
      agent,
      'whoever restarts or stops that alone stops no Murphy',
    )
    await node.sh('systemctl restart murphy murphy-last-word')
    t.equal(await property('murphy', 'ActiveState'), 'active', 'nor whoever restarts both')
    // As at a boot: both are asked for at once, and k3s never says that it is up.
    await node.sh(`systemctl stop murphy murphy-last-word && mkdir /run/systemd/system/k3s.service.d
      printf '[Service]\nType=notify\nTimeoutStartSec=0\n' > /run/systemd/system/k3s.service.d/hangs.conf
      systemctl daemon-reload && systemctl start --no-block k3s.service murphy.service`)
    await until('Murphy is up', async () => (await property('murphy', 'ActiveState')) === 'active')
    t.equal(await property('k3s', 'ActiveState'), 'activating', 'while k3s hangs Murphy starts')
    await node.sh(`rm -r /run/systemd/system/k3s.service.d && systemctl daemon-reload
      systemctl restart k3s && rm /var/said && systemctl restart murphy`)
  })

  for (let at = 1; at <= tries; at += 1) {
    await written()
    rmSync(path('said'))
    t.comment(`try ${at}: k3s ended after ${await powerOff()} ms`)
    lastWord('NodePoweringOff')
    t.match(said(), /POST \/api\/v1\/namespaces\/default\/events .*"NodePoweringOff"/)
    rmSync(path('said'))
    node = await start()
  }

  await t.test('a Murphy that hangs holds up k3s for five seconds', async (t) => {
    await node.sh(`mkdir /etc/systemd/system/murphy.service.d
      printf '[Service]\nExecStop=sleep 100\n' > /etc/systemd/system/murphy.service.d/hangs.conf
      systemctl daemon-reload`)
    const took = await powerOff()
    t.ok(took > 4000 && took < 9000, `k3s ended after ${took} ms`)
    node = await start()
    await node.sh('rm -r /etc/systemd/system/murphy.service.d && systemctl daemon-reload')
  })

  await t.test('a reboot', async () => {
    await written()
    rmSync(path('said'))
    await node.exec(['systemctl', 'reboot'])
    await until('it is said', () => said().includes('"NodeRebooting"'), said)
    lastWord('NodeRebooting')
  })
})
