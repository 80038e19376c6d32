import { join } from 'node:path'

/** Where state and socket are unless the settings say otherwise. */
export interface Places {
  readonly stateDir: string
  readonly socket: string
}

/** Where an installed Murphy's daemon is by default. */
export const installed: Places = { socket: '/run/murphy/agent.sock', stateDir: '/var/lib/murphy' }

/** As systemd says, or the system's folders for root, or the user's own. */
export function defaultPlaces(environment: Readonly<Record<string, string | undefined>>): Places {
  const { STATE_DIRECTORY, RUNTIME_DIRECTORY, XDG_STATE_HOME, XDG_RUNTIME_DIR, HOME = '/tmp' } = environment
  const root = process.getuid?.() === 0
  const own = XDG_STATE_HOME ?? join(HOME, '.local/state')
  const stateDir = STATE_DIRECTORY ?? (root ? '/var/lib/murphy' : join(own, 'murphy'))
  const runtime =
    RUNTIME_DIRECTORY ?? (root ? '/run/murphy' : XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'murphy') : stateDir)
  return { stateDir, socket: join(runtime, 'agent.sock') }
}
