/**
 * What Kubernetes' API answers, without all that Murphy does not read of it: annotations and managed fields hold whole
 * objects again, passwords in their environment included. Pure.
 */

/** The parts of an object that are kept: `true` for all of it; of a list each item has this shape. */
type Shape = true | { readonly [key: string]: Shape }

const metadata: Shape = {
  ...{ name: true, namespace: true, uid: true, continue: true },
  ...{ creationTimestamp: true, deletionTimestamp: true },
  ownerReferences: { kind: true, controller: true },
}

/** Of Node, Lease, Table, PartialObjectMetadataList and Status alike. */
const kept: Shape = {
  ...{ kind: true, apiVersion: true, message: true, reason: true, code: true },
  metadata,
  columnDefinitions: { name: true },
  rows: { cells: true },
  items: { metadata },
  spec: {
    unschedulable: true,
    taints: true,
    renewTime: true,
    leaseDurationSeconds: true,
    holderIdentity: true,
  },
  status: { conditions: true, volumesAttached: { name: true } },
}

/** The body of an answer to `path` as it may be recorded. What is no JSON, as it was cut, is left out. */
export function apiObject(path: string, body: string): string {
  if (!/^\/apis?\//.test(path)) return body
  try {
    return JSON.stringify(partOf(JSON.parse(body), kept))
  } catch {
    return ''
  }
}

function partOf(value: unknown, shape: Shape): unknown {
  if (shape === true) return value
  if (!(value instanceof Object)) return undefined
  if (Array.isArray(value)) return value.map((it) => partOf(it, shape))
  return Object.fromEntries(
    Object.entries(shape)
      .filter(([key]) => Object.hasOwn(value, key))
      .map(([key, of]) => {
        const own = (value as Record<string, unknown>)[key]
        // A text where an object belongs, as `status` of a refusal is, is a word of the API's own.
        return [key, typeof own === 'string' && own.length < 100 ? own : partOf(own, of)]
      }),
  )
}
