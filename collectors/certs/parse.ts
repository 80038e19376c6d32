import { X509Certificate } from 'node:crypto'
import type { Certificate } from './sample.ts'
import { plain } from './words.ts'

export interface Parsed {
  readonly certificates: readonly Certificate[]
  /** Why not everything could be read, as the end of a sentence about the file. */
  readonly problem?: string
  /** No certificate, but something else that stands beside certificates: a key, parameters, a request. */
  readonly foreign?: true
}

/** More than any bundle of authorities holds. */
const mostCertificates = 1_000

/**
 * The certificates in a file, whatever its kind: PEM (RFC 7468), DER, a Secret as JSON (k3s's
 * dynamic-cert.json), a kubeconfig as YAML or JSON. Total: hostile input gives a problem, never an error.
 */
export function parse(bytes: Uint8Array): Parsed {
  try {
    // A DER certificate is a SEQUENCE of more than 127 bytes: 0x30 and a long length (X.690, 8.1.3).
    if (bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80) return fromDer(bytes)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    if (/^\s*\{/.test(text)) return fromJson(text)
    if (text.includes('-----BEGIN ')) return fromPem(text)
    if (isKubeconfig(text)) return fromKubeconfig(text)
    return { certificates: [], problem: bytes.length === 0 ? 'is empty' : 'holds no certificate' }
  } catch {
    return { certificates: [], problem: 'cannot be understood' }
  }
}

/** One certificate, or undefined if it is none or its dates mean nothing. */
export function parseCertificate(der: Uint8Array): Certificate | undefined {
  try {
    const it = new X509Certificate(der)
    const from = time(it.validFromDate, it.validFrom)
    const to = time(it.validToDate, it.validTo)
    if (from === undefined || to === undefined) return undefined
    const subject = oneLine(it.subject)
    const use = usage(it.keyUsage)
    return {
      name: plain(commonName(it.subject ?? '') || subject || 'no name', 80),
      subject,
      issuer: oneLine(it.issuer),
      serial: plain(it.serialNumber, 64),
      from,
      to,
      ...(it.ca && { ca: true as const }),
      ...(use && { use }),
      print: it.fingerprint256.replaceAll(':', '').slice(0, 32).toLowerCase(),
    }
  } catch {
    return undefined
  }
}

function time(date: Date | undefined, text: string): number | undefined {
  const at = date instanceof Date && !Number.isNaN(date.getTime()) ? date.getTime() : Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/** Without the backslashes that RFC 2253 puts before what would end it. */
const commonName = (subject: string) =>
  /(?:^|\n)CN=([^\n]*)/.exec(subject)?.[1]?.replace(/\\([ ,+"\\<>;#=])/g, '$1')

/** Node gives one attribute a line. */
const oneLine = (name: string | undefined) => plain((name ?? '').replaceAll('\n', ', '), 200)

/** Extended key usage by object identifier (RFC 5280, 4.2.1.12). */
function usage(identifiers: readonly string[] | undefined): Certificate['use'] {
  const serving = identifiers?.includes('1.3.6.1.5.5.7.3.1')
  const client = identifiers?.includes('1.3.6.1.5.5.7.3.2')
  return serving && client ? 'both' : serving ? 'serving' : client ? 'client' : undefined
}

function fromDer(bytes: Uint8Array): Parsed {
  const certificate = parseCertificate(bytes)
  return certificate
    ? { certificates: [certificate] }
    : { certificates: [], problem: 'holds no certificate that can be read' }
}

/** The names under which certificates stand in PEM; the second is openssl's own, with trust settings behind it. */
const begins = /-----BEGIN (CERTIFICATE|TRUSTED CERTIFICATE|X509 CERTIFICATE)-----/g

function fromPem(text: string): Parsed {
  const certificates: Certificate[] = []
  const problems: string[] = []
  let count = 0
  for (const { 0: begin, 1: name, index } of text.matchAll(begins)) {
    count += 1
    if (count > mostCertificates) {
      problems.push(`holds more than ${mostCertificates} certificates`)
      break
    }
    const start = index + begin.length
    const end = text.indexOf('-----', start)
    if (end < 0 || !text.startsWith(`-----END ${name}-----`, end)) {
      problems.push(`is cut off in certificate ${count}`)
      continue
    }
    const certificate = parseCertificate(Buffer.from(text.slice(start, end), 'base64'))
    if (certificate) certificates.push(certificate)
    else problems.push(`is damaged in certificate ${count}`)
  }
  if (count === 0) return { certificates, problem: 'holds no certificate', foreign: true }
  return { certificates, ...(problems[0] && { problem: problems[0] }) }
}

function fromJson(text: string): Parsed {
  if (isKubeconfig(text)) return fromKubeconfig(text)
  const it = JSON.parse(text) as { data?: Record<string, unknown> } | null
  const pem = it?.data?.['tls.crt']
  if (typeof pem !== 'string') return { certificates: [], problem: 'holds no certificate' }
  const { certificates, problem } = fromPem(Buffer.from(pem, 'base64').toString('latin1'))
  return { certificates, ...(problem && { problem }) }
}

const isKubeconfig = (text: string) =>
  /(?:client-certificate|certificate-authority)(?:-data)?["']?[ \t]*:/.test(text) ||
  (/^[ \t"{,]*kind["']?[ \t]*:[ \t]*["']?Config\b/m.test(text) && text.includes('clusters'))

/**
 * The embedded certificates of a kubeconfig, by pattern: each is base64 on one line, in YAML and in JSON.
 * Those it only names by path are read where they stand.
 */
function fromKubeconfig(text: string): Parsed {
  const found: Parsed[] = []
  for (const [, value = ''] of text.matchAll(
    /(?:client-certificate|certificate-authority)-data["']?[ \t]*:[ \t]*["']?([^\s"',}]*)/g,
  )) {
    if (found.length >= mostCertificates) break
    if (value) found.push(fromPem(Buffer.from(value, 'base64').toString('latin1')))
  }
  const problem = found.find((it) => it.problem)?.problem
  const certificates = found.flatMap((it) => it.certificates).slice(0, mostCertificates)
  // The client's comes first: it is the leaf.
  return {
    certificates: [...certificates.filter((it) => !it.ca), ...certificates.filter((it) => it.ca)],
    ...(problem && { problem }),
  }
}
