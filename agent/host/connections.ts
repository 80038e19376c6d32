import type { Agent, AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'

const { Agent: HttpsAgent } = process.getBuiltinModule('node:https')

/**
 * Connections to this node's own API that stay open from one question to the next: a handshake costs ten times what the
 * question itself does, on both sides.
 */
export interface Connections {
  /**
   * Those to one place under one identity. `key` names both, without any secret; where `stamp` is another than before,
   * what was open is closed. `connect` makes a new one.
   */
  to(key: string, stamp: string, connect: Connect): Agent
  /** Closes those, so that the next question makes a new one. */
  drop(key: string): void
  close(): void
}

export type Connect = (made: (error: Error | null, socket?: Duplex) => void) => void

/** Kubernetes’ own API server closes those on which nothing was asked for 90 s (k8s: apiserver/pkg/server, `IdleTimeout`). */
const longestIdle = 80_000
/** None is older, ms: what a server shows of itself is looked at again. */
const oldest = 300_000
/** More places than Murphy asks; then the one that was opened first is closed. */
const most = 8

export function connections(now: () => number = () => performance.now()): Connections {
  const open = new Map<
    string,
    { readonly agent: KeptAgent; readonly stamp: string; readonly since: number }
  >()
  const drop = (key: string) => {
    open.get(key)?.agent.retire()
    open.delete(key)
  }
  return {
    to(key, stamp, connect) {
      const known = open.get(key)
      if (known?.stamp === stamp && now() - known.since < oldest) {
        // That of the round that asks now, which ends with it.
        known.agent.connect = connect
        return known.agent
      }
      drop(key)
      const [first] = open.size >= most ? open.keys() : []
      if (first !== undefined) drop(first)
      const agent = new KeptAgent(connect)
      open.set(key, { agent, stamp, since: now() })
      return agent
    },
    drop,
    close() {
      for (const key of open.keys()) drop(key)
    },
  }
}

/** Neither the key nor a TLS session stays in it: only what `connect` makes. */
class KeptAgent extends HttpsAgent {
  connect: Connect

  constructor(connect: Connect) {
    // A probe a minute is enough to notice a server that is gone without a word; the usual is one a second.
    super({
      keepAlive: true,
      keepAliveMsecs: 60_000,
      maxFreeSockets: 1,
      timeout: longestIdle,
      maxCachedSessions: 0,
    })
    this.connect = connect
  }

  override createConnection(
    _options: AgentOptions,
    made: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.connect(made as Parameters<Connect>[0])
  }

  /** What is asked just now is answered; nothing is kept after that. */
  retire(): void {
    this.maxFreeSockets = 0
    for (const it of Object.values(this.freeSockets).flat()) it?.destroy()
  }

  /** One identity and one place: all its connections are alike. */
  override getName(): string {
    return 'kept'
  }
}
