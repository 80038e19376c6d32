import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { readWebConfig, webConfigOf } from '../../../agent/config/web-config.ts'

const hash = `$2y$10$${'a'.repeat(53)}`
const files: Record<string, string> = {
  '/etc/x/own.crt': 'CERT',
  '/etc/x/tls/own.key': 'KEY',
  '/ca.crt': 'CA',
}
const read = (text: string) =>
  readWebConfig('/etc/x/web.yml', (path) => {
    if (path === '/etc/x/web.yml') return text
    const it = files[path]
    if (it === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
    return it
  })
const tls = 'tls_server_config:\n  cert_file: own.crt\n  key_file: tls/own.key\n'

t.test('a file as exporters have it; paths are relative to it', async (t) => {
  t.strictSame(read(''), { headers: {} })
  t.strictSame(
    read(`${tls}
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: /ca.crt
  client_allowed_sans: [prometheus]
  min_version: TLS13
  prefer_server_cipher_suites: true
http_server_config:
  http2: true
  headers: { X-Frame-Options: deny }
basic_auth_users:
  prometheus: ${hash}
`),
    {
      users: { prometheus: hash },
      tls: {
        ...{
          cert: 'CERT',
          key: 'KEY',
          clientAuth: 'RequireAndVerifyClientCert',
          clientNames: ['prometheus'],
        },
        ...{ clientCa: 'CA', minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
      },
      headers: { 'X-Frame-Options': 'deny' },
    },
  )
  t.match(read(tls).tls, { clientAuth: 'NoClientCert', minVersion: 'TLSv1.2', clientCa: undefined })
  t.match(read('tls_server_config:\n  cert: "A"\n  key: "B"\n').tls, { cert: 'A', key: 'B' })
})

t.test('what is wrong is named by its place, never by what is written there', async (t) => {
  const wrong = (text: string, words: RegExp) => t.throws(() => read(text), { message: words }, String(words))
  wrong(
    'basic_auth_users:\n  prometheus: hunter2\n',
    /^\/etc\/x\/web\.yml:2:3: basic_auth_users\.prometheus: /,
  )
  t.throws(() => read('basic_auth_users:\n  prometheus: hunter2\n'), { message: /^((?!hunter2).)*$/s })
  wrong(`basic_auth_users:\n  prometheus: ${hash.replace('$10$', '$13$')}\n`, /basic_auth_users/)
  wrong(`${tls}  cipher_suites: [TLS_AES_128_GCM_SHA256]\n`, /cipher_suites|hidden/)
  wrong('tls_server_config:\n  cert_file: own.crt\n', /tls_server_config\.key_file: missing/)
  wrong('tls_server_config:\n  cert_file: gone.crt\n  key_file: x\n', /cert_file: cannot be read \(ENOENT\)/)
  wrong(`${tls}  cert: x\n`, /set only one of cert and cert_file/)
  wrong(`${tls}  client_ca_file: /ca.crt\n`, /client_ca_file: not used with client_auth_type NoClientCert/)
  wrong(`${tls}  client_auth_type: VerifyClientCertIfGiven\n`, /client_ca_file: missing/)
  wrong('tls_server_config: [', /^\/etc\/x\/web\.yml:1:\d+: not valid YAML/)
})

t.test('it is read from the disk', async (t) => {
  const file = join(t.testdir(), 'web.yml')
  writeFileSync(file, `basic_auth_users: { a: "${hash}" }\n`)
  t.strictSame(readWebConfig(file).users, { a: hash })
  t.throws(() => readWebConfig(`${file}x`), { code: 'ENOENT' })
})

t.test('whoever asks again and again reads no more than once a second', async (t) => {
  let count = 0
  const right = webConfigOf('web.yml', () => ({ headers: { count: String(++count) } }))
  for (let times = 0; times < 100; times += 1) right()
  t.equal(count, 1)
  const wrong = webConfigOf('web.yml', () => {
    count += 1
    throw new Error('no')
  })
  for (let times = 0; times < 100; times += 1) t.throws(wrong, { message: 'no' })
  t.equal(count, 2)
  await sleep(1010)
  t.strictSame(right(), { headers: { count: '3' } }, 'and then anew')
})
