import type { WantedEvent } from './events.ts'
import { eventName } from './names.ts'
import { type Patch, timeText } from './patch.ts'

/**
 * All that Murphy ever asks of Kubernetes: these four requests, and no other, are written here. What the Node authorizer
 * and NodeRestriction admit of them for a kubelet's own credential (k8s: plugin/pkg/auth/authorizer/node
 * node_authorizer.go authorizeNode, plugin/pkg/auth/authorizer/rbac/bootstrappolicy policy.go NodeRules,
 * plugin/pkg/admission/noderestriction admission.go admitNode; each tried with the credential of a node of k3s
 * v1.36.3+k3s1):
 *
 * - its own Node: get; patch of `status`, but not of taints. `get` of `status` is answered 403, and so is every other
 *   Node: `nodes "b" is forbidden: node "a" is not allowed to modify node "b"`. Conditions are not restricted.
 * - events: create, update, patch; get, list and delete are answered 403. Those of the core group (`v1`) have been
 *   allowed since there are node rules; `events.k8s.io` is validated strictly, and takes no count.
 *
 * Conditions merge by their type (`patchMergeKey=type`, core/v1 types.go), so that those of the kubelet and of others
 * stay as they are. An event without `eventTime` is validated as client-go's are: about a Node its namespace is
 * `default`, else 422 (pkg/apis/core/validation/events.go legacyValidateEvent). It is kept for an hour since it was
 * last written (pkg/registry/core/event/storage TTLFunc), and `kubectl describe node` finds it by the uid of the Node,
 * or its name in place of one (kubectl pkg/describe describe.go).
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
