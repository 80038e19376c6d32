import { isIP } from 'node:net'
import { line } from '../../agent/text/sanitize.ts'

/**
 * Answers of Kubernetes' API as far as they are read here. Whoever may write to the cluster chooses these texts, so names
 * that are none are left out, sentences are one line, and lists are bounded. Pure.
 */

/** A row of the nodes as `kubectl get nodes -o wide` prints them (k8s: pkg/printers/internalversion printNode). */
export interface NodeRow {
  readonly name: string
  /** `False` and `Unknown` are one here: the condition itself tells them apart. */
  readonly ready: boolean
  readonly cordoned?: true
  readonly server?: true
  /** It keeps a member of an embedded etcd. */
  readonly etcd?: true
  readonly address?: string
}

/** A condition of a Node (core/v1 NodeCondition); times are ms since the epoch. */
export interface Condition {
  readonly status: string
  readonly reason: string
  readonly message: string
  /** When its status changed last. */
  readonly since?: number
  /** When it was last written. */
  readonly heard?: number
}

export interface NodeObject {
  /** When it was registered. */
  readonly created?: number
  readonly conditions: Readonly<Partial<Record<string, Condition>>>
  /** `KEY:EFFECT` of its taints. */
  readonly taints: readonly string[]
  /** What is attached to it, by the name of the volume. */
  readonly volumes: readonly string[]
}

/** A pod by its name, "shop/db-0", and what is known of it without its spec. */
export interface PodName {
  readonly name: string
  /** A DaemonSet's, or one that the node runs by itself: these stay on a node that is drained. */
  readonly stays?: true
  /** When it was to be gone, where it was deleted. */
  readonly gone?: number
}

/** A list, and by what the next page is asked for. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly more?: string
}

/** Names of nodes, namespaces and pods are DNS subdomains (RFC 1123). */
const dnsName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
const longestText = 300
const mostConditions = 100
const mostNamed = 500

type Json = Readonly<Record<string, unknown>>
const object = (it: unknown): Json => (it instanceof Object && !Array.isArray(it) ? (it as Json) : {})
const array = (it: unknown): readonly unknown[] => (Array.isArray(it) ? it : [])
const text = (it: unknown, most = longestText) => (typeof it === 'string' ? line(it, most) : '')
const time = (it: unknown): number | undefined => {
  const at = typeof it === 'string' && it.length < 40 ? Date.parse(it) : Number.NaN
  return Number.isFinite(at) ? at : undefined
}

/** The object in a body; undefined where it is no JSON object, as it was cut. */
export function parsed(body: string): Json | undefined {
  try {
    const it: unknown = JSON.parse(body)
    return it instanceof Object && !Array.isArray(it) ? (it as Json) : undefined
  } catch {
    return undefined
  }
}

/** The sentence of a refusal (`Status`). */
export const sentenceIn = (body: string): string => text(parsed(body)?.message)

/** A Table of nodes; undefined where it is none. Its columns are found by their names. */
export function nodeRows(body: string): Page<NodeRow> | undefined {
  const it = parsed(body)
  const columns = array(it?.columnDefinitions).map((one) => object(one).name)
  const at = (name: string) => columns.indexOf(name)
  const [name, status, roles, address] = ['Name', 'Status', 'Roles', 'Internal-IP'].map(at) as [
    number,
    number,
    number,
    number,
  ]
  if (!it || name < 0 || status < 0) return undefined
  const items = array(it.rows).flatMap((row): NodeRow[] => {
    const cells = array(object(row).cells).map((cell) => text(cell))
    const [own = '', states = []] = [cells[name], cells[status]?.split(',')]
    if (!dnsName.test(own)) return []
    const isServer = /(^|,)(control-plane|master|etcd)(,|$)/.test(cells[roles] ?? '')
    const ip = cells[address] ?? ''
    return [
      {
        ...{ name: own, ready: states.includes('Ready') },
        ...(states.includes('SchedulingDisabled') && { cordoned: true as const }),
        ...(isServer && { server: true as const }),
        ...(/(^|,)etcd(,|$)/.test(cells[roles] ?? '') && { etcd: true as const }),
        ...(isIP(ip) > 0 && { address: ip }),
      },
    ]
  })
  return paged(it, items)
}

/** A Node; undefined where it is none. */
export function nodeObject(body: string): NodeObject | undefined {
  const it = parsed(body)
  if (it?.kind !== 'Node') return undefined
  const { conditions, volumesAttached } = object(it.status)
  const created = time(object(it.metadata).creationTimestamp)
  const all = array(conditions)
    .slice(0, mostConditions)
    .map(object)
    .filter((one) => typeof one.type === 'string' && /^[A-Za-z][\w./-]{0,200}$/.test(one.type))
  return {
    ...(created !== undefined && { created }),
    conditions: Object.fromEntries(all.map((one) => [String(one.type), condition(one)])),
    taints: array(object(it.spec).taints)
      .slice(0, mostConditions)
      .map(object)
      .map((one) => `${text(one.key)}:${text(one.effect, 20)}`),
    volumes: array(volumesAttached)
      .slice(0, mostNamed)
      .map((one) => text(object(one).name))
      .filter((one) => one !== ''),
  }
}

function condition(it: Json): Condition {
  const [since, heard] = [time(it.lastTransitionTime), time(it.lastHeartbeatTime)]
  return {
    ...{ status: text(it.status, 20), reason: text(it.reason, 100), message: text(it.message, 1024) },
    ...(since !== undefined && { since }),
    ...(heard !== undefined && { heard }),
  }
}

/** Names of pods, of a PartialObjectMetadataList; undefined where it is none. */
export function podNames(body: string): Page<PodName> | undefined {
  const it = parsed(body)
  if (!it || !Array.isArray(it.items)) return undefined
  const items = it.items.slice(0, mostNamed).flatMap((one): PodName[] => {
    const { namespace, name, deletionTimestamp, ownerReferences } = object(object(one).metadata)
    const [space, own] = [text(namespace), text(name)]
    if (!(dnsName.test(space) && dnsName.test(own))) return []
    const owners = array(ownerReferences).map((owner) => object(owner).kind)
    const gone = time(deletionTimestamp)
    return [
      {
        name: `${space}/${own}`,
        ...(owners.some((kind) => kind === 'DaemonSet' || kind === 'Node') && { stays: true as const }),
        ...(gone !== undefined && { gone }),
      },
    ]
  })
  return paged(it, items)
}

/** When a Lease was last renewed; undefined where it is none. */
export const renewedAt = (body: string): number | undefined => time(object(parsed(body)?.spec).renewTime)

function paged<T>(it: Json, items: readonly T[]): Page<T> {
  const more = object(it.metadata).continue
  return { items, ...(typeof more === 'string' && more !== '' && more.length < 2000 && { more }) }
}
