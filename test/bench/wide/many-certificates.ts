import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
const hex = (digits: string) => Buffer.from(digits, 'hex')
const text = (tag: number, value: string) => tlv(tag, Buffer.from(value))
const name = (value: string) => tlv(0x30, tlv(0x31, tlv(0x30, tlv(0x06, hex('550403')), text(0x0c, value))))

/** Each its own subject and serial, with the extensions k3s gives to its own; the signature is random, since nobody checks it here. */
function certificate(index: number, key: Buffer): Buffer {
  const algorithm = tlv(0x30, tlv(0x06, hex('2a8648ce3d040302')))
  const extension = (oid: string, value: Buffer) => tlv(0x30, tlv(0x06, hex(oid)), tlv(0x04, value))
  const body = tlv(
    0x30,
    ...[hex('a003020102'), tlv(0x02, Buffer.concat([hex('01'), randomBytes(8)])), algorithm],
    name('k3s-client-ca@1795392751'),
    tlv(0x30, text(0x17, '261123001231Z'), text(0x17, '361123001231Z')),
    ...[name(`bench-${index}.example`), key],
    tlv(
      0xa3,
      tlv(
        0x30,
        extension('551d0f', hex('030205a0')),
        extension('551d25', tlv(0x30, tlv(0x06, hex('2b06010505070301')))),
        extension('551d23', tlv(0x30, tlv(0x80, randomBytes(20)))),
        extension('551d11', tlv(0x30, text(0x82, `bench-${index}.example`))),
      ),
    ),
  )
  return tlv(0x30, body, algorithm, tlv(0x03, hex('00'), randomBytes(71)))
}

/** Writes `count` certificates into folders of a hundred each below `folder`, and says where they are. */
export function writeCertificates(folder: string, count: number): readonly string[] {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = publicKey.export({ type: 'spki', format: 'der' })
  return Array.from({ length: count }, (_, index) => {
    const at = join(folder, String(Math.floor(index / 100)))
    if (index % 100 === 0) mkdirSync(at)
    const base64 = certificate(index, key).toString('base64').replace(/.{64}/g, '$&\n')
    const file = join(at, `${index}.pem`)
    writeFileSync(file, `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`)
    return file
  })
}
