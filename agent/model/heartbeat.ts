import type { Properties } from './settings.ts'
import type { Letter, Reading, Reply } from './sink.ts'

/**
 * Services that raise the alarm when they hear nothing: healthchecks.io, Uptime Kuma's push monitors, Gatus's external
 * endpoints, and any URL with places for what is to be said.
 */
export type HeartbeatType = 'healthchecks' | 'kuma' | 'gatus' | 'url'
export const heartbeatTypes: readonly HeartbeatType[] = ['healthchecks', 'kuma', 'gatus', 'url']

/**
 * What a heartbeat says of the node: `alive` only that Murphy works; `critical` also that the node fails, while something
 * critical is open; `exit-status` the exit code of `agent status`.
 */
export type HeartbeatReport = 'alive' | 'critical' | 'exit-status'
export const heartbeatReports: readonly HeartbeatReport[] = ['alive', 'critical', 'exit-status']

/** Its secrets, as settings. */
export const heartbeatSecrets = {
  url: {
    type: 'string',
    description:
      'Where to ping: the address of a check of healthchecks.io, of a push monitor of Uptime Kuma, of an external endpoint of Gatus, or any URL with places such as {status} and {text}.',
    secret: true,
  },
  token: { type: 'string', description: 'The token of an external endpoint of Gatus.', secret: true },
} as const satisfies Properties

/** How to reach one. */
export interface HeartbeatSettings {
  readonly type: HeartbeatType
  readonly url: string
  readonly token?: string
  readonly report: HeartbeatReport
  readonly method?: 'GET' | 'POST'
}

/** The state of one heartbeat. Holds no secret. */
export interface HeartbeatState {
  readonly name: string
  readonly type: HeartbeatType
  /** The period, ms. */
  readonly every: number
  readonly lastSent?: number
  /** Set once all tries of a period have failed. `tries`: periods. */
  readonly failing?: {
    readonly since: number
    readonly why: string
    readonly tries: number
    readonly next?: number
  }
  /** Why nothing is sent: what does not work in Murphy. */
  readonly held?: string
}

/** What is said once in each period. */
export interface Beat {
  /** `start`: the agent has begun, and has not looked yet; `stop`: it was told to end; `test`: somebody tries it. */
  readonly kind: 'alive' | 'start' | 'stop' | 'test'
  readonly node: string
  readonly cluster?: string
  /** As far as the node's state is to be said: the exit code of `agent status`, else 0. */
  readonly exit: 0 | 1 | 2 | 3
  /** Whether the node is to be said to fail. */
  readonly fails: boolean
  /** How long the slowest of the last rounds took, ms. */
  readonly took: number
  /** One short line for people. */
  readonly text: string
}

/** A kind of service. It writes letters and reads replies; it never posts. Pure. */
export interface HeartbeatKind {
  readonly name: HeartbeatType
  /** Undefined where this service has no words for it. */
  letter(beat: Beat, settings: HeartbeatSettings): Letter | undefined
  /** What a reply means where this service departs from HTTP's own rules; undefined where it does not. */
  read(reply: Reply): Reading | undefined
}

/** By the form of its URL; what looks like none of the services is a template. Total. */
export function heartbeatTypeOf(url: string): HeartbeatType {
  const it = URL.parse(url)
  if (!it) return 'url'
  if (/\/api\/push\/[^/]+\/?$/.test(it.pathname)) return 'kuma'
  if (/\/api\/v1\/endpoints\/[^/]+\/external\/?$/.test(it.pathname)) return 'gatus'
  if (url.includes('{')) return 'url'
  return it.hostname === 'hc-ping.com' || /\/ping\/[\w-]+(?:\/[\w-]+)?\/?$/.test(it.pathname)
    ? 'healthchecks'
    : 'url'
}

/** The places of a template. `{/fail}` is `/fail` while the node fails, and nothing otherwise. */
export const heartbeatPlaces = [
  'status',
  'state',
  'exit',
  'node',
  'cluster',
  'text',
  'ping',
  '/fail',
] as const
