import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { withoutSecrets, withoutSecretsOf, withoutSecretsOfLog } from '../../../agent/host/redaction.ts'
import { busy } from '../../fuzz/growth.ts'

const clean = (path: string, text: string) => Buffer.from(withoutSecrets(path, Buffer.from(text))).toString()

t.test('a real private key of every kind is removed, its certificate stays', async (t) => {
  const folder = t.testdir()
  for (const kind of ['rsa:1024', 'ec', 'ed25519']) {
    const more = kind === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:P-256'] : []
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        kind,
        ...more,
        '-nodes',
        '-keyout',
        `${folder}/key`,
        '-out',
        `${folder}/crt`,
        '-days',
        '1',
        '-subj',
        '/CN=test',
      ],
      { stdio: 'ignore' },
    )
    const key = readFileSync(`${folder}/key`, 'utf8')
    const crt = readFileSync(`${folder}/crt`, 'utf8')
    const kept = clean('/x.pem', crt + key)
    t.ok(kept.startsWith(crt))
    for (const line of key.split('\n').filter((it) => it && !it.startsWith('-----')))
      t.notOk(kept.includes(line), kind)
    t.notOk(
      clean('/x.pem', key.slice(0, -60)).includes(key.split('\n')[1] as string),
      'also when its end is missing',
    )
    t.equal(clean('/etc/k3s/x.key', key), '<removed>\n')
  }
})

t.test('what a certificate says by chance is no token', async (t) => {
  const lines = [
    '+hfdVUWw1YL3TCur4l9s3B2YXWie/lme4XGfe6qF8MuzEGuHqGsrDY5DLp588fIc',
    'rryw+tkkQG1nUB0rdZ07kiMeRmxHp30oaxfOLTvT2mjiAJReGt7TKgc/QYWqu3ud',
  ]
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  t.equal(clean('/x.pem', pem), pem)
})

t.test('tokens and passwords, however they are written', async (t) => {
  const secret = 'K10abcdef::server:s3cr3t'
  for (const text of [
    `token: ${secret}\nother: kept`,
    `"token": "${secret}", "other": "kept"`,
    `users:\n- user:\n    token: ${secret}\n    other: kept`,
    `K3S_TOKEN=${secret}\nother=kept`,
    `K3S_AGENT_TOKEN='${secret}'\nother=kept`,
    `k3s server --token ${secret} --other kept`,
    `k3s server --token=${secret} --other kept`,
    `k3s\0server\0--token\0${secret}\0--other\0kept`,
    `ExecStart=/usr/local/bin/k3s server '--token' '${secret}'\nother=kept`,
    `datastore-endpoint: "postgres://user:${secret}@host/db"\nother: kept`,
    `url: postgres://user:${secret}@host/db other kept`,
    `client-key-data: ${secret}\nother: kept`,
    `password: "${secret}"\nother: kept`,
    `{"data":{"tls.crt":"kept","tls.key":"${secret}"}}`,
    `[Service]\nEnvironment="K3S_TOKEN=${secret}" "A=kept"`,
    `Environment='DB_PASSWORD=two ${secret}' A=kept`,
    `Environment=A=kept K3S_TOKEN=${secret} B=kept`,
    `A=kept\0API_KEY=two ${secret}\0B=kept`,
    `K3S_TOKEN="two ${secret}"\nother=kept`,
    `{"env":["API_KEY=a \\" ${secret}","A=kept"]}`,
    `ExecStart=/usr/local/bin/k3s agent -t ${secret} --other kept`,
    `ExecStart=k3s agent '-t' '${secret}' --other kept`,
    `ExecStart=k3s agent \\\n\t'--token' \\\n\t'${secret}' \\\n\t'--other' kept`,
    `ExecStart=k3s agent --token \\\n # why\n ${secret} \\\n --other kept`,
    `ExecStart=k3s agent "--token=two ${secret}" --other kept`,
    `k3s server --etcd-s3-secret-key ${secret} --other kept`,
    `k3s server --etcd-s3-access-key=${secret} --other kept`,
    `k3s server --vpn-auth "name=tailscale,joinKey=${secret}" --other kept`,
    `redis-server --requirepass ${secret} --other kept`,
    `redis-server\0--requirepass\0${secret}\0--other\0kept`,
    `{"args":["redis","--requirepass","${secret}","kept"]}`,
    `args:\n- --requirepass\n- ${secret}\n- kept`,
    `token: |\n  ${secret}\n\n  ${secret}\nother: kept`,
    `a:\n- token: >-\n    ${secret}\n    ${secret}\n  other: kept`,
    `"token": |2-\n  ${secret}\nother: kept`,
    `token:\n  ${secret}\nother: kept`,
    `token:\n- ${secret}\nother: kept`,
    `token: [ "${secret}" ]\nother: kept`,
    `password: two ${secret}\nother: kept`,
    `password: "two\n  ${secret}"\nother: kept`,
    `env:\n- name: X\n  value: ${secret}\n- name: kept`,
    `env:\n- value: ${secret}\n  name: kept`,
    `{"env":[{"name":"kept","value":"${secret}"}]}`,
    `env: [{name: kept, value: ${secret}}]`,
    `identity_token = "${secret}"\nother = "kept"`,
    `my-password-2: ${secret}\nother: kept`,
    `{"applied":"{\\"token\\":\\"${secret}\\",\\"other\\":\\"kept\\"}"}`,
    `Environment=DB_PASSWORD=a,${secret} A=kept`,
    `k3s server --token=a"b"${secret} --other kept`,
    `url: redis://:${secret}@host/0 other kept`,
    `Authorization: Bearer ${secret}\nother: kept`,
    `{"token":"a\\"${secret}","other":"kept"}`,
  ]) {
    const it = clean('/etc/rancher/k3s/config.yaml', text)
    t.notMatch(it, /s3cr3t/, JSON.stringify(text))
    t.match(it, /kept/, 'and only the secret')
  }
})

