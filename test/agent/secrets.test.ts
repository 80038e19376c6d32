import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { withoutSecrets } from '../../agent/secrets.ts'

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
  ]) {
    const it = clean('/etc/rancher/k3s/config.yaml', text)
    t.notMatch(it, /s3cr3t/, JSON.stringify(text))
    t.match(it, /kept/, 'and only the secret')
  }
})

t.test('what holds no secret is left as it is, bytes and all', async (t) => {
  const der = Buffer.from([0x30, 0x82, 0xff, 0x00, 0x80])
  t.equal(withoutSecrets('/x.der', der), der)
})

t.test('a hostile text does not keep it busy', async (t) => {
  const begun = performance.now()
  for (const part of ['-----BEGIN PRIVATE KEY-----', 'token: ', 'a://', '--token ', 'A_TOKEN='])
    clean('/x', part.repeat(20_000))
  const took = performance.now() - begun
  const floor = performance.now()
  for (let count = 0; count < 50; count += 1) 'x'.repeat(500_000).replace(/y/g, '')
  t.ok(took < 200 * Math.max(5, performance.now() - floor), `${took} ms`)
})
