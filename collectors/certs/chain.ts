import { createPrivateKey, hash, X509Certificate } from 'node:crypto'
import type { Host, Unseen } from '../../agent/model/index.ts'
import { HostError, unseen } from '../../agent/model/index.ts'
import { stampOf } from '../node/stamps.ts'
import type { Pair, SeenFile } from './sample.ts'

/**
 * The authority that must have signed the certificate at `path` in k3s's folders (k3s: pkg/daemons/control/deps), or
 * undefined.
 */
export function authorityOf(path: string): string | undefined {
  const [, folder = '', within = '', name = ''] =
    /^(.*\/(?:server\/tls|agent))(\/etcd|\/kube-scheduler|\/kube-controller-manager)?\/([^/]+)$/.exec(path) ??
    []
  if (!name || /-ca(\.nochain)?\.crt$/.test(name)) return undefined
  if (within === '/etcd') return `${folder}/etcd/${name.startsWith('peer-') ? 'peer' : 'server'}-ca.crt`
  if (name === 'client-auth-proxy.crt') return `${folder}/request-header-ca.crt`
  if (name === 'dynamic-cert.json' || name.startsWith('serving-') || within) return `${folder}/server-ca.crt`
  return name.startsWith('client-') && name.endsWith('.crt') ? `${folder}/client-ca.crt` : undefined
}

const limit = 1024 * 1024

/**
 * Checks whether each certificate of k3s is signed by its authority and belongs to its key. Repeated only when one of
 * the three files has changed. Keys are read for this comparison alone; nothing of them is kept.
 */
export async function checkPairs(
  host: Host,
  files: readonly SeenFile[],
  before: readonly Pair[],
): Promise<{ readonly pairs: readonly Pair[]; readonly unseen: readonly Unseen[] }> {
  const own = files.filter((it) => it.of === 'k3s')
  const seen = new Map(own.map((it) => [it.path, it]))
  const wanted = own.flatMap((file) => {
    const authority = seen.get(authorityOf(file.path) ?? '')
    const leaf = file.certificates[0]
    return !file.loose && leaf && authority?.certificates.length
      ? [{ path: file.path, leaf, authority, key: file.path.replace(/\.crt$/, '.key') }]
      : []
  })
  const keys = await host.stats(wanted.map((it) => it.key))
  const known = new Map(before.map((it) => [it.path, it]))
  const pairs: Pair[] = []
  const blind: Unseen[] = []
  for (const [at, { path, leaf, authority, key }] of wanted.entries()) {
    const stat = keys[at]
    const stamp = stat && !(stat instanceof HostError) ? stampOf(stat, host.now()) : 'no key'
    const state = [leaf.print, ...authority.certificates.map((it) => it.print), stamp].join(' ')
    const of = hash('sha256', state, 'hex').slice(0, 16)
    const last = known.get(path)
    if (last?.of === of && stamp !== '') {
      pairs.push(last)
      continue
    }
    try {
      const problem = await misfit(host, path, authority.path, stamp === 'no key' ? undefined : key)
      pairs.push({ path, of, ...(problem && { problem }) })
    } catch (error) {
      if (last) pairs.push(last)
      // Files that are missing or not readable have other findings.
      if (!(error instanceof HostError) || !['denied', 'timeout', 'unrecorded'].includes(error.code)) continue
      blind.push(unseen(`whether ${path} fits its key`, error, ['certs.chain-broken']))
    }
  }
  return { pairs, unseen: blind.slice(0, 1) }
}

async function misfit(
  host: Host,
  path: string,
  authority: string,
  keyPath: string | undefined,
): Promise<string | undefined> {
  const json = path.endsWith('.json')
  const text = await host.text(path, { limit })
  const part = (name: string) => {
    const data = (JSON.parse(text) as { data?: Record<string, unknown> }).data?.[name]
    return typeof data === 'string' ? Buffer.from(data, 'base64').toString('latin1') : ''
  }
  const [leaf] = certificatesOf(json ? part('tls.crt') : text)
  if (!leaf) return undefined
  const signers = certificatesOf(await host.text(authority, { limit }))
  if (!signers.some((it) => leaf.verify(it.publicKey)))
    return `is not signed by ${authority.slice(authority.lastIndexOf('/') + 1)} beside it`
  const key = json ? part('tls.key') : keyPath && (await host.text(keyPath, { limit: 64 * 1024 }))
  // Recordings hold no keys.
  if (!key?.includes('PRIVATE KEY-----') || key.includes('<removed>')) return undefined
  return fits(leaf, key) ? undefined : 'does not belong to the key beside it'
}

function fits(leaf: X509Certificate, key: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key))
  } catch {
    // The key is damaged. The error is not passed on, because it could quote the key.
    return false
  }
}

/** At most ten, so that a huge bundle costs no more than a chain does. */
function certificatesOf(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]{1,100000}-----END CERTIFICATE-----/g) ?? []
  return found.slice(0, 10).map((it) => new X509Certificate(it))
}