t.test('of a container, only whose it is', async (t) => {
  const path = `/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/${'a'.repeat(64)}/config.json`
  const annotations = { 'io.kubernetes.cri.sandbox-name': 'pg-0', 'io.kubernetes.cri.container-name': 'pg' }
  const linux = { cgroupsPath: '/kubepods/pod1/a' }
  const process = { args: ['redis', '--requirepass', 's3cr3t'], env: ['ANY=s3cr3t'] }
  t.same(
    JSON.parse(clean(path, JSON.stringify({ process, annotations, linux: { ...linux, seccomp: {} } }))),
    {
      annotations,
      linux,
    },
  )
  t.same(JSON.parse(clean(path, JSON.stringify({ process, annotations }))), { annotations })
  t.equal(clean(path, `{"process":{"env":["ANY=s3cr3t"`), '<removed>\n', 'nor a part of it')
})

t.test('what only names a secret, and what is public, stays', async (t) => {
  for (const text of [
    'certificate-authority-data: LS0tLS1CRUdJTg==\nclient-certificate-data: LS0tLS1CRUdJTg==\n',
    'client-key: /var/lib/rancher/k3s/agent/client-kubelet.key\n',
    'token-file: /etc/token\nsecrets-encryption: true\n',
    '/var/lib/rancher/k3s/server/tls/token-ca.crt: present\n',
    'k3s server --secrets-encryption --token-file=/x --kubelet-client-key /y --data-dir /z',
    'iptables -t nat -A POSTROUTING\niptables -t filter -S\n',
    'K3S_URL=https://10.0.0.1:6443\nK3S_NODE_NAME=n1\n',
    '{"name":"x","key":"node"}',
    'a-t b --not 1',
  ])
    t.equal(clean('/x', text), text)
})

