import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { look } from '../../../agent/cli/commands/check.ts'
import { defaults } from '../../../agent/config/defaults.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { recording } from '../../../agent/host/recorder.ts'
import { recordedNode } from '../../../agent/host/replay.ts'
import type { Host } from '../../../agent/model/index.ts'
import { HostError } from '../../../agent/model/index.ts'
import { collectors } from '../../../collectors/index.ts'
import { ofTheKiller } from '../../../collectors/memory/index.ts'
import { machine } from '../../collectors/node/machine.ts'
import { plain, planted } from '../planted.ts'
import { nameserver } from './nameserver.ts'

t.test('what is recorded answers as the machine did', async (t) => {
  const folder = t.testdir({ node: { etc: { conf: 'token: s3cr3t\nport: 1\n', sub: {} } } })
  const etc = join(folder, 'node/etc')
  symlinkSync('conf', join(etc, 'link'))
  const machine = openMachine()
  const names = await nameserver()
  t.teardown(() => names.close())
  const dns = { server: '127.0.0.1', port: names.port }
  const target = join(folder, 'recorded')
  const server = createServer((_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const it = recording(machine.during(new AbortController().signal), target, 'node1')
  const asked = async (host: typeof it | ReturnType<typeof recordedNode>) => {
    const lines: string[] = []
    return {
      conf: (await host.text(join(etc, 'conf'))).replace(/token: .*/, 'token'),
      list: await host.list(etc),
      stat: await host.stat(join(etc, 'link')),
      link: await host.target(join(etc, 'link')),
      missing: await host.text(join(etc, 'none')).catch((error: HostError) => error.code),
      ran: await host.run(['sh', '-c', 'echo out; echo err >&2; exit 3']),
      lined: await host.run(['printf', 'a\nb\n'], { line: (line) => lines.push(line) }),
      lines,
      none: await host.run(['no-such-command']).catch((error: HostError) => error.code),
      asked: await host
        .get({ host: '127.0.0.1', port: 1, path: '/healthz', plain: true })
        .catch((error: HostError) => error.code),
      said: await host.get({ host: '127.0.0.1', port, path: '/', plain: true }),
      room: { ...(await host.space(etc)), available: 0, inodesFree: 0 },
      nowhere: await host.space(join(etc, 'none')).catch((error: HostError) => error.code),
      served: await host.handshake({ host: '127.0.0.1', port: 1 }).catch((error: HostError) => error.code),
      names: await host.resolve({ ...dns, name: 'a.example' }),
      silent: await host
        .resolve({ ...dns, name: 'silent', timeout: 50, tries: 1 })
        .catch((error: HostError) => error.code),
      near: await host.probe({ address: '127.0.0.1' }),
      large: await host.probe({ address: '127.0.0.1', size: 1450 }),
      nobody: await host.probe({ address: 'node2' }).catch((error: HostError) => error.code),
    }
  }
  const then = await asked(it)
  it.finish()
  t.strictSame(await asked(recordedNode(target)), then)
  t.match(
    readFileSync(join(target, 'files', etc, 'conf'), 'utf8'),
    /^token: "<removed>"\nport: 1\n$/,
    'without the secret',
  )
  machine.close()
})

t.test('what programs, errors and the kernel say is recorded without secrets', async (t) => {
  const target = join(t.testdir(), 'recorded')
  const machine = openMachine().during(new AbortController().signal)
  const fail = async () => {
    throw new HostError('failed', 'asked with --token s3cr3t: no')
  }
  const it = recording(
    {
      ...machine,
      read: fail,
      get: fail,
      handshake: fail,
      stats: async () => [new HostError('failed', 'K3S_TOKEN=s3cr3t')],
      kmsg: async (_, record) => {
        record('6,1,2,-;Command line: K3S_TOKEN=s3cr3t quiet')
        record('6,2,3,-;x: token=s3cr3t quiet')
      },
    },
    target,
    'node1',
  )
  await it.run(['sh', '-c', 'cat >&2 "$0"', join(t.testdir({ said: 'no: password=s3cr3t\n' }), 'said')])
  await it.run(['no-such-command']).catch(() => {})
  await it.read('/x').catch(() => {})
  await it.stats(['/y'])
  await it.get({ host: 'x', port: 1, path: '/' }).catch(() => {})
  await it.handshake({ host: 'x', port: 1 }).catch(() => {})
  await it.kmsg(-1, () => {})
  it.finish()
  let files = 0
  for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    files += 1
    t.notMatch(readFileSync(join(entry.parentPath, entry.name), 'utf8'), /s3cr3t/, entry.name)
  }
  t.ok(files >= 4)
  const kept: string[] = []
  await recordedNode(target).kmsg(-1, (record) => kept.push(record))
  t.same(kept, ['6,1,2,-;<removed>', '6,2,3,-;x: token=<removed> quiet'])
})

t.test('parts of a log are recorded in their place, without secrets', async (t) => {
  const lines = ['first line\n', 'password: swordfish-and-more\n', 'token: a\n', 'last line\n']
  const folder = t.testdir({ log: lines.join('') })
  const path = join(folder, 'log')
  const machine = openMachine()
  t.teardown(() => machine.close())
  const target = join(folder, 'recorded')
  const it = recording(machine.during(new AbortController().signal), target, 'node1', { logs: true })
  const at = (line: number) => lines.slice(0, line).join('').length
  const read = async (line: number) =>
    Buffer.from(await it.range(path, at(line), lines[line]?.length ?? 0)).toString()
  for (const line of [1, 2, 3]) t.equal(await read(line), lines[line], 'the collector sees it as it is')
  it.finish()
  const node = recordedNode(target)
  const recorded = Buffer.from(await node.range(path, at(1), 100)).toString()
  t.notMatch(recorded, /swordfish/)
  t.match(recorded, /^password: "<removed>" *\n/)
  t.equal(recorded.length, at(4) - at(1))
  t.ok(recorded.endsWith(lines[3] ?? ''))
  await t.rejects(node.range('/var/log/none', 0, 1), { code: 'missing' })
})

t.test(
  'the kernel log too, where it may be read',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const machine = openMachine()
    const target = join(t.testdir(), 'recorded')
    const it = recording(machine.during(new AbortController().signal), target, 'node1')
    const live: string[] = []
    await it.kmsg(-1, (record) => live.push(record))
    it.finish()
    const kept: string[] = []
    if (live.length > 0) await recordedNode(target).kmsg(-1, (record) => kept.push(record))
    const head = (record: string) => record.slice(0, record.indexOf(';'))
    t.strictSame(kept.map(head), live.map(head), 'every record')
    const kills = (records: readonly string[]) => records.filter(ofTheKiller)
    t.strictSame(kills(kept), kills(live), "and all that the kernel's killer says")
    machine.close()
  },
)

