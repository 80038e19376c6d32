/**
 * Parses X.509 certificates (RFC 5280) from DER (X.690), as far as Murphy needs them. Node's own X509Certificate takes
 * 80 µs for one, this 5 µs, and bytes that anybody may have written reach no C code. Reads only within the given bytes,
 * and throws on what is no certificate.
 */
export interface Fields {
  /** Attributes in their order, as type and value: `['CN', 'system:admin']`. */
  readonly subject: readonly Attribute[]
  readonly issuer: readonly Attribute[]
  /** Hexadecimal, with a minus if negative, which RFC 5280 forbids but real certificates contain. */
  readonly serial: string
  /** ms since the epoch. */
  readonly from: number
  readonly to: number
  /** May sign certificates: basic constraints say so, and no key usage forbids it. */
  readonly ca: boolean
  readonly client: boolean
  readonly serving: boolean
  /** The length of the certificate itself; more bytes may follow it. */
  readonly length: number
}

export type Attribute = readonly [type: string, value: string]

interface Value {
  readonly tag: number
  readonly start: number
  readonly end: number
}

const sequence = 0x30
const integer = 0x02

class NoCertificate extends Error {}

export function readCertificate(bytes: Buffer): Fields {
  const whole = expect(bytes, 0, bytes.length, sequence)
  const body = expect(bytes, whole.start, whole.end, sequence)
  const algorithm = expect(bytes, body.end, whole.end, sequence)
  expect(bytes, algorithm.end, whole.end, 0x03)
  let at = body.start
  if (bytes[at] === 0xa0) at = value(bytes, at, body.end).end
  const take = (tag: number) => {
    const it = expect(bytes, at, body.end, tag)
    at = it.end
    return it
  }
  const serial = take(integer)
  take(sequence)
  const issuer = take(sequence)
  const validity = take(sequence)
  const subject = take(sequence)
  take(sequence)
  const begin = value(bytes, validity.start, validity.end)
  const end = value(bytes, begin.end, validity.end)
  return {
    subject: name(bytes, subject),
    issuer: name(bytes, issuer),
    serial: number(bytes, serial),
    from: time(bytes, begin),
    to: time(bytes, end),
    ...extensions(bytes, at, body.end),
    length: whole.end,
  }
}

/** One value between `at` and `limit`. Lengths may have up to four bytes; no real certificate has longer ones. */
function value(bytes: Buffer, at: number, limit: number): Value {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || at + 2 > limit) throw new NoCertificate()
  let start = at + 2
  let length = first
  if (first > 0x7f) {
    const count = first & 0x7f
    if (count === 0 || count > 4 || start + count > limit) throw new NoCertificate()
    length = 0
    for (let more = 0; more < count; more += 1) length = length * 256 + (bytes[start + more] as number)
    start += count
  }
  if (start + length > limit) throw new NoCertificate()
  return { tag, start, end: start + length }
}

function expect(bytes: Buffer, at: number, limit: number, tag: number): Value {
  const it = value(bytes, at, limit)
  if (it.tag !== tag) throw new NoCertificate()
  return it
}

function number(bytes: Buffer, { start, end }: Value): string {
  if (end - start === 0 || end - start > 128) throw new NoCertificate()
  const digits = BigInt(`0x${bytes.toString('hex', start, end)}`)
  const negative = (bytes[start] as number) > 0x7f
  const size = negative ? (1n << BigInt(8 * (end - start))) - digits : digits
  const hex = size.toString(16).toUpperCase()
  return `${negative ? '-' : ''}${hex.length % 2 ? '0' : ''}${hex}`
}

/** openssl's names for the types of RFC 4519 and PKCS #9, by their object identifiers in hexadecimal. */
const types: Readonly<Record<string, string>> = {
  '550403': 'CN',
  '550404': 'SN',
  '550405': 'serialNumber',
  '550406': 'C',
  '550407': 'L',
  '550408': 'ST',
  '550409': 'street',
  '55040a': 'O',
  '55040b': 'OU',
  '55040c': 'title',
  '55042a': 'GN',
  '2a864886f70d010901': 'emailAddress',
  '0992268993f22c640101': 'UID',
  '0992268993f22c640119': 'DC',
}

