import { createHash, createPublicKey, verify } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvHttpProxyAgent } from 'undici'
import { aborted } from './aborted.ts'
import { placeOf } from './place.ts'
import { proxiesOf } from './proxies.ts'

/** Where releases are published, and whose signature is believed: what the release wrote into install.sh. */
export interface Published {
  /** An https:// address or a folder. */
  readonly place: string
  /** Public keys (SubjectPublicKeyInfo, base64), ECDSA P-256. */
  readonly keys: readonly string[]
}

/** How much of a file is read, bytes; SHA256SUMS names a dozen files. */
const longest = 64 * 1024
const mostRedirects = 4

/**
 * The newest version of a channel, as its signed list says: the file of that name beside `SHA256SUMS`. Throws with a
 * sentence where that cannot be said. `ca` is believed instead of the system's authorities; all in `timeout` ms.
 */
export async function newestVersion(
  { place, keys }: Published,
  { channel = 'stable', timeout = 10_000, ca }: { channel?: string; timeout?: number; ca?: string } = {},
): Promise<string> {
  const signal = AbortSignal.timeout(timeout)
  const connect = { timeout, ...(ca !== undefined && { ca }) }
  const dispatcher = new EnvHttpProxyAgent({
    ...proxiesOf(process.env),
    ...{ connect, allowH2: false, proxyTls: { timeout, allowH2: false } },
    requestTls: ca === undefined ? {} : { ca },
  })
  const read = (name: string) =>
    place.startsWith('/') ? beginningOf(join(place, name)) : fetched(`${place}/${name}`, dispatcher, signal)
  try {
    return await Promise.race([newestIn(channel, keys, read), aborted(signal)])
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException
    throw new Error(name === 'TimeoutError' ? `no answer in ${timeout / 1000} s` : message || String(code), {
      cause: error,
    })
  } finally {
    await dispatcher.destroy()
  }
}

async function newestIn(
  channel: string,
  keys: readonly string[],
  read: (name: string) => Promise<Buffer>,
): Promise<string> {
  const sums = await read('SHA256SUMS')
  const signature = await read('SHA256SUMS.sig')
  if (!keys.some((it) => isSigned(sums, signature, it)))
    throw new Error("what it answers is not signed by Murphy's key")
  const text = await read(channel)
  const sum = createHash('sha256').update(text).digest('hex')
  if (!sums.toString().split('\n').includes(`${sum}  ${channel}`))
    throw new Error(`the channel ${channel} is not in its signed list`)
  const version = text.toString().trim()
  if (!/^\d[\w.+-]{0,40}$/.test(version)) throw new Error(`the channel ${channel} names no version`)
  return version
}

/** A key that is none signs nothing. */
function isSigned(text: Buffer, signature: Buffer, spki: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' })
    return verify('sha256', text, key, signature)
  } catch {
    return false
  }
}

async function beginningOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longest), 0, longest, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** By https alone: what is signed cannot be changed on the way, but an old answer could be put in its place. */
async function fetched(from: string, dispatcher: EnvHttpProxyAgent, signal: AbortSignal): Promise<Buffer> {
  let url = from
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    if (!url.startsWith('https://')) throw new Error('the newest version is asked by https:// only')
    const headers = { 'user-agent': 'murphy', 'accept-encoding': 'identity' }
    const {
      statusCode,
      headers: said,
      body,
    } = await dispatcher.request({
      ...placeOf(url),
      ...{ method: 'GET', signal, headers },
    })
    if (statusCode === 200) return await bounded(body)
    await body.dump()
    const next = typeof said.location === 'string' ? URL.parse(said.location, url) : null
    if (statusCode < 300 || statusCode > 399 || !next) throw new Error(`it answers ${statusCode}`)
    url = next.href
  }
  throw new Error('it leads from one address to another')
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > longest) throw new Error('it answers more than a list of sums')
    parts.push(part)
  }
  return Buffer.concat(parts)
}
