import t from 'tap'
import { derOf, ofPlace } from '../../../../agent/host/redaction/places.ts'

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
const here = (path: string, text: string) => ofPlace(path, path, text)

t.test('files that are a secret, by either of their paths', async (t) => {
  for (const path of [
    ...['/x/tls.key', '/etc/shadow', '/etc/gshadow-', '/root/.ssh/id_rsa', '/home/a/.aws/credentials'],
    ...[
      '/etc/ssh/ssh_host_rsa_key',
      '/var/lib/rancher/k3s/server/cred/passwd',
      '/var/lib/rancher/k3s/server/token',
    ],
    ...[
      '/var/lib/kubelet/pods/x/volumes/kubernetes.io~secret/a/..data/x',
      '/etc/wireguard/wg0.conf',
      '/a.p12',
    ],
  ]) {
    t.equal(here(path, 'word'), '<removed>\n', path)
    t.equal(ofPlace('/etc/rancher/k3s/config.yaml', path, 'word'), '<removed>\n', `a link to ${path}`)
    t.equal(ofPlace(path, '/srv/x', 'word'), '<removed>\n', `a link from ${path}`)
  }
  t.equal(here('/x/tls.key', `word\n${certificate}\nword`), `${certificate}\n`, 'certificates are public')
})

t.test('a kubeconfig keeps where it leads and its certificates', async (t) => {
  const yaml = `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: LS0t
    server: https://127.0.0.1:6443
  name: default
users:
- name: default
  user:
    client-certificate: client.crt
    client-key-data: word
    password: word
    exec:
      args: [word]
      env: {A: word}
# word
just a word
`
  for (const path of ['/etc/rancher/k3s/k3s.yaml', '/home/a/.kube/config', '/x/kubelet.kubeconfig']) {
    const kept = here(path, yaml)
    t.notMatch(kept, /word/)
    for (const line of [
      'certificate-authority-data: LS0t',
      'server: https://127.0.0.1:6443',
      '- name: default',
    ])
      t.ok(kept.includes(line), line)
  }
  const json = JSON.stringify({
    kind: 'Config',
    users: [{ name: 'a', user: { token: 'word', 'client-certificate-data': 'LS0t' } }],
  })
  t.same(JSON.parse(here('/a/.kube/config', json)), {
    kind: 'Config',
    users: [{ name: 'a', user: { 'client-certificate-data': 'LS0t' } }],
  })
  t.equal(here('/a/.kube/config', '{ word'), '<removed>\n')
  t.notMatch(ofPlace('/home/a/notes', '/srv/other', 'word\nname: a word\n'), /word/, 'what a person linked')
})

t.test('certificates, variables, units, settings', async (t) => {
  t.equal(here('/x.crt', `word\n${certificate}\nword`), `${certificate}\n`)
  t.match(here('/x.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n'), /MIIB/, 'one that was cut off')
  t.equal(
    here('/etc/default/k3s', '# word\nK3S_DATA_DIR=/data\nexport OTHER="word\nword"\n'),
    '#\nK3S_DATA_DIR=/data\nexport OTHER=<removed>\n#\n',
  )
  const unit = here(
    '/etc/systemd/system/k3s.service',
    '[Service]\n# word\nEnvironment=A=word "B=two word" K3S_URL=https://a \\\n C=word\nExecStartPre=/bin/sh -c \'word\'\nExecStart=/bin/env X=word Y="a word" k3s server \\\n --data-dir /d\n',
  )
  t.notMatch(unit, /word/)
  for (const it of ['K3S_URL=https://a', 'k3s server', '--data-dir /d']) t.ok(unit.includes(it), it)
  t.equal(here('/etc/rancher/k3s/config.yaml', '# word\ndata-dir: /d # kept\n'), '#\ndata-dir: /d # kept\n')
  t.equal(
    here('/etc/ufw/user.rules', '### tuple ### allow in comment=776f7264\n# word\n*filter\n'),
    '### tuple ### allow in\n#\n*filter\n',
  )
  const secret = JSON.parse(
    here(
      '/x/dynamic-cert.json',
      JSON.stringify({
        data: { 'tls.key': 'word', 'tls.crt': Buffer.from(certificate).toString('base64') },
        word: 1,
      }),
    ),
  )
  t.same(secret, { data: { 'tls.crt': Buffer.from(`${certificate}\n`).toString('base64') } })
  t.equal(here('/proc/net/dev', 'a word\n'), 'a word\n', 'anything else as it is')
})

t.test('how a container ended, without its last words', async (t) => {
  const path = '/var/lib/rancher/k3s/agent/containerd/io.containerd.grpc.v1.cri/containers/a/status'
  const said = { Version: 'v1', CreatedAt: 1, FinishedAt: 2, ExitCode: 1, Reason: 'Error', Message: 'word' }
  const { Message: _, ...kept } = said
  t.same(JSON.parse(here(path, JSON.stringify(said))), kept)
  t.same(JSON.parse(here(path, JSON.stringify({ ...said, Reason: 'a word' }))).Reason, undefined)
  for (const text of ['', 'null', '[]', '"word"', '{']) t.notMatch(here(path, text), /word/)
})

t.test('DER or text', async (t) => {
  t.equal(derOf(Buffer.from([0x30, 0x82, 1, 2, 0x30, 0x81, 9, 0xa0, 3])), 'certificate')
  t.equal(derOf(Buffer.from([0x30, 0x2e, 2, 1, 0])), 'other')
  for (const text of ['0', '0.0.0.0 a', '', 'word']) t.equal(derOf(Buffer.from(text)), undefined)
})
