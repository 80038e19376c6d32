import type { Host } from '../../agent/model/index.ts'
import { findK3s, k3sVersion } from './k3s.ts'

/** Which k3s this is, for people: "k3s server v1.33.1+k3s1", or "no k3s". */
export async function describeK3s(host: Host): Promise<string> {
  const k3s = await findK3s(host)
  if (!k3s) return 'no k3s'
  const version = await k3sVersion(host, k3s)
  return [k3s.distribution, k3s.role, ...(version ? [version] : [])].join(' ')
}
