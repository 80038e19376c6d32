import { type Listener, listen } from '../api/listen.ts'
import type { ExposedRow } from '../api/snapshot.ts'
import type { Config } from '../config/config.ts'
import { webConfigOf } from '../config/web-config.ts'
import { pause } from '../delivery/pause.ts'
import type { WebConfig } from '../model/index.ts'
import { minute } from '../text/times.ts'
import type { Log } from './log.ts'
import { textfile } from './textfile.ts'

export interface ExposingOptions {
  readonly config: Pick<Config, 'metrics'>
  readonly metrics: () => Promise<string>
  readonly log: Pick<Log, 'warn' | 'info'>
  /** The pause before it tries again to listen, ms. */
  readonly again?: number
}

export interface Exposing {
  /** Each place that the settings name. */
  state(): readonly ExposedRow[]
  /** Ends it at once; never throws. */
  stop(): void
}

/** Shows the metrics where the settings want them beside the socket. Never throws. */
export function exposing({ config, metrics, log, again = minute }: ExposingOptions): Exposing {
  const { listen: address, webConfig, textfile: file } = config.metrics
  const stopping = new AbortController()
  let open: Listener | undefined
  let unheard: ExposedRow['failing']
  if (address !== undefined) void keepListening(address)
  const written = file === undefined ? undefined : textfile({ file, metrics, log })

  /** The address may not be there yet when a machine starts, and what is wrong with it must stop nothing else. */
  async function keepListening(at: string): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const web = webConfig === undefined ? undefined : webConfigOf(webConfig)
        const lack = lackOf(at, web?.())
        const failed = (why: string) => log.warn({ why }, 'a request for the metrics could not be answered')
        const it = await listen({ address: at, ...(web && { web }), metrics, failed })
        // Looking up a name may have taken longer than the agent lived.
        if (stopping.signal.aborted) return it.close()
        open = it
        unheard = undefined
        log.info({}, `the metrics are at ${it.url}/metrics`)
        if (lack) log.warn({}, lack)
        return
      } catch (error) {
        if (stopping.signal.aborted) return
        const { code, message } = error as NodeJS.ErrnoException
        const why = hints[code ?? ''] ?? message
        if (why !== unheard?.why) log.warn({ why }, `the metrics cannot be shown on ${at}: ${why}`)
        unheard = { since: unheard?.since ?? Date.now(), why }
        await pause(again, stopping.signal)
      }
    }
  }
  return {
    stop() {
      stopping.abort()
      open?.close()
      written?.stop()
    },
    state() {
      const shown = (place: string | undefined, failing: ExposedRow['failing']) =>
        place === undefined ? [] : [{ place, ...(failing && { failing }) }]
      return [...shown(address, unheard), ...shown(file, written?.problem())]
    },
  }
}

/** What anybody on the network gets by an address that is protected like this; undefined where that is nothing. */
function lackOf(at: string, { users, tls }: Partial<WebConfig> = {}): string | undefined {
  if (/^(127\.|localhost:|\[::1\])/.test(at)) return undefined
  if (users && !tls)
    return `passwords for ${at} go over the network as they are; tls_server_config in metrics_web_config hides them`
  return users || tls?.clientAuth === 'RequireAndVerifyClientCert'
    ? undefined
    : `whoever reaches ${at} can read the metrics; metrics_web_config sets a password and TLS`
}

const hints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there (EADDRINUSE)',
  EADDRNOTAVAIL: 'this node has no such address now (EADDRNOTAVAIL)',
  EACCES: 'the unit of Murphy must allow it, by SocketBindAllow= and the port (EACCES)',
  EPERM: 'the unit of Murphy must allow it, by SocketBindAllow= and the port (EPERM)',
}