/** More attributes than a real name has; further ones are left out. */
const mostAttributes = 64

function name(bytes: Buffer, { start, end }: Value): Attribute[] {
  const found: Attribute[] = []
  for (let at = start; at < end && found.length < mostAttributes; ) {
    const set = expect(bytes, at, end, 0x31)
    for (let within = set.start; within < set.end && found.length < mostAttributes; ) {
      const pair = expect(bytes, within, set.end, sequence)
      const type = expect(bytes, pair.start, pair.end, 0x06)
      const hex = bytes.toString('hex', type.start, type.end)
      found.push([types[hex] ?? `OID ${hex.slice(0, 64)}`, text(bytes, value(bytes, type.end, pair.end))])
      within = pair.end
    }
    at = set.end
  }
  return found
}

/** Longer than any useful name, bytes. */
const mostText = 1024

function text(bytes: Buffer, { tag, start, end }: Value): string {
  const part = bytes.subarray(start, Math.min(end, start + mostText))
  // UTF8String; BMPString, two bytes a character; UniversalString, four; all others one.
  if (tag === 0x0c) return part.toString('utf8')
  if (tag === 0x1e)
    return Buffer.from(part.subarray(0, part.length & ~1))
      .swap16()
      .toString('utf16le')
  if (tag !== 0x1c) return part.toString('latin1')
  let all = ''
  for (let at = 0; at + 4 <= part.length; at += 4) {
    const point = part.readUInt32BE(at)
    all += point < 0x11_0000 ? String.fromCodePoint(point) : '\ufffd'
  }
  return all
}

/** UTCTime (years 1950 to 2049) or GeneralizedTime (RFC 5280, 4.1.2.5). */
function time(bytes: Buffer, { tag, start, end }: Value): number {
  const digits = bytes.toString('latin1', start, Math.min(end, start + 32))
  const long = tag === 0x18 ? digits : tag === 0x17 ? centuryOf(digits.slice(0, 2)) + digits : ''
  const [, year, month, day, hour, minute, second = '00', zone = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(Z|[+-]\d{4})$/.exec(long) ?? []
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`)
  if (Number.isNaN(at)) throw new NoCertificate()
  return at
}

const centuryOf = (year: string) => (Number(year) < 50 ? '20' : '19')

type Extensions = Pick<Fields, 'ca' | 'client' | 'serving'>

function extensions(bytes: Buffer, from: number, limit: number): Extensions {
  let constrained = false
  let maySign = true
  let client = false
  let serving = false
  for (let at = from; at < limit; ) {
    const part = value(bytes, at, limit)
    at = part.end
    if (part.tag !== 0xa3) continue
    const all = expect(bytes, part.start, part.end, sequence)
    for (let next = all.start; next < all.end; ) {
      const one = expect(bytes, next, all.end, sequence)
      next = one.end
      const type = expect(bytes, one.start, one.end, 0x06)
      const hex = bytes.toString('hex', type.start, type.end)
      if (hex !== '551d13' && hex !== '551d0f' && hex !== '551d25') continue
      const flag = value(bytes, type.end, one.end)
      const { start, end } = flag.tag === 0x01 ? expect(bytes, flag.end, one.end, 0x04) : flag
      if (hex === '551d13') {
        const inner = expect(bytes, start, end, sequence)
        constrained =
          bytes[inner.start] === 0x01 && inner.end >= inner.start + 3 && bytes[inner.start + 2] !== 0
      } else if (hex === '551d0f') {
        // keyCertSign is the sixth bit from the left (4.2.1.3); the first byte is the number of unused bits.
        const bits = expect(bytes, start, end, 0x03)
        maySign = ((bytes[bits.start + 1] ?? 0) & 0x04) !== 0 && bits.end > bits.start + 1
      } else {
        const uses = expect(bytes, start, end, sequence)
        for (let use = uses.start; use < uses.end; ) {
          const it = expect(bytes, use, uses.end, 0x06)
          use = it.end
          const purpose = bytes.toString('hex', it.start, it.end)
          if (purpose === '2b06010505070301') serving = true
          if (purpose === '2b06010505070302') client = true
        }
      }
    }
  }
  return { ca: constrained && maySign, client, serving }
}
