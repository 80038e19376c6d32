import type { Traits } from './traits.ts'
import type { Act, Origin } from './truth.ts'

/** A line in a log that one of the patterns fits. */
export interface Said {
  readonly pattern: string
  readonly says: string
  readonly line: string
  by: readonly Act[]
  after: readonly string[]
  readonly first: number
  last: number
  lines: number
}

/** Why a container ends, and what its end looks like. */
export interface Illness {
  /** Still so: at the next start it ends again. */
  readonly still: () => Origin | undefined
  readonly code: number
  readonly reason?: string
  readonly log?: Pick<Said, 'pattern' | 'says' | 'line'>
  /** How long it runs before it ends, ms. */
  readonly lives: number
}

export interface Pod {
  readonly namespace: string
  name: string
  readonly container: string
  readonly needs?: 'dns' | 'api'
  readonly database?: true
  /** Its veth is on no bridge: one that was there before the bridge was made anew. */
  off: boolean
  /** Names are made anew with the pod. */
  born: number
  restarts: number
  times: number[]
  ended?: { readonly at: number; readonly code: number; readonly reason?: string }
  down: boolean
  loop?: Origin
  said: Said[]
  /** Which run this is: what was planned for an earlier one does not happen. */
  run: number
  ill?: Illness
}

const pod = (namespace: string, name: string, container: string, more: Partial<Pod> = {}): Pod => ({
  ...{
    namespace,
    name,
    container,
    off: false,
    born: 0,
    restarts: 0,
    times: [],
    down: false,
    said: [],
    run: 0,
  },
  ...more,
})

/** Who lives on this node. */
export const podsOf = ({ dnsHere }: Traits): Pod[] => [
  ...(dnsHere ? [pod('kube-system', 'coredns-7f496c8d7d-x2abc', 'coredns')] : []),
  pod('kube-system', 'ingress', 'nginx'),
  pod('shop', 'api-6d4cf56db6-k8s2p', 'api', { needs: 'dns' }),
  pod('shop', 'cart-58f9c7b6d4-q7wzt', 'cart', { needs: 'dns' }),
  pod('ops', 'operator-5b8d9f7c4-m4xkd', 'operator', { needs: 'api' }),
  pod('shop', 'db-0', 'postgres', { database: true }),
  pod('shop', 'cache-0', 'redis'),
  pod('default', 'web-7c5ddbdf54-lq9vh', 'web'),
  pod('default', 'batch-66b6c48dd5-8fkrn', 'batch'),
  pod('default', 'oomer', 'eater'),
  pod('media', 'encoder-84d7f6c5b9-2hjkl', 'encoder'),
]

type Names = Pick<Pod, 'namespace' | 'name' | 'container'>
export const podOf = ({ namespace, name, container }: Names) => ({ namespace, name, container })
export const nameOf = ({ namespace, name, container }: Names) => `${namespace}/${name}/${container}`