t.test('a certificate in DER is left as it is, bytes and all; any other DER may be a key', async (t) => {
  const folder = t.testdir()
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  openssl('req', '-x509', '-newkey', 'ed25519', '-nodes', '-keyout', 'key', '-out', 'crt', '-subj', '/CN=x')
  openssl('x509', '-in', 'crt', '-outform', 'DER', '-out', 'crt.der')
  openssl('pkey', '-in', 'key', '-outform', 'DER', '-out', 'key.der')
  openssl('genrsa', '-traditional', '-out', 'rsa', '1024')
  openssl('rsa', '-in', 'rsa', '-traditional', '-outform', 'DER', '-out', 'rsa.der')
  openssl('pkcs8', '-topk8', '-in', 'rsa', '-outform', 'DER', '-passout', 'pass:x', '-out', 'enc.der')
  openssl('pkcs12', '-export', '-in', 'crt', '-inkey', 'key', '-passout', 'pass:x', '-out', 'all.der')
  const bytes = (name: string) => readFileSync(`${folder}/${name}`)
  for (const path of ['/x.der', '/x.crt']) {
    const crt = bytes('crt.der')
    t.equal(withoutSecrets(path, crt), crt)
    for (const key of ['key.der', 'rsa.der', 'enc.der', 'all.der'])
      t.equal(Buffer.from(withoutSecrets(path, bytes(key))).toString(), '<removed>\n', key)
  }
  const text = Buffer.from('0.0.0.0 a\n')
  t.equal(withoutSecrets('/etc/hosts', text), text, 'a text that begins with the same character')
})

t.test('a hostile text does not keep it busy', async (t) => {
  const begun = performance.now()
  for (const part of [
    ...['-----BEGIN PRIVATE KEY-----', 'token: ', 'a://', '--token ', 'A_TOKEN=', 'A_TOKEN', 'token-', '- '],
    ...[
      'token: "\\"',
      'token: |\n',
      'token:\n\n',
      '-t \\\n',
      '--token\n#',
      '"A_TOKEN="',
      '\n # ',
      ' ',
      '\t-',
      '\\',
    ],
    ...[
      'token: [',
      'value: ',
      'value:',
      "'",
      '"',
      '\0',
      '--',
      '- token:\n ',
      'Bearer ',
      "A_TOKEN='\n",
      'a.b',
    ],
  ])
    clean('/x', part.repeat(20_000))
  for (const part of ['a', 'token:', '--token', 'token: |\n'])
    for (const blank of ' \t\n\0\\') clean('/x', part + blank.repeat(400_000))
  const took = performance.now() - begun
  const floor = performance.now()
  for (let count = 0; count < 50; count += 1) 'x'.repeat(500_000).replace(/y/g, '')
  t.ok(took < 200 * Math.max(5, performance.now() - floor), `${took} ms`)
})

t.test('twice the text costs twice the time', async (t) => {
  const texts: readonly (readonly [string, string])[] = [
    ['_KEY', 'x='],
    ['"_KEY"', 'x='],
    ['TOKEN', 'x: '],
    ['etcd-s3-', 'x='],
    ['eyJ', '.'],
    ['eyJaaaaa.', 'x'],
    ['https://', '@'],
    ['a://b@', ''],
    ['ghp_', ' '],
    ['webhooks/aaaa/', ''],
    ['Cookie: ', ''],
    ['password is ', ''],
    ['aA1', ' '],
    ['-----BEGIN CERTIFICATE-----', ''],
    ['Environment=', ''],
    ['Environment=\\\n', ''],
    ['ExecStart=A=', ''],
    ['# ', ''],
    ['- a: b\n', ''],
    [' --comment "', ''],
    ['$6$', ' '],
    ['-u a:', ''],
  ]
  const paths = ['/x', '/etc/systemd/system/k3s.service', '/x.kubeconfig']
  const time = (path: string, text: string) => {
    const begun = busy()
    clean(path, text)
    withoutSecretsOfLog(Buffer.from(text))
    withoutSecretsOf(['iptables-save'], text)
    return busy() - begun
  }
  for (const [part, end] of texts)
    for (const path of paths) {
      const few = Math.min(...[1, 2].map(() => time(path, part.repeat(4096) + end)))
      // Eight times as much; 64 times if it were quadratic. What is over in a moment measures nothing.
      const enough = (it: number) => it < 500 || it < 32 * few
      let many = time(path, part.repeat(8 * 4096) + end)
      if (!enough(many)) many = Math.min(many, time(path, part.repeat(8 * 4096) + end))
      t.ok(enough(many), `${JSON.stringify(part)} in ${path}: ${few.toFixed(1)} and ${many.toFixed(1)} ms`)
    }
})
