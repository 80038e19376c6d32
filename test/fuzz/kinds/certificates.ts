import { X509Certificate } from 'node:crypto'
import { assess } from '../../../collectors/certs/assess.ts'
import { renderCerts } from '../../../collectors/certs/page/render.ts'
import { parse, parseCertificate } from '../../../collectors/certs/parse.ts'
import { rowsOf } from '../../../collectors/certs/rows.ts'
import type { CertsSample } from '../../../collectors/certs/sample.ts'
import { finding } from '../../agent/findings.ts'
import { viewOn } from '../../agent/views.ts'
import { bytesOf, kind, must, part } from '../kind.ts'
import { page, raw } from '../looks.ts'
import type { Luck } from '../luck.ts'
import { mutated } from '../mutate.ts'
import { recorded } from '../recordings.ts'

const now = Date.UTC(2026, 10, 23)
const pems = recorded('files', /\.crt$/)
const ders = pems.flatMap((it) =>
  [...it.toString().matchAll(/-----BEGIN CERTIFICATE-----([^-]+)/g)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64'),
  ),
)
const kubeconfigs = recorded('files', /(kubeconfig|k3s\.yaml)$/)
const secrets = recorded('files', /dynamic-cert\.json$/)

/** What is read of a file of any kind, what is said of it, and the page on it. */
function certificatesIn(bytes: Buffer): void {
  const it = parse(bytes)
  const json = JSON.stringify(it)
  must(
    json.length < 1000 * 1024 && (it.problem?.length ?? 0) < 100,
    'what is read is bounded',
    () => `${json.length} bytes`,
  )
  must(JSON.stringify(parse(Buffer.from(bytes))) === json, 'read twice, it is the same', () => json)
  for (const one of it.certificates) {
    must(Number.isFinite(one.from) && Number.isFinite(one.to), 'dates are dates', () => json)
    must(
      one.name.length <= 80 && one.subject.length <= 200 && one.issuer.length <= 200,
      'names are short',
      () => json,
    )
    must(
      !raw.test(`${one.name}${one.subject}${one.issuer}${one.serial}`) && !/`/.test(one.name + one.subject),
      'names drive no terminal',
      () => json,
    )
  }
  for (const whose of ['k3s', 'home', 'extra'] as const) {
    const sample: CertsSample = {
      files: [
        {
          path: '/a',
          stamp: '',
          of: whose,
          certificates: it.certificates.slice(0, 50),
          ...(it.problem && { problem: it.problem }),
        },
      ],
      served: [],
    }
    const told = assess(sample, 30, now)
    for (const one of told)
      must(one.text.length > 0 && one.text.length < 2_000, 'a verdict is a sentence or three', () => one.text)
    const rows = rowsOf(sample, 30, now, true)
    const findings = told.map((it) => finding({ ...it, severity: 'warning' }))
    const view = viewOn(sample, {}, { at: now, now, findings, options: { all: true } })
    page('certs', renderCerts(view, rows, { color: false, width: 80 }))
  }
}

const around = [
  '',
  '{',
  '-----BEGIN ',
  'apiVersion: v1\nkind: Config\nclusters:\n',
  '-----END CERTIFICATE-----\n',
  '"}',
]

export const der = kind({
  name: 'der',
  cases: 750,
  make: (luck) => [part('certificate', derWith(luck, luck.pick(ders)))],
  hold(parts) {
    const bytes = bytesOf(parts, 'certificate')
    certificatesIn(bytes)
    const mine = parseCertificate(bytes)
    const other = nodes(bytes)
    // What both can read, both read alike.
    if (mine && other && !Number.isNaN(other.to))
      must(mine.to === other.to, "the end is the same as in Node's reading", () => `${mine.to} ${other.to}`)
  },
  growth: {
    around: ['', '\x30\x82\xff\xff'],
    pieces: ['\x30\x80', '\x30\x82\x10\x00', '\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02ab', '\xa3\x03'],
    read: (bytes) => parse(bytes),
  },
})

function nodes(bytes: Buffer): { to: number } | undefined {
  try {
    return { to: new X509Certificate(bytes).validToDate.getTime() }
  } catch {
    return undefined
  }
}

/** Like any bytes, or with one of its lengths or tags another, which random bytes seldom hit. */
function derWith(luck: Luck, bytes: Buffer): Buffer {
  if (luck.odds(0.4)) return mutated(luck, bytes, ders)
  const copy = Buffer.from(bytes)
  for (let count = luck.pick([1, 1, 2, 4]); count > 0; count -= 1) {
    const heads = [...copy.keys()].filter((at) =>
      [0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x0c, 0x13, 0x17, 0x18, 0xa0, 0xa3].includes(copy[at] ?? 0),
    )
    const at = luck.pick(heads)
    copy[at + luck.below(3)] = luck.pick([
      0,
      1,
      0x7f,
      0x80,
      0x81,
      0x82,
      0x84,
      0x85,
      0xff,
      0x0c,
      0x1c,
      0x1e,
      0x18,
      (copy[at + 1] ?? 0) + 1,
    ])
  }
  return copy
}

export const pem = kind({
  name: 'pem',
  cases: 300,
  make(luck) {
    const all = [...pems, ...secrets]
    const bundle = Buffer.concat(Array.from({ length: luck.pick([1, 1, 2, 5]) }, () => luck.pick(all)))
    return [part('file', mutated(luck, bundle, all))]
  },
  hold: (parts) => certificatesIn(bytesOf(parts, 'file')),
  growth: {
    around,
    pieces: [
      '-----BEGIN CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      '-----END CERTIFICATE-----',
      '-----',
      '\n',
      ' ',
      '{"data":',
      'A',
    ],
    read: (bytes) => parse(bytes),
  },
})

export const kubeconfig = kind({
  name: 'kubeconfig',
  cases: 300,
  make: (luck) => [part('file', mutated(luck, luck.pick(kubeconfigs), [...kubeconfigs, ...pems]))],
  hold: (parts) => certificatesIn(bytesOf(parts, 'file')),
  growth: {
    around,
    pieces: [
      'client-certificate-data: ',
      'client-certificate-data:',
      '"certificate-authority" : "',
      'server: https://a:1\n',
      'server : ',
      'kind:',
      ' \t',
      '- name: ',
      "client-certificate: '",
      '"{,',
    ],
    read: (bytes) => parse(bytes),
  },
})
