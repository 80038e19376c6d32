import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, parseConfig } from '../../../agent/config/config.ts'
import { printed } from '../../../agent/config/printed.ts'
import type { Secrets } from '../../../agent/config/secrets.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'heartbeat.url')
const kuma = 'https://kuma.example/api/push/s3cr3t-t0ken'
writeFileSync(file, `${kuma}\n`)

const parsed = (text: string, secrets: Secrets = 'read') =>
  parseConfig(text, { file: 'config.yaml', collectors: [], sinks, secrets, environment: {} })

/** The errors of one entry, as people read them. */
function errors(text: string): string {
  try {
    parsed(text)
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}
const of = (...lines: readonly string[]) =>
  errors(`heartbeats:\n${lines.map((it, at) => `${at === 0 ? '  - ' : '    '}${it}\n`).join('')}`)

t.test('an address is enough', async (t) => {
  t.strictSame(parsed('').heartbeats, [])
  const [it] = parsed(`heartbeats:\n  - url: ${kuma}\n`).heartbeats
  t.strictSame(it, {
    ...{ name: 'heartbeat', every: 60_000, start: false },
    ...{ settings: { type: 'kuma', url: kuma, report: 'alive' }, unread: [], forms: {} },
  })
  const [other] = parsed(`heartbeats:\n  - url_file: ${file}\n    report: critical\n`).heartbeats
  t.match(other?.settings, { type: 'kuma', url: kuma, report: 'critical' })
  const [unread] = parsed(`heartbeats:\n  - url_file: ${file}\n`, 'leave').heartbeats
  t.match(unread, { settings: { url: '' }, unread: ['url'] }, 'commands that do not send need no secrets')
})

t.test('what is wrong is named by line and key', async (t) => {
  t.match(of('name: a'), /config\.yaml:2.*heartbeats\[0\]\.url: missing; set url, url_file or url_credential/)
  t.match(of('url: nonsense'), /config\.yaml:2.*heartbeats\[0\]\.url: is not an http or https URL/)
  t.match(of('url: ftp://example.org/x'), /is not an http or https URL/)
  t.match(of('url: https://a:b@example.org/x'), /user or password/)
  t.match(of('url: https://example.org/x', 'every: 5'), /config\.yaml:3.*every/)
  t.match(of('url: https://example.org/x', 'every_seconds: 1'), /config\.yaml:3.*every_seconds/)
  t.match(of('url: https://example.org/{who}'), /a place in braces must be one of \{status\}/)
  t.match(of('url: "https://example.org/{node"'), /a place in braces/)
  t.match(of('url: https://hc-ping.com/d1665499-e827-441f-bf13-8f15e8f4c0b9/fail'), /without \/start, \/fail/)
  t.match(
    of('url: https://hc-ping.com/d1665499-e827-441f-bf13-8f15e8f4c0b9', 'every_seconds: 10'),
    /config\.yaml:3.*every_seconds: must be at least 30/,
  )
  t.match(of('url: https://g.example/api/v1/endpoints/a_b/external'), /token: missing; set token, token_file/)
  t.match(of(`url: ${kuma}`, 'token: x'), /config\.yaml:3.*token: is only for Gatus/)
  t.match(of(`url: ${kuma}`, 'start: true'), /start: is only for healthchecks/)
  t.match(of(`url: ${kuma}`, 'method: POST'), /method: is only for/)
  t.match(of(`url: ${kuma}`, 'report: exit-status'), /report: exit-status is only for/)
  t.equal(of('url: https://x.example/?s={exit}', 'report: exit-status', 'method: POST'), '')
  t.match(
    errors(`heartbeats:\n  - url: ${kuma}\n  - url: ${kuma}\n`),
    /heartbeats\[1\]\.name: another heartbeat/,
  )
  t.match(errors('heartbeats: 5\n'), /heartbeats/)
})

t.test('no error, and no print, has the secret', async (t) => {
  for (const it of [
    of(`url_file: ${kuma}`),
    of(`url: ${kuma}`, `token: potato`),
    of(`url: ${kuma}`, `url_file: ${file}`),
    of(`url_credential: ${kuma}`),
  ]) {
    t.not(it, '')
    t.notMatch(it, /s3cr3t|potato/)
  }
  const text = `heartbeats:\n  - url: ${kuma}\n  - { name: b, url_file: ${file} }\n`
  const shown = printed(parsed(text), sinks)
  t.notMatch(shown, /s3cr3t/)
  t.match(shown, /url_credential: hidden/)
  t.match(shown, `url_file: ${file}`)
  t.equal(parsed(shown, 'leave').heartbeats.length, 2, 'and is a file that is taken')
})
