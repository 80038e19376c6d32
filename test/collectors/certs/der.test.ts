import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readCertificate } from '../../../collectors/certs/der.ts'
import { openssl } from './openssl.ts'

/** OpenSSL of 2014, as a second reading by other code. */
const x509 = createRequire(import.meta.url)('x509.js') as {
  parseCert(pem: string): { serial: string; notBefore: string; notAfter: string }
}

const folder = mkdtempSync(join(tmpdir(), 'murphy-der-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

// ---------------------------------------------------------------------------------------------------
// A writer of DER, so that there is no subject, date or serial that openssl's command line would refuse to make.

function tlv(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((it) => (typeof it === 'string' ? Buffer.from(it, 'hex') : it)))
  const { length } = content
  const hex = length.toString(16)
  const long = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
  const size = length < 128 ? Buffer.from([length]) : Buffer.concat([Buffer.from([0x80 | long.length]), long])
  return Buffer.concat([Buffer.from([tag]), size, content])
}
const seq = (...parts: readonly (Buffer | string)[]) => tlv(0x30, ...parts)
const text = (tag: number, value: string) =>
  tlv(
    tag,
    tag === 0x1e
      ? Buffer.from(value, 'utf16le').swap16()
      : tag === 0x1c
        ? Buffer.concat(
            [...value].map((it) =>
              Buffer.from((it.codePointAt(0) as number).toString(16).padStart(8, '0'), 'hex'),
            ),
          )
        : Buffer.from(value, tag === 0x0c ? 'utf8' : 'latin1'),
  )
const attribute = (oid: string, value: Buffer) => tlv(0x31, seq(tlv(0x06, oid), value))
const time = (it: Date) => {
  const digits = it.toISOString().replace(/[-:T]|\.\d+/g, '')
  return it.getUTCFullYear() >= 1950 && it.getUTCFullYear() < 2050
    ? text(0x17, digits.slice(2))
    : text(0x18, digits)
}
const extension = (oid: string, value: Buffer, critical = false) =>
  seq(tlv(0x06, oid), ...(critical ? ['0101ff'] : []), tlv(0x04, value))

interface Wish {
  readonly serial: string
  readonly subject: readonly Buffer[]
  readonly from: Date
  readonly to: Date
  readonly key: Buffer
  readonly names: readonly Buffer[]
  readonly ca: boolean
}

/** Signed by nobody: what is compared here is reading. */
function write({ serial, subject, from, to, key, names, ca }: Wish): Buffer {
  const algorithm = seq(tlv(0x06, '2a8648ce3d040302'))
  const body = seq(
    ...['a003020102', tlv(0x02, serial), algorithm, seq(attribute('550403', text(0x0c, 'ca')))],
    seq(time(from), time(to)),
    ...[seq(...subject), key],
    tlv(
      0xa3,
      seq(
        extension('551d13', ca ? seq('0101ff') : seq(), true),
        extension('551d25', seq(tlv(0x06, '2b06010505070301'), tlv(0x06, '2b06010505070302'))),
        ...(names.length > 0 ? [extension('551d11', seq(...names))] : []),
      ),
    ),
  )
  return seq(body, algorithm, tlv(0x03, '00', randomBytes(70)))
}

t.test('300 certificates: dates, subject and serial as openssl and x509.js read them', async (t) => {
  const keys = (
    [
      ['RSA', 'rsa_keygen_bits:2048'],
      ['EC', 'ec_paramgen_curve:P-256'],
      ['EC', 'ec_paramgen_curve:P-384'],
      ['ED25519', ''],
    ] as const
  ).map(([kind, option]) => {
    openssl('genpkey', '-algorithm', kind, ...(option ? ['-pkeyopt', option] : []), '-out', at('key'))
    openssl('pkey', '-in', at('key'), '-pubout', '-outform', 'DER', '-out', at('key.der'))
    return readFileSync(at('key.der'))
  })
  const subjects: readonly (readonly [string, number, string])[][] = [
    [['550403', 0x0c, 'plain.example']],
    [
      ['55040a', 0x13, 'system:masters'.replace(':', ' ')],
      ['550403', 0x13, 'system admin'],
    ],
    [
      ['550406', 0x13, 'CH'],
      ['550408', 0x0c, 'Zürich'],
      ['550407', 0x0c, '東京 🚀'],
      ['550403', 0x0c, 'Müller & Söhne'],
    ],
    [['550403', 0x1e, 'Größe 東京 BMP']],
    [['550403', 0x1c, 'Universal 🚀']],
    [['550403', 0x14, 'T61 \xfc']],
    [['550403', 0x0c, '<!channel> @everyone [x](http://evil.example) `rm -rf`']],
    [['550403', 0x0c, 'a, O=b + CN=c "q" \\ ; < >']],
    [['550403', 0x0c, '\u001b[2J\u202eabc\r\nX-Header: 1']],
    [
      ['55040b', 0x0c, '#begins'],
      ['550403', 0x0c, ' spaces '],
    ],
    [
      ['2a864886f70d010901', 0x16, 'a@b.example'],
      ['0992268993f22c640119', 0x16, 'example'],
    ],
    [],
    [['550403', 0x0c, 'x'.repeat(200)]],
  ]
  const dates: readonly (readonly [string, string])[] = [
    ['2026-11-23T00:12:31Z', '2027-11-23T00:12:31Z'],
    ['1999-12-31T23:59:59Z', '2049-12-31T23:59:59Z'],
    ['2050-01-01T00:00:00Z', '2051-02-03T04:05:06Z'],
    ['1950-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
    ['1949-12-31T23:59:59Z', '2024-02-29T12:00:00Z'],
    ['2026-01-01T00:00:00Z', '2025-01-01T00:00:00Z'],
  ]
  const serials = [
    '01',
    '00',
    '7f',
    '0080',
    '80',
    'ff',
    'ff7f',
    'f0ab12',
    '7f00ab'.repeat(6),
    '80'.repeat(20),
  ]
  const dns = (count: number) => Array.from({ length: count }, (_, one) => text(0x82, `name-${one}.example`))
  const names = [
    [],
    dns(1),
    [
      text(0x82, '*.example'),
      tlv(0x87, '7f000001'),
      tlv(0x87, '00'.repeat(15), '01'),
      text(0x81, 'a@b'),
      text(0x86, 'spiffe://x/y'),
    ],
    [
      tlv(0xa4, seq(attribute('550403', text(0x0c, 'directory')))),
      tlv(0x88, '2a03'),
      tlv(0xa0, tlv(0x06, '2a03'), tlv(0xa0, text(0x0c, 'other'))),
    ],
    dns(2_000),
  ]
  const pick = <T>(from: readonly T[], count: number, step = 1) =>
    from[Math.floor(count / step) % from.length] as T
  const all = Array.from({ length: 300 }, (_, count) => {
    const [from, to] = pick(dates, count, 5).map((it) => new Date(it)) as [Date, Date]
    const subject = pick(subjects, count)
    const ca = count % 7 === 0
    const der = write({
      ...{ serial: pick(serials, count, 3), from, to, ca },
      ...{ key: pick(keys, count, 2), names: pick(names, count, 11) },
      subject: subject.map(([oid, tag, value]) => attribute(oid, text(tag, value))),
    })
    writeFileSync(at(`${count}.der`), der)
    return { count, to, ca, subject, der }
  })
  // One shell for all: it starts programs ten times as fast as Node.js.
  const script = `for at in $(seq 0 299); do openssl x509 -inform DER -in ${folder}/$at.der -noout -serial -startdate -enddate -dateopt iso_8601 -subject -nameopt sep_multiline,utf8,sname,esc_ctrl; echo ----; done`
  const answers = execFileSync('sh', ['-c', script], { encoding: 'utf8', maxBuffer: 1e8 }).split('----\n')
  let seconds = 0
  for (const { count, to, ca, subject, der } of all) {
    const said = answers[count] ?? ''
    const [, serial, begin, end, name = ''] =
      /^serial=(.*)\nnotBefore=(.*)\nnotAfter=(.*)\nsubject=\n?([\s\S]*)$/.exec(said) ?? []
    const mine = readCertificate(der)
    const what = `${count}: ${JSON.stringify(subject)}`
    t.equal(mine.serial, serial, `serial, ${what}`)
    t.equal(mine.from, Date.parse(String(begin).replace(' ', 'T')), `begin, ${what}`)
    t.equal(mine.to, Date.parse(String(end).replace(' ', 'T')), `end, ${what}`)
    t.equal(mine.to, to.getTime())
    t.same(
      mine.subject.map(([, value]) => value),
      subject.map(([, , value]) => value),
      what,
    )
    // openssl doubles backslashes and shows each control character as a backslash with two hexadecimal digits.
    const shown = mine.subject.map(
      ([type, value]) =>
        `    ${type}=${value.replaceAll('\\', '\\\\').replace(/[\u0000-\u001f\u007f]/g, (it) => `\\${it.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)}`,
    )
    t.equal(name.trimEnd(), shown.join('\n').trimEnd(), `subject, ${what}`)
    t.match(mine, { ca, client: true, serving: true, length: der.length })
    // Its asm.js takes 100 ms for a huge list of names.
    if (der.length > 4096) continue
    // It knows neither Ed25519 nor years of four digits before 1950 or with negative serials.
    try {
      const other = x509.parseCert(
        `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
      )
      t.equal(Date.parse(other.notAfter), mine.to, `x509.js, ${what}`)
      seconds += 1
    } catch {}
  }
  t.ok(seconds > 100, `x509.js read ${seconds} of them`)
})

