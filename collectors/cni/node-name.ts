import { isIP } from 'node:net'

/** The attribute type commonName, 2.5.4.3, as DER (RFC 5280, A.1). */
const commonName = Buffer.of(0x06, 0x03, 0x55, 0x04, 0x03)
/** UTF8String and PrintableString, the forms in which names are written. */
const texts = [0x0c, 0x13]
/** A name of a node as Kubernetes allows it (RFC 1123), as far as it fits into a certificate. */
const nodeName = /^[a-z0-9][a-z0-9.-]{0,62}$/

/**
 * The node's name in the certificate of its kubelet, which k3s issues as CN=NAME with the node's addresses as alternative
 * names. Undefined where it does not name this address, which is how the certificate of something else is told. Nobody has
 * checked who signed it, so it is for people to read only. Pure and total.
 */
export function nodeNameIn(der: Uint8Array, address: string): string | undefined {
  const bytes = Buffer.from(der.buffer, der.byteOffset, Math.min(der.byteLength, 16 * 1024))
  // The name of the subject is behind that of the issuer.
  const at = bytes.lastIndexOf(commonName)
  const named = bytesOf(address)
  if (at < 0 || !named || !bytes.includes(named)) return undefined
  const [type = 0, length = 0] = bytes.subarray(at + commonName.length)
  const from = at + commonName.length + 2
  const name = bytes.toString('latin1', from, from + length)
  return texts.includes(type) && name.length === length && nodeName.test(name) ? name : undefined
}

/** An address as an alternative name: iPAddress, its length, its bytes (RFC 5280, 4.2.1.6). Only of IPv4. */
function bytesOf(address: string): Buffer | undefined {
  return isIP(address) === 4 ? Buffer.of(0x87, 4, ...address.split('.').map(Number)) : undefined
}
