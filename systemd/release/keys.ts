import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { sep } from 'node:path'

/** How a key is made, for whoever has none: in a checkout, beside it. */
export const howToMake = 'openssl ecparam -genkey -name prime256v1 -noout -out ../murphy.key'

/** The owner's key: what install.sh is told of it, and the signature it makes. */
export interface SigningKey {
  /** SubjectPublicKeyInfo in DER, base64 in one line. */
  readonly spki: string
  /** ECDSA with SHA-256, in DER, as `openssl dgst -sha256 -verify` reads it from OpenSSL 1.0 on; undefined of a public key. */
  readonly sign: ((data: Buffer | string) => Buffer) | undefined
}

/**
 * Reads a P-256 key in PEM. A public one is enough to build what somebody else has published, and to compare it. A
 * private one is refused inside of `root`: what lies in a repository is published one day.
 */
export function readKey(file: string, root: string): SigningKey {
  const pem = readFileSync(file, 'utf8')
  const isPrivate = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)
  if (isPrivate && realpathSync(file).startsWith(`${realpathSync(root)}${sep}`))
    throw new Error(`${file} is a private key inside of the checkout: move it away first`)
  const key = keyIn(pem, isPrivate)
  if (key?.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error(`${file} holds no P-256 key in PEM without a password; make one: ${howToMake}`)
  const spki = (isPrivate ? createPublicKey(key) : key)
    .export({ type: 'spki', format: 'der' })
    .toString('base64')
  return { spki, sign: isPrivate ? (data) => sign('sha256', Buffer.from(data), key) : undefined }
}

function keyIn(pem: string, isPrivate: boolean): KeyObject | undefined {
  try {
    return isPrivate ? createPrivateKey(pem) : createPublicKey(pem)
  } catch {
    return undefined // What is wrong with it is said with how to make one; nothing of the key is printed.
  }
}
