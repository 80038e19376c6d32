import type { Got, Host } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { minute, second } from '../../agent/text/times.ts'
import {
  type NodeObject,
  type NodeRow,
  nodeObject,
  nodeRows,
  type PodName,
  podNames,
  sentenceIn,
} from '../node/api-objects.ts'
import { askApi, type Heard, heardFrom } from '../node/kube-api.ts'
import type { Place, Pods } from './sample.ts'

/*
 * All that this collector asks of the API. Only reading, and bounded: the list of all nodes as a Table (3.2 kB, and 185
 * bytes a node), and of a node that is not Ready the object itself (10 to 100 kB, with the names of its images) and the
 * metadata of its pods (some kB each).
 */

const timeout = 5 * second
/** For what is asked of one node: without it the node is as lost. */
const timeoutOfOne = 3 * second
const listLimit = 128 * 1024
const objectLimit = 512 * 1024
/** Nodes a page, and how many pages: what lies beyond is said. */
const perPage = 300
const mostPages = 4
const mostPods = 50
const namedPods = 5

/** The API did not answer, or not with what was asked for, as while it starts or has no quorum. */
export class NoAnswer extends Error {
  readonly status: number | undefined

  constructor(why: string, status?: number) {
    super(why)
    this.status = status
  }
}

/**
 * All nodes. Without `resourceVersion=0`, so that it is not answered from a cache: a server that is cut off from the
 * others would show the nodes as they once were. `more`: there are nodes beyond what is read.
 */
export async function listNodes(
  host: Host,
  { api }: Place,
): Promise<{ readonly nodes: readonly NodeRow[]; readonly more: boolean }> {
  const nodes: NodeRow[] = []
  let from = ''
  for (let page = 0; page < mostPages; page += 1) {
    const path = `/api/v1/nodes?includeObject=None&limit=${perPage}${from && `&continue=${encodeURIComponent(from)}`}`
    const got = await answered(
      askApi(host, api, { path, as: 'kube-proxy', form: 'Table', limit: listLimit, timeout }),
    )
    const rows = nodeRows(got.body)
    if (!rows) throw new HostError('failed', `asking the API for the nodes: its answer is no table of nodes`)
    nodes.push(...rows.items)
    if (rows.more === undefined) return { nodes, more: false }
    from = rows.more
  }
  return { nodes, more: true }
}

/** One node; undefined where it could not be had. `name` is a DNS name, as `nodeRows` gives it. */
export async function readNode(host: Host, { api }: Place, name: string): Promise<NodeObject | undefined> {
  try {
    const path = `/api/v1/nodes/${name}`
    const got = await askApi(host, api, { path, as: 'kube-proxy', limit: objectLimit, timeout: timeoutOfOne })
    return got.status === 200 ? nodeObject(got.body) : undefined
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

/** A drained node is switched off minutes later; the pods of a lost one are deleted five minutes after that at the earliest. */
const evicted = 4 * minute

/** The pods that are bound to a node and still to run; undefined where they could not be had. */
export async function podsOn(
  host: Host,
  { api, distribution }: Place,
  name: string,
  lostAt: number,
): Promise<Pods | undefined> {
  const selector = encodeURIComponent(`spec.nodeName=${name},status.phase!=Succeeded,status.phase!=Failed`)
  const path = `/api/v1/pods?fieldSelector=${selector}&limit=${mostPods}`
  try {
    const form = 'PartialObjectMetadataList'
    const got = await askApi(host, api, {
      path,
      as: `${distribution}-controller`,
      form,
      limit: objectLimit,
      timeout: timeoutOfOne,
    })
    const all = got.status === 200 ? podNames(got.body) : undefined
    return all && counted(all.items, all.more !== undefined, lostAt)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

/** Those that a drain would have moved, and had not when the node was lost. Pure. */
export function counted(pods: readonly PodName[], more: boolean, at: number): Pods {
  const left = pods.filter((it) => !(it.stays || (it.gone !== undefined && it.gone < at + evicted)))
  const names = left.map((it) => it.name).sort()
  return { names: names.slice(0, namedPods), count: left.length, ...(more && { more: true as const }) }
}

/** k8s: pkg/cluster/ports, KubeletPort. It asks for a credential, and is shown none. */
const kubeletPort = 10_250

/** What the machine of a node that reports nothing answers where its kubelet listens. */
export const kubeletOf = (host: Host, { api }: Place, address: string): Promise<Heard> =>
  heardFrom(host, api, { address, port: kubeletPort, path: '/healthz' }, timeoutOfOne)

/** What is no answer is a `NoAnswer`; a refusal is an error that says so. */
async function answered(asking: Promise<Got>): Promise<Got> {
  const got = await asking.catch((error: unknown) => {
    const isSilence = error instanceof HostError && ['refused', 'timeout', 'failed'].includes(error.code)
    throw isSilence ? new NoAnswer(error.message) : error
  })
  if (got.status === 200) return got
  const said = sentenceIn(got.body)
  const why = `the API answered ${got.status}${said && `: ${said}`}`
  // 401: what k3s's certificates are refused for, the findings about certificates say.
  if (got.status === 401 || got.status === 429 || got.status >= 500) throw new NoAnswer(why, got.status)
  throw new HostError('denied', `asking the API for the nodes: ${why}`)
}
