import type { WantedEvent } from './events.ts'
import { eventName } from './names.ts'
import { type Patch, timeText } from './patch.ts'

/**
 * All that Murphy ever asks of Kubernetes: these five requests, and no other, are written here. What the Node authorizer
 * and NodeRestriction admit of them for a kubelet's own credential (k8s: plugin/pkg/auth/authorizer/node
 * node_authorizer.go authorizeNode, plugin/pkg/auth/authorizer/rbac/bootstrappolicy policy.go NodeRules,
 * plugin/pkg/admission/noderestriction admission.go admitNode, as of 1.36):
 *
 * - its own Node: get; patch of `status`, with no change of taints or of foreign labels. `get` of `status` is refused,
 *   and so is every other Node ("node "a" is not allowed to modify node "b"").
 * - events of the core group (`v1`, not `events.k8s.io`): create, update, patch. No get, list or delete.
 *
 * Conditions merge by their type (`patchMergeKey=type`, core/v1 types.go), so that those of the kubelet and of others
 * stay as they are. An event without `eventTime` is validated as client-go's are: about a Node its namespace is
 * `default` (pkg/apis/core/validation/events.go legacyValidateEvent).
 */
export interface Request {
  readonly method: 'GET' | 'PATCH' | 'POST'
  readonly path: string
  readonly type?: string
  readonly body?: string
}

const merge = 'application/strategic-merge-patch+json'
const events = '/api/v1/namespaces/default/events'
/** Nothing is kept of it: whether it is allowed is answered all the same. */
const dry = '?dryRun=All'

/** `node` is a name as `findNodeApi` gives it, of which no part can lead elsewhere. */
export const readNode = (node: string): Request => ({ method: 'GET', path: `/api/v1/nodes/${node}` })

export function patchStatus(
  node: string,
  { conditions, remove }: Pick<Patch, 'conditions' | 'remove'>,
): Request {
  const gone = remove.map((type) => ({ $patch: 'delete', type }))
  return {
    method: 'PATCH',
    path: `/api/v1/nodes/${node}/status`,
    type: merge,
    body: JSON.stringify({ status: { conditions: [...conditions, ...gone] } }),
  }
}

/** `uid`: that of the Node, by which `kubectl describe node` finds its events; else its name, as the kubelet's are. */
export function createEvent(node: string, uid: string | undefined, it: WantedEvent): Request {
  return {
    method: 'POST',
    path: events,
    type: 'application/json',
    body: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName(node, it.about), namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Node', name: node, uid: uid ?? node },
      ...{ reason: it.reason, message: it.message, type: it.type },
      source: { component: 'murphy', host: node },
      ...timesOf(it),
    }),
  }
}

export const patchEvent = (node: string, it: WantedEvent): Request => ({
  method: 'PATCH',
  path: `${events}/${eventName(node, it.about)}`,
  type: merge,
  body: JSON.stringify({ reason: it.reason, message: it.message, ...timesOf(it) }),
})

const timesOf = ({ first, last, count }: WantedEvent) => ({
  ...{ firstTimestamp: timeText(first), lastTimestamp: timeText(last), count },
})

/** The same without an effect. */
export const asTrial = (it: Request): Request => ({ ...it, path: it.path + dry })
