import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { certificates } from '../collectors/certs/openssl.ts'
import { unit } from '../collectors/node/machine.ts'

/**
 * A lost node is told once for the cluster: three agents as they are run, TLS and client certificates as they are, and an
 * API that answers and refuses as kube-apiserver does. Nothing of their time is scaled, so it takes three minutes.
 */
const skip = process.getuid?.() === 0 ? false : 'making namespaces needs root'
const servers = ['server1', 'server2', 'server3']
const others = ['firewall', 'cni', 'memory', 'pods', 'certs', 'k3s']

interface Seen {
  readonly received: readonly {
    readonly type: string
    readonly after: number
    readonly data: {
      readonly node: string
      readonly incident?: {
        readonly cause: { readonly code: string; readonly subject: string; readonly text: string }
      }
      readonly incidents?: readonly NonNullable<Seen['received'][number]['data']['incident']>[]
    }
  }[]
  readonly asked: readonly string[]
}

/** The files of three servers, as k3s lays them down, and what `inside.ts` needs. */
function prepared(t: Test): string {
  const { folder, issue } = certificates(t)
  const keep = (name: string, { pem, key }: ReturnType<typeof issue>) => {
    writeFileSync(join(folder, `${name}.crt`), pem)
    writeFileSync(join(folder, `${name}.key`), readFileSync(key))
  }
  const authority = issue({ subject: '/CN=k3s-server-ca', ca: true })
  const clients = issue({ subject: '/CN=k3s-client-ca', ca: true })
  keep('serving', issue({ subject: '/CN=k3s', names: 'IP:198.51.100.1', by: authority }))
  keep('clients', clients)
  writeFileSync(join(folder, 'k3s.service'), unit('/usr/local/bin/k3s server'))
  const client = (subject: string) => issue({ subject, use: 'clientAuth', by: clients })
  const shared = {
    'client-kube-proxy': client('/CN=system:kube-proxy'),
    'client-k3s-controller': client('/CN=system:k3s-controller'),
  }
  for (const name of servers) {
    const agent = join(folder, name, 'rancher/k3s/agent')
    mkdirSync(agent, { recursive: true })
    mkdirSync(join(folder, name, 'rancher/k3s/server'))
    const own = { 'client-kubelet': client(`/O=system:nodes/CN=system:node:${name}`), ...shared }
    for (const [file, { pem, key }] of Object.entries(own)) {
      writeFileSync(join(agent, `${file}.crt`), pem)
      writeFileSync(join(agent, `${file}.key`), readFileSync(key))
    }
    writeFileSync(join(agent, 'server-ca.crt'), authority.pem)
    const there = '/var/lib/rancher/k3s/agent'
    writeFileSync(
      join(agent, 'kubelet.kubeconfig'),
      `    server: https://198.51.100.1:6443
    certificate-authority: ${there}/server-ca.crt
    client-certificate: ${there}/client-kubelet.crt
    client-key: ${there}/client-kubelet.key
`,
    )
    writeFileSync(
      join(folder, name, 'config.yaml'),
      `node: ${name}
cluster: home
state_dir: ${folder}/${name}/state
socket: ${folder}/${name}/agent.sock
sinks:
  - { type: webhook, url: 'http://198.51.100.1:8080/hook', min: info }
collectors:
${others.map((it) => `  ${it}: { enabled: false }\n`).join('')}`,
    )
  }
  return folder
}

async function run(t: Test, scenario: 'one' | 'dies'): Promise<Seen> {
  const script = join(import.meta.dirname, 'cluster/inside.ts')
  const child = spawn('unshare', ['--net', '--mount', process.execPath, script, prepared(t), scenario], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [out, error] = await Promise.all(
    [child.stdout, child.stderr].map(async (it) => (await it.setEncoding('utf8').toArray()).join('')),
  )
  if (!out) throw new Error(error)
  return JSON.parse(out)
}
/** Who notified of what, in which order it arrived. */
const told = ({ received }: Seen) =>
  received.flatMap(({ data: { node, incident, incidents = [] } }) =>
    [...(incident ? [incident] : []), ...incidents].map(
      ({ cause }) => `${node}: ${cause.code} ${cause.subject}`,
    ),
  )
/** Of the 90 s that a lost node may take to be told, its Lease takes up to 55 (k8s: node-monitor-grace-period). */
const left = 35_000

/** What was asked of the API, by whom: the smallest requests, and with no certificate of an administrator. */
const may =
  /^GET \/api\/v1\/(nodes\?includeObject=None&limit=300|nodes\/[a-z0-9]+) as system:kube-proxy$|^GET \/api\/v1\/pods\?fieldSelector=spec\.nodeName%3D[^ ]+&limit=50 as system:k3s-controller$/

function bounded(t: Test, { asked, received }: Seen): void {
  for (const it of asked) t.match(it, may)
  t.ok(received.length > 0 && received.every(({ after }) => after < left), 'within 90 s of its last sign')
}

t.setTimeout(900_000)
const long = { skip, timeout: 400_000 }

t.test(
  'the server that would notify dies with the node: the next one notifies of both, once',
  long,
  async (t) => {
    const seen = await run(t, 'dies')
    t.strictSame(told(seen).toSorted(), [
      'server2: cluster.node-lost node4',
      'server2: cluster.node-lost server1',
    ])
    bounded(t, seen)
    const texts = seen.received.flatMap(({ data: { incident, incidents = [] } }) => incident ?? incidents)
    t.match(texts.find((it) => it.cause.subject === 'node4')?.cause.text, /On it: 1 pod \(shop\/web-4\)\./)
  },
)

// Three minutes more.
if (process.env.MURPHY_CLUSTER)
  t.test('one node is lost, one drained, one rebooting by order: one message', long, async (t) => {
    const seen = await run(t, 'one')
    t.strictSame(told(seen), ['server1: cluster.node-lost node4'])
    bounded(t, seen)
  })