t.test('what is no certificate throws, and reads nothing outside', async (t) => {
  const [key] = [seq(seq(tlv(0x06, '2b6570')), tlv(0x03, '00', '11'.repeat(32)))]
  const good = write({
    ...{
      serial: '01',
      subject: [],
      from: new Date(0),
      to: new Date(1e12),
      key: key as Buffer,
      names: [],
      ca: false,
    },
  })
  readCertificate(good)
  for (let length = 0; length < good.length; length += 1)
    t.throws(() => readCertificate(good.subarray(0, length)), `cut to ${length}`)
  for (const bytes of [
    '',
    '30',
    '3080',
    '308000',
    '3084ffffffff',
    '30820005',
    '3003020101',
    '30850000000001',
  ])
    t.throws(() => readCertificate(Buffer.from(bytes, 'hex')), bytes)
  for (const [tag, value] of [
    [0x17, '991331000000Z'],
    [0x17, '9901'],
    [0x18, '20261123'],
    [0x18, '2026112300000Z'],
    [0x0c, '20261123000000Z'],
  ] as const) {
    const wrong = Buffer.from(good)
    const dates = seq(time(new Date(0)), time(new Date(1e12)))
    const index = wrong.indexOf(dates)
    const other = seq(text(tag, value.padEnd(13)), text(tag, value.padEnd(13)))
    t.ok(index > 0)
    if (other.length === dates.length) {
      other.copy(wrong, index)
      t.throws(() => readCertificate(wrong), value)
    }
  }
})
