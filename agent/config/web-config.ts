import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ClientAuth, WebConfig, WebTls } from '../model/index.ts'
import { second } from '../text/times.ts'
import { group, openChecks } from './checks.ts'
import { readDocument } from './document.ts'
import { problemText } from './problems.ts'

const text = { type: 'string', minLength: 1 }
const clientAuths: readonly ClientAuth[] = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
]
const versions = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const
const headers = [
  'Content-Security-Policy',
  'Strict-Transport-Security',
  'X-Content-Type-Options',
  'X-Frame-Options',
  'X-XSS-Protection',
]
const object = (properties: object) => ({ type: 'object', additionalProperties: false, properties })

/**
 * The format of exporter-toolkit 0.17 (docs/web-configuration.md), without what Node.js has no equal for or what makes no
 * difference here: `cipher_suites`, `curve_preferences` and `rate_limit`.
 */
const schema = object({
  tls_server_config: object({
    ...{ cert_file: text, key_file: text, cert: text, key: text, client_ca_file: text, client_ca: text },
    client_auth_type: { enum: clientAuths },
    client_allowed_sans: { type: 'array', items: text },
    ...{ min_version: { enum: Object.keys(versions) }, max_version: { enum: Object.keys(versions) } },
    // Of cipher suites: Node.js decides, and has no old ones.
    prefer_server_cipher_suites: { type: 'boolean' },
  }),
  http_server_config: object({
    // Murphy speaks HTTP/1.1 alone, which every client of HTTP/2 does too.
    http2: { type: 'boolean' },
    headers: object(
      Object.fromEntries(headers.map((it) => [it, { type: 'string', pattern: '^[\\x20-\\x7e]+$' }])),
    ),
  }),
  basic_auth_users: {
    type: 'object',
    // The cost is two digits: each more doubles the time, 10 takes a tenth of a second and more, 12 about one.
    additionalProperties: { type: 'string', pattern: '^\\$2[aby]?\\$(0[4-9]|1[0-2])\\$[./A-Za-z0-9]{53}$' },
  },
})

/**
 * Reads a `web.config.file`. Throws an Error whose message names each place that is wrong, without what is written there.
 * The paths in it are relative to its own folder.
 */
export function readWebConfig(file: string, read = (it: string) => readFileSync(it, 'utf8')): WebConfig {
  const document = readDocument(read(file))
  if (!('raw' in document))
    throw new Error(
      document
        .map(({ text, ...it }) => problemText({ file, ...it, text: `not valid YAML: ${text}` }))
        .join('\n'),
    )
  const checks = openChecks(file, document)
  checks.check(schema, document.raw, [])
  if (checks.problems.length > 0) throw new Error(checks.problems.map(problemText).join('\n'))
  const { tls_server_config: tls, http_server_config: http, basic_auth_users: users } = document.raw
  return {
    ...(users !== undefined && { users: users as Record<string, string> }),
    ...(tls !== undefined && { tls: tlsOf(group(tls), file, read) }),
    headers: group(group(http).headers) as Record<string, string>,
  }
}

/**
 * Reads the file again and again, but no more than once a second: it is asked for by every connection, also of those who
 * have no password, and reading takes some ms of the agent's only thread. An error is the same for as long.
 */
export function webConfigOf(file: string, read = readWebConfig): () => WebConfig {
  let last: { readonly at: number; readonly give: () => WebConfig } | undefined
  return () => {
    if (!last || performance.now() - last.at >= second)
      last = { at: performance.now(), give: once(file, read) }
    return last.give()
  }
}

function once(file: string, read: typeof readWebConfig): () => WebConfig {
  try {
    const config = read(file)
    return () => config
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function tlsOf(given: Record<string, unknown>, file: string, read: (it: string) => string): WebTls {
  const wrong = (key: string, words: string) =>
    new Error(problemText({ file, key: `tls_server_config.${key}`, text: words }))
  const pem = (key: string): string | undefined => {
    const path = given[`${key}_file`]
    if (path !== undefined && given[key] !== undefined)
      throw wrong(key, `set only one of ${key} and ${key}_file`)
    if (typeof path !== 'string') return given[key] as string | undefined
    try {
      return read(resolve(dirname(file), path))
    } catch (error) {
      throw wrong(`${key}_file`, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'failed'})`)
    }
  }
  const [cert, key, clientCa] = [pem('cert'), pem('key'), pem('client_ca')]
  if (cert === undefined) throw wrong('cert_file', 'missing')
  if (key === undefined) throw wrong('key_file', 'missing')
  const clientAuth = (given.client_auth_type ?? 'NoClientCert') as ClientAuth
  const verifies = clientAuth === 'VerifyClientCertIfGiven' || clientAuth === 'RequireAndVerifyClientCert'
  if (verifies !== (clientCa !== undefined))
    throw wrong('client_ca_file', `${verifies ? 'missing' : 'not used'} with client_auth_type ${clientAuth}`)
  const version = (name: string, otherwise: keyof typeof versions) =>
    versions[(given[name] ?? otherwise) as keyof typeof versions]
  return {
    ...{ cert, key, clientAuth, clientNames: (given.client_allowed_sans ?? []) as string[] },
    ...(clientCa !== undefined && { clientCa }),
    ...{ minVersion: version('min_version', 'TLS12'), maxVersion: version('max_version', 'TLS13') },
  }
}