/** Every line of a recording that holds one of these. */
function found(folder: string, secrets: readonly string[]): string[] {
  const all: string[] = []
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const text = entry.isSymbolicLink()
      ? readlinkSync(path)
      : entry.isFile()
        ? readFileSync(path, 'latin1')
        : ''
    for (const it of secrets)
      if (`${path}\n${text}`.includes(it)) all.push(`${path.slice(folder.length)}: ${it}`)
  }
  return all
}

t.test('thirty kinds of secrets, planted wherever something is read, are in no recording', async (t) => {
  const lines = planted.map(([text]) => text)
  const text = `${lines.join('\n')}\n`
  const flat = lines.map((it) => it.replaceAll('\n', ' '))
  const comments = [...lines.flatMap((it) => it.split('\n')), plain].map((it) => `# ${it}\n`).join('')
  const quoted = (it: string) => it.replace(/["\\]/g, '\\$&')
  const rule = (it: string) => `-A INPUT -s 10.0.0.1/32 -m comment --comment "${quoted(it)}" -j ACCEPT\n`
  const pod = '/var/log/pods/shop_web_590e112b-f426-43df-a156-a82643a83dd3/app/0.log'
  const containerd = `/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/${'a'.repeat(64)}`
  const state = `/var/lib/rancher/k3s/agent/containerd/io.containerd.grpc.v1.cri/containers/${'a'.repeat(64)}/status`
  const kubeconfig = `apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://127.0.0.1:6443\n  name: default\nusers:\n- name: default\n  user:\n    username: ${plain}\n    exec:\n      env:\n      - name: X\n        value: ${plain}\n${comments}`
  const files: Record<string, string> = {
    '/etc/rancher/k3s/config.yaml': `${comments}cluster-cidr: 10.42.0.0/16\nkubelet-arg:\n${flat.map((it) => `- ${JSON.stringify(it)}\n`).join('')}`,
    '/etc/systemd/system/k3s.service.env': `${flat.map((it, at) => `ANY_${at}='${it}'\n`).join('')}OTHER="${plain}\n${plain}"\nK3S_DATA_DIR=/data\n${comments}`,
    '/etc/default/k3s': `FOO=${plain}\nK3S_TOKEN=${plain}\nK3S_DATASTORE_ENDPOINT='postgres://a:${plain}@h/db'\nhttp_proxy=http://u:${plain}@p\n`,
    '/etc/environment': `KUBECONFIG=/root/own\nX=${plain}\n`,
    '/etc/systemd/system/k3s.service': `[Service]\n${comments}Environment="A=${plain}" K3S_DATA_DIR=/data \\\n  'B=two ${plain}'\nExecStartPre=/bin/sh -c 'echo ${plain}'\nExecStart=/usr/bin/env SECRETS=${plain} /usr/local/bin/k3s server --token ${plain} \\\n  --datastore-endpoint 'mysql://a:${plain}@tcp(h)/db' \\\n  --cluster-cidr 10.42.0.0/16\n`,
    '/etc/rancher/k3s/k3s.yaml': kubeconfig,
    '/root/.kube/config': '-> /etc/shadow',
    '/etc/shadow': `root:${plain}:1:\n${text}`,
    '/home/u/.kube/config': '-> /home/u/.ssh/known',
    '/home/u/.ssh/known': `${plain}\n${text}`,
    '/etc/harmless.txt': '-> /var/lib/rancher/k3s/server/cred/passwd',
    '/var/lib/rancher/k3s/server/cred/passwd': `${plain},node,node\n`,
    '/etc/ssl/own.crt': '-> /etc/ssl/private/own',
    '/etc/ssl/private/own': `${plain}\n${text}`,
    '/root/linked.yaml': '-> /srv/notes',
    '/srv/notes': `the word is ${plain}\n`,
    '/etc/ssl/bundle.pem': `${plain}\n${text}`,
    '/var/lib/rancher/k3s/server/tls/dynamic-cert.json': JSON.stringify({
      data: { 'tls.key': plain, x: text },
    }),
    '/proc/77/cmdline': `k3s\0server\0--token\0${plain}\0${flat.join('\0')}\0`,
    '/etc/ufw/user.rules': `${comments}### tuple ### allow any 22 0.0.0.0/0 any 0.0.0.0/0 in comment=${Buffer.from(plain).toString('hex')}\n`,
    '/etc/ssh/sshd_config': `${comments}Port 22\n`,
    [`${containerd}/config.json`]: JSON.stringify({
      process: { env: [`X=${plain}`, ...flat], args: flat },
      annotations: { [plain]: text, 'io.kubernetes.cri.sandbox-name': 'web' },
    }),
    [state]: JSON.stringify({ Version: 'v1', CreatedAt: 1, Message: `${plain} ${text}`, Reason: 'Error' }),
    [pod]: text + plain,
    '/proc/sys/net/ipv4/ip_forward': '1\n',
  }
  const commands: Record<string, string> = {
    'iptables-save': [plain, ...flat].map(rule).join(''),
    'nft list ruleset': [plain, ...flat].map((it) => `    accept comment "${quoted(it)}"\n`).join(''),
    'ipset save': `add x 10.0.0.1 comment "${plain}"\n`,
    'ip -j -d link show': JSON.stringify([plain, ...flat].map((it) => ({ ifname: 'eth0', ifalias: it }))),
    'journalctl --boot=-1 --output=json': [plain, ...flat]
      .map((it) => `${JSON.stringify({ MESSAGE: it, _CMDLINE: it, SYSLOG_FACILITY: '3' })}\n`)
      .join(''),
    'k3s --version': text,
  }
  const kernel = [plain, ...flat]
    .flatMap((it, at) => [
      `30,${3 * at},1,-;${it}`,
      `6,${3 * at + 1},1,-;Kernel command line: ro x=${it}`,
      `5,${3 * at + 2},1,-;audit: type=1309 audit(1.0:1): a0="mysql" a1="${it}"`,
    ])
    .join('\n')
  const secrets = [plain, Buffer.from(plain).toString('hex'), ...planted.map(([, it]) => it)]
  const failing = flat.map((it) => new HostError('failed', `asked with ${it}: no`))
  const made = machine(t, { ...files, '/dev/kmsg': `${kernel}\n` }, { commands })
  const host: Host = {
    ...made,
    get: async () => ({ status: 200, body: text }),
    stats: async () => failing,
    list: async () =>
      flat.filter((it) => !it.includes('/')).map((it) => ({ name: it, kind: 'file' as const })),
    resolve: () => Promise.reject(failing[0]),
    handshake: () => Promise.reject(new HostError('failed', text)),
    target: async (path) => (path === '/link' ? (lines[8] ?? '') : made.target(path)),
  }
  for (const logs of [false, true]) {
    const target = join(t.testdir(), `recorded-${logs}`)
    mkdirSync(target)
    const it = recording(host, target, 'node1', {
      logs,
      resolve: async (path) => (files[path]?.startsWith('-> ') ? files[path].slice(3) : path),
    })
    for (const path of Object.keys(files)) if (path !== pod && path !== '/srv/notes') await it.text(path)
    await it.range(pod, 0, 1_000_000)
    for (const command of Object.keys(commands)) await it.run(command.split(' '))
    await it.kmsg(-1, () => {})
    await it.get({ host: '127.0.0.1', port: 1, path: '/' })
    await it.stats(flat.map((_, at) => `/x${at}`))
    await it.list('/x')
    await it.target('/link')
    await it.resolve({ server: '127.0.0.1', name: 'x' }).catch(() => {})
    await it.handshake({ host: 'x', port: 1 }).catch(() => {})
    it.finish()
    // In a log a word that looks like nothing cannot be known: that is why logs are left out.
    t.same(found(target, logs ? secrets.slice(1) : secrets), [], logs ? 'with logs' : 'as it is')
    const node = recordedNode(target)
    t.match(await node.text('/etc/rancher/k3s/config.yaml'), /^cluster-cidr: 10\.42\.0\.0\/16$/m)
    t.match(await node.text('/etc/systemd/system/k3s.service.env'), /^K3S_DATA_DIR=\/data$/m)
    t.match(await node.text('/etc/systemd/system/k3s.service'), /--cluster-cidr 10\.42\.0\.0\/16/)
    t.match(await node.text('/etc/rancher/k3s/k3s.yaml'), /server: https:\/\/127\.0\.0\.1:6443/)
    t.match(await node.text(`${containerd}/config.json`), /"io\.kubernetes\.cri\.sandbox-name":"web"/)
    t.equal(await node.text('/etc/harmless.txt'), '<removed>\n', 'by where the link leads')
    t.equal(await node.text('/root/.kube/config'), '<removed>\n')
    t.match(
      (await node.run(['iptables-save'])).stdout,
      /^-A INPUT -s 10\.0\.0\.1\/32 -m comment --comment "<removed>" -j ACCEPT$/m,
    )
    const log = await node.range(pod, 0, 1000).catch((error: HostError) => error.code)
    t.equal(
      typeof log === 'string' ? log : 'bytes',
      logs ? 'bytes' : 'unrecorded',
      'what was left out is not missing',
    )
    const records: string[] = []
    await node.kmsg(-1, (record) => records.push(record))
    t.equal(records.length, 3 * (flat.length + 1), 'no record of the kernel is lost')
  }
})

t.test('nothing is written outside of the folder, whatever links lead to', async (t) => {
  const folder = t.testdir({ outside: { file: 'as it was' }, node: {} })
  const outside = join(folder, 'outside')
  const target = join(folder, 'recorded')
  mkdirSync(target)
  const made = openMachine()
  t.teardown(() => made.close())
  const host: Host = {
    ...made.during(new AbortController().signal),
    target: async () => outside,
    read: async () => Buffer.from('written'),
  }
  const it = recording(host, target, 'node1', { resolve: async (path) => path })
  await it.target('/a')
  await it.read('/a/file')
  await it.target('/b')
  await it.read('/b')
  await it.read('/x/../../../outside/file')
  await it.target('/x/../../../outside/link')
  it.finish()
  t.equal(readFileSync(join(outside, 'file'), 'utf8'), 'as it was')
  t.same(readdirSync(outside), ['file'])
})

t.test(
  'a recording tells the same as the node, but for the text of logs, and alarms nobody by what it lacks',
  async (t) => {
    const settings = new Map(collectors.map((it) => [it.name, defaults(it.settings)]))
    const told = async (host: Host) => {
      const seen = await look(host, 'node1', (name) => ({
        enabled: true,
        every: '',
        settings: settings.get(name) ?? {},
      }))
      return {
        incidents: seen.incidents.flatMap((it) => [it.cause, ...it.affected]),
        states: seen.collectors.map((it) => `${it.name} ${it.state}`),
        others: seen.collectors.filter((it) => it.name !== 'pods').map((it) => it.summary),
        left: seen.collectors.flatMap((it) => it.unseen.filter((one) => one.why.includes('--logs'))),
      }
    }
    for (const name of ['healthy', 'flush-535', 'oom-kills', 'ufw-default-deny', 'no-k3s']) {
      const node = recordedNode(join(import.meta.dirname, '../../nodes', name))
      const target = join(t.testdir(), 'recorded')
      const it = recording(node, target, 'node1', { resolve: async (path) => path })
      const { left, ...then } = await told(it)
      it.finish()
      const { left: since, ...now } = await told(recordedNode(target))
      t.strictSame(now, then, name)
      t.same(left, [])
      t.ok(since.every((one) => one.unrecorded))
      t.equal(since.length > 0, name !== 'no-k3s', 'what is left out is said')
    }
  },
)
