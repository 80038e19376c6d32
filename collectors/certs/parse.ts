import { hash } from 'node:crypto'
import { plain } from '../../agent/text/sanitize.ts'
import { type Attribute, readCertificate } from './der.ts'
import type { Certificate } from './sample.ts'

export interface Parsed {
  readonly certificates: readonly Certificate[]
  /** Why not everything could be read, as the end of a sentence about the file. */
  readonly problem?: string
  /** No certificate, but a file that is often beside certificates: a key, parameters, a request. */
  readonly foreign?: true
  /** The paths of certificates that a kubeconfig names instead of embedding them; relative ones start at its folder. */
  readonly names?: readonly string[]
  /** The servers of a kubeconfig as `host:port`: `127.0.0.1:6443`. */
  readonly servers?: readonly string[]
}

/** Parsed certificates by their `print`: one that was parsed before is not parsed again, whichever file it is in. */
export type Known = Map<string, Certificate>

/** More than any bundle of authorities holds. */
const mostCertificates = 1_000

/**
 * Parses the certificates in a file of any kind: PEM (RFC 7468), DER, a Secret as JSON (k3s's dynamic-cert.json), a
 * kubeconfig as YAML or JSON. Never throws: hostile input gives a `problem`.
 */
export function parse(bytes: Uint8Array, known: Known = new Map()): Parsed {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // A DER certificate is a SEQUENCE of more than 127 bytes: 0x30 and a long length (X.690, 8.1.3).
    if (bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80) return fromDer(buffer, known)
    const text = buffer.toString('latin1')
    if (/^\s*\{/.test(text)) return fromJson(text, known)
    if (text.includes('-----BEGIN ')) return fromPem(text, known)
    if (isKubeconfig(text)) return fromKubeconfig(text, known)
    return { certificates: [], problem: bytes.length === 0 ? 'is empty' : 'holds no certificate' }
  } catch {
    return { certificates: [], problem: 'cannot be understood' }
  }
}

/** One certificate, or undefined if the bytes are none or its dates are invalid. */
export function parseCertificate(der: Uint8Array, known: Known = new Map()): Certificate | undefined {
  try {
    const bytes = Buffer.from(der.buffer, der.byteOffset, der.byteLength)
    const whole = printOf(bytes)
    const before = known.get(whole)
    if (before) return before
    const it = readCertificate(bytes)
    const subject = oneLine(it.subject)
    const common = it.subject.find(([type]) => type === 'CN')?.[1]
    const use = it.serving && it.client ? 'both' : it.serving ? 'serving' : it.client ? 'client' : undefined
    const certificate: Certificate = {
      name: plain(common || subject || 'no name', 80),
      subject,
      issuer: oneLine(it.issuer),
      serial: it.serial.length > 64 ? `${it.serial.slice(0, 63)}…` : it.serial,
      from: it.from,
      to: it.to,
      ...(it.ca && { ca: true as const }),
      ...(use && { use }),
      print: it.length === bytes.length ? whole : printOf(bytes.subarray(0, it.length)),
    }
    known.set(certificate.print, certificate)
    return certificate
  } catch {
    return undefined
  }
}

const printOf = (der: Buffer) => hash('sha256', der, 'hex').slice(0, 32)

/** `O=system:masters, CN=system:admin`; special characters in a value are escaped with a backslash (RFC 4514). */
const oneLine = (name: readonly Attribute[]) =>
  plain(name.map(([type, value]) => `${type}=${value.replace(/[,+"\\<>;]/g, '\\$&')}`).join(', '), 200)

function fromDer(bytes: Buffer, known: Known): Parsed {
  const certificate = parseCertificate(bytes, known)
  return certificate
    ? { certificates: [certificate] }
    : { certificates: [], problem: 'holds no certificate that can be read' }
}

/** The PEM labels of certificates; the second is openssl's own, which appends trust settings to the certificate. */
const begins = /-----BEGIN (CERTIFICATE|TRUSTED CERTIFICATE|X509 CERTIFICATE)-----/g

function fromPem(text: string, known: Known): Parsed {
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
    const certificate = parseCertificate(Buffer.from(text.slice(start, end), 'base64'), known)
    if (certificate) certificates.push(certificate)
    else problems.push(`is damaged in certificate ${count}`)
  }
  if (count === 0) return { certificates, problem: 'holds no certificate', foreign: true }
  return { certificates, ...(problems[0] && { problem: problems[0] }) }
}

function fromJson(text: string, known: Known): Parsed {
  if (isKubeconfig(text)) return fromKubeconfig(text, known)
  const it = JSON.parse(text) as { data?: Record<string, unknown> } | null
  const pem = it?.data?.['tls.crt']
  if (typeof pem !== 'string') return { certificates: [], problem: 'holds no certificate' }
  const { certificates, problem } = fromPem(Buffer.from(pem, 'base64').toString('latin1'), known)
  return { certificates, ...(problem && { problem }) }
}

const isKubeconfig = (text: string) =>
  /(?:client-certificate|certificate-authority)(?:-data)?["']?[ \t]*:/.test(text) ||
  (/^[ \t"{,]*kind["']?[ \t]*:[ \t]*["']?Config\b/m.test(text) && text.includes('clusters'))

/**
 * The embedded certificates of a kubeconfig, found by pattern: each is base64 on one line, in YAML and in JSON.
 * Certificates that it only names by path are read from their files.
 */
function fromKubeconfig(text: string, known: Known): Parsed {
  const found: Parsed[] = []
  for (const [, value = ''] of text.matchAll(
    /(?:client-certificate|certificate-authority)-data["']?[ \t]*:[ \t]*["']?([^\s"',}]*)/g,
  )) {
    if (found.length >= mostCertificates) break
    if (value) found.push(fromPem(Buffer.from(value, 'base64').toString('latin1'), known))
  }
  const names = values(
    text,
    /(?:client-certificate|certificate-authority)["']?[ \t]*:[ \t]*(?:"([^"\n]{1,4096})|'([^'\n]{1,4096})|([^\s"',}]{1,4096}))/g,
  )
  const servers = values(text, /\bserver["']?[ \t]*:[ \t]*["']?(https:\/\/[^\s"',}]{1,300})/g).flatMap(
    (it) => hostPort(it) ?? [],
  )
  const problem = found.find((it) => it.problem)?.problem
  const certificates = found.flatMap((it) => it.certificates).slice(0, mostCertificates)
  // The client's own certificate comes first: it is the leaf.
  return {
    certificates: [...certificates.filter((it) => !it.ca), ...certificates.filter((it) => it.ca)],
    ...(problem && { problem }),
    ...(names.length > 0 && { names }),
    ...(servers.length > 0 && { servers }),
  }
}

const mostValues = 32

/** The distinct values that a pattern finds, whichever of its groups matched. */
function values(text: string, pattern: RegExp): string[] {
  const found = new Set<string>()
  for (const [, ...groups] of text.matchAll(pattern)) {
    if (found.size >= mostValues) break
    const one = groups.find(Boolean)
    // A copy: a piece of the text would keep all of it, with the key in it, for as long as the file stays as it is.
    if (one) found.add(Buffer.from(one).toString())
  }
  return [...found]
}

function hostPort(url: string): string | undefined {
  try {
    const { hostname, port } = new URL(url)
    return `${hostname}:${port || 443}`.slice(0, 300)
  } catch {
    return undefined
  }
}
