import type { Unseen } from '../../agent/model/index.ts'
import { HostError, unseen } from '../../agent/model/index.ts'
import type { K3s } from '../node/k3s.ts'
import type { K3sPorts } from '../node/k3s-ports.ts'
import type { Asked } from './sample.ts'
import { k3sAddresses, parseAddress } from './served.ts'

const code = 'certs.api-unauthorized'
const timeout = 3_000
/** Every authenticated user may read this; without a valid certificate k3s answers 401. */
const path = '/version'

export interface Answers {
  readonly api: readonly Asked[]
  readonly unseen: readonly Unseen[]
}

/** What the API answers to this node's own credentials and to those of its administrator. */
export async function askApi(ports: K3sPorts, k3s: K3s, before: readonly Asked[]): Promise<Answers> {
  const { role, distribution, dataDir, flags } = k3s
  // An agent's own load balancer leads to a server (k3s: pkg/agent/loadbalancer).
  const balancer = `127.0.0.1:${distribution === 'rke2' ? 6443 : (flags['lb-server-port']?.at(-1) ?? 6444)}`
  const address = role === 'server' ? (k3sAddresses(k3s)[0] as string) : balancer
  const isAgent = flags['disable-agent']?.at(-1) !== 'true'
  const shown = [
    ...(role === 'server' ? [`${dataDir}/server/tls/client-admin.crt`] : []),
    ...(isAgent ? [`${dataDir}/agent/client-kubelet.crt`] : []),
  ]
  const answers = await Promise.all(shown.map((as) => askOnce(ports, address, as, before)))
  return {
    api: answers.flatMap((it) => it.asked ?? []),
    unseen: answers.flatMap((it) => it.blind ?? []).slice(0, 1),
  }
}

async function askOnce(
  ports: K3sPorts,
  address: string,
  as: string,
  before: readonly Asked[],
): Promise<{ readonly asked?: Asked; readonly blind?: Unseen }> {
  const to = parseAddress(address)
  if (!to) return {}
  const last = before.find((it) => it.as === as && it.address === address)
  const question = { host: to.host, port: to.port, path, timeout }
  try {
    const key = as.replace(/\.crt$/, '.key')
    const { status } = await ports.get({ ...question, as: { certificate: as, key } })
    const alive = status === 401 && (await lives(ports, question))
    return { asked: { as, address, status, ...(alive && { alive }) } }
  } catch (error) {
    const reason = error instanceof HostError ? error.code : 'failed'
    // `missing`: there is no such certificate. The others: nothing that could reject it answers.
    if (reason === 'missing') return {}
    if (reason === 'refused' || reason === 'failed') return { asked: { as, address } }
    const kept: Asked = { ...(last ?? { as, address }), silent: true }
    // A busy API may time out once; a second time in a row is a blind spot.
    const again = reason !== 'timeout' || last?.silent
    return { asked: kept, ...(again && { blind: unseen(`what ${address} says to ${as}`, error, [code]) }) }
  }
}

/**
 * Whether the API answers at all, asked without a certificate: k3s's own `/ping` says `pong`, any other API server at
 * least 401.
 */
async function lives(
  ports: K3sPorts,
  question: { host: string; port: number; timeout: number },
): Promise<boolean> {
  try {
    return (await ports.get({ ...question, path: '/ping' })).status < 500
  } catch {
    return false
  }
}
