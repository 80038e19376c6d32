import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

export type Key = 'rsa' | 'p256' | 'ed25519'

export interface Wish {
  readonly key?: Key
  /** As openssl wants it, `/CN=…`. */
  readonly subject?: string
  readonly from?: Date
  readonly to?: Date
  readonly ca?: boolean
  readonly use?: string
  readonly names?: string
  /** Who signs; itself if absent. */
  readonly by?: Issued
  readonly serial?: string
}

export interface Issued {
  readonly pem: string
  readonly der: Buffer
  /** Paths of both. */
  readonly file: string
  readonly key: string
}

export const days = (count: number, from = Date.now()) => new Date(from + count * 86_400_000)

export const openssl = (...argv: readonly string[]) =>
  execFileSync('openssl', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const keyArguments = {
  rsa: ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  p256: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ed25519: ['ED25519'],
} as const

/** YYYYMMDDHHMMSSZ, which openssl turns into UTCTime or GeneralizedTime as RFC 5280 says. */
const time = (at: Date) => `${at.toISOString().replace(/[-:T]|\.\d+/g, '')}`

/** Makes certificates with openssl, with any dates, in a folder of this test. */
export function certificates(t: Test): { readonly folder: string; issue(wish?: Wish): Issued } {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-certs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const keys = new Map<Key, string>()
  let count = 0
  return {
    folder,
    issue({
      key = 'p256',
      subject = '/CN=test',
      from = days(-1),
      to = days(364),
      ca = false,
      use = '',
      names = '',
      by,
      serial = `${4096 + count}`,
    } = {}) {
      count += 1
      const at = join(folder, String(count))
      mkdirSync(at)
      const keyFile = keys.get(key) ?? join(folder, `${key}.key`)
      if (!keys.has(key)) {
        const [algorithm, ...rest] = keyArguments[key]
        openssl('genpkey', '-algorithm', algorithm, ...rest, '-out', keyFile)
        keys.set(key, keyFile)
      }
      const config = join(at, 'ca.cnf')
      writeFileSync(join(at, 'index'), '')
      writeFileSync(join(at, 'serial'), serial)
      writeFileSync(
        config,
        `[ca]\ndefault_ca=c\n[c]\ndatabase=${at}/index\nnew_certs_dir=${at}\nserial=${at}/serial\ndefault_md=sha256\npolicy=p\nemail_in_dn=no\nunique_subject=no\npreserve=yes\n[p]\ncommonName=optional\norganizationName=optional\n[req]\ndistinguished_name=d\n[d]\n[x]\nbasicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}\n${use && `extendedKeyUsage=${use}\n`}${names && `subjectAltName=${names}\n`}`,
      )
      const request = join(at, 'request')
      openssl('req', '-new', '-utf8', '-config', config, '-key', keyFile, '-subj', subject, '-out', request)
      const signer = by ? ['-cert', by.file, '-keyfile', by.key] : ['-selfsign', '-keyfile', keyFile]
      const file = join(at, 'certificate.pem')
      openssl(
        ...[
          'ca',
          '-batch',
          '-notext',
          '-utf8',
          '-preserveDN',
          '-config',
          config,
          '-extensions',
          'x',
          ...signer,
        ],
        ...['-startdate', time(from), '-enddate', time(to), '-in', request, '-out', file],
      )
      const pem = readFileSync(file, 'utf8')
      const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
      return { pem, der, file, key: keyFile }
    },
  }
}
