import { type Got, type Host, HostError, type NodeApi, type Unseen, unseen } from '../../agent/model/index.ts'
import { second } from '../../agent/text/times.ts'
import { type Condition, nodeObject, nodeRows, renewedAt, sentenceIn } from '../node/api-objects.ts'
import type { K3s } from '../node/k3s.ts'
import { askApi } from '../node/kube-api.ts'
import { findNodeApi } from '../node/node-api.ts'

/** This node as the cluster shows it, to the kubelet's own credential. */
export interface NodeState {
  readonly name: string
  /** Ready, and not gone. */
  readonly ready: boolean
  /** The condition, where it is not Ready. */
  readonly condition?: Condition
  /** Which of the kubelet's pressures are on: `DiskPressure`. */
  readonly pressures: readonly string[]
  /** `KEY:EFFECT` of what keeps pods away. */
  readonly taints: readonly string[]
  /** When the kubelet renewed its Lease last, where it reports nothing any more. */
  readonly renewed?: number
  /** When the Node object was first seen to be deleted, ms since the epoch. */
  readonly gone?: number
  /** The API did not answer since: this is what was. */
  readonly stale?: true
}

const code = 'k3s.node-not-ready'
const pressures = ['DiskPressure', 'MemoryPressure', 'PIDPressure']
const timeout = 5 * second
const tableLimit = 16 * 1024
const objectLimit = 512 * 1024

export type Looked = { readonly node?: NodeState; readonly unseen?: Unseen }

/**
 * Asks the API for this node's own Node, which the Node authorizer allows its kubelet in every version: while it is well
 * only its row of a Table (3.5 kB), else, and with `whole`, the object (10 to 100 kB, with the names of its images).
 * Where the API does not answer, which other findings say, what was known stays.
 */
export async function lookAtNode(
  host: Host,
  k3s: Pick<K3s, 'dataDir' | 'distribution'>,
  before: NodeState | undefined,
  { whole }: { readonly whole: boolean },
): Promise<Looked> {
  const stale: Looked = asBefore(before)
  try {
    const api = await findNodeApi(host, k3s)
    if (!whole) {
      const row = await ask(host, api, nodePath(api), tableLimit, 'Table')
      if (row.kind === 'silent') return stale
      const isWell = row.kind === 'got' && nodeRows(row.body)?.items[0]?.ready
      if (isWell && before?.ready && before.pressures.length === 0) {
        const { stale: _, ...still } = before
        return { node: still }
      }
    }
    const object = await ask(host, api, nodePath(api), objectLimit)
    if (object.kind === 'silent') return stale
    if (object.kind === 'got') return { node: await stateOf(host, api, object.body) }
    // One that was never seen may not have been registered yet.
    return before ? { node: deleted(api, before.gone ?? host.now()) } : {}
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    // No kubelet here, or none that has joined a cluster yet.
    if (error.code === 'missing') return {}
    return { ...stale, unseen: unseen('this node as the cluster sees it', error, [code]) }
  }
}

/** What was known, where nobody can be asked. */
export const asBefore = (before: NodeState | undefined): Pick<Looked, 'node'> =>
  before ? { node: { ...before, stale: true } } : {}

const nodePath = ({ node }: NodeApi) => `/api/v1/nodes/${node}`
const leasePath = ({ node }: NodeApi) =>
  `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`

const deleted = ({ node }: NodeApi, gone: number): NodeState => ({
  ...{ name: node, ready: false, pressures: [], taints: [], gone },
})

async function stateOf(host: Host, api: NodeApi, body: string): Promise<NodeState> {
  const it = nodeObject(body)
  if (!it) throw new HostError('failed', 'asking the API for this node: its answer is no Node')
  const { Ready: condition } = it.conditions
  const ready = condition?.status === 'True'
  const lease = condition?.status === 'Unknown' ? await ask(host, api, leasePath(api), tableLimit) : undefined
  const renewed = lease?.kind === 'got' ? renewedAt(lease.body) : undefined
  return {
    ...{ name: api.node, ready },
    ...(condition && !ready && { condition }),
    pressures: pressures.filter((type) => it.conditions[type]?.status === 'True'),
    taints: it.taints,
    ...(renewed !== undefined && { renewed }),
  }
}

type Said =
  | { readonly kind: 'got'; readonly body: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'silent' }

/** 401 is silence here too: `certs.api-unauthorized` says it. */
async function ask(host: Host, api: NodeApi, path: string, limit: number, form?: 'Table'): Promise<Said> {
  let got: Got
  try {
    got = await askApi(host, api, { path, as: 'kubelet', limit, timeout, ...(form && { form }) })
  } catch (error) {
    if (error instanceof HostError && ['refused', 'timeout', 'failed'].includes(error.code))
      return { kind: 'silent' }
    throw error
  }
  const { status, body } = got
  if (status === 200) return { kind: 'got', body }
  if (status === 404) return { kind: 'gone' }
  if (status === 401 || status === 429 || status >= 500) return { kind: 'silent' }
  const said = sentenceIn(body)
  throw new HostError('denied', `asking the API for this node: it answered ${status}${said && `: ${said}`}`)
}
