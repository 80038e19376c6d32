import { askFor } from '../../api/ask.ts'
import { exitCode, type Snapshot, snapshotOf } from '../../api/snapshot.ts'
import { defaultPlaces, installed } from '../../config/places.ts'
import { duration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { terminalOf } from '../../text/terminal.ts'
import { jsonText } from '../json.ts'
import { renderBrief, renderStatus } from '../render/status.ts'
import { type Common, type Exit, print } from './common.ts'

export interface StatusArguments extends Common {
  readonly json?: boolean
  readonly watch?: boolean
  readonly brief?: boolean
}

const watchEvery = 2_000

/** Asks the daemon; without one, shows the last state on the disk and how old that is. */
export async function status(options: StatusArguments): Promise<Exit> {
  if (!options.watch) return show(options)
  const stopped = new Promise<'stop'>((resolve) => process.once('SIGINT', () => resolve('stop')))
  for (;;) {
    const { text, exit } = await pictureOf(options)
    // Home, then clear below: no flicker on a serial console.
    print(options.json ? text : `\u001b[H\u001b[2J${text}\n  Every ${watchEvery / 1000} s; Ctrl-C ends it.\n`)
    const next = new Promise<'next'>((resolve) => setTimeout(resolve, watchEvery, 'next'))
    if ((await Promise.race([stopped, next])) === 'stop') return exit
  }
}

async function show(options: StatusArguments): Promise<Exit> {
  const { text, exit } = await pictureOf(options)
  print(text)
  return exit
}

async function pictureOf(options: StatusArguments): Promise<{ text: string; exit: Exit }> {
  const { socket, stateDir, node } = await places(options)
  const terminal = terminalOf(process.stdout, process.env)
  const picture = (it: Snapshot, stale?: string) => ({
    text: options.json
      ? jsonText(stale ? { ...it, problem: stale } : it)
      : options.brief
        ? renderBrief(it, terminal, stale)
        : renderStatus(it, terminal, stale ? { stale } : {}),
    exit: stale ? 3 : exitCode(it.state),
  })
  try {
    const answer = await askFor<unknown>(socket, '/v1/status', options.brief ? 1_500 : 5_000)
    return picture(snapshotOf(answer))
  } catch (error) {
    const now = Date.now()
    let last: Awaited<ReturnType<typeof lastPicture>>
    let left = 'and has left no state'
    try {
      last = await lastPicture(stateDir, node, now)
      if (last)
        left = `what follows is ${duration(now - last.written)} old${last.lost ? `, and ${last.lost}` : ''}`
    } catch (cause) {
      left = `what it has left in ${stateDir} cannot be read: ${(cause as Error).message}`
    }
    const stale = notRunning(error as NodeJS.ErrnoException, socket, left)
    if (!last) {
      const text = options.json
        ? jsonText({ version: 2, node, at: now, state: 'unknown', problem: stale })
        : `${stale}\n`
      return {
        text: options.brief && (error as NodeJS.ErrnoException).code === 'EACCES' ? '' : text,
        exit: 3,
      }
    }
    return picture(last.snapshot, stale)
  }
}

/** A snapshot from the state on the disk; loaded only where no daemon answers. Rejects if it cannot be read. */
async function lastPicture(stateDir: string, node: string, now: number) {
  const [{ lastState }, { lastSnapshot }, { defaults }, { collectors }] = await Promise.all([
    import('../../state/last-state.ts'),
    import('../../api/last-snapshot.ts'),
    import('../../config/defaults.ts'),
    import('../../../collectors/index.ts'),
  ])
  const left = lastState(stateDir, now)
  if (!left) return undefined
  // This user may not be allowed to read the settings, so the summaries are made with the defaults.
  const looked = collectors.map((it) => [it, defaults(it.settings)] as const)
  return { snapshot: lastSnapshot(left, looked, node, now), written: left.written, lost: left.lost }
}

/** Why no daemon can be asked, and what to do about it; `left` is what is shown instead. */
export function notRunning(error: NodeJS.ErrnoException, socket: string, left: string): string {
  if (error.code === 'EACCES')
    return `You may not ask the agent: ${socket} is for root and the group murphy. Use sudo, or join the group: \`usermod -aG murphy $USER\`.`
  const there = error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
  const what = there
    ? 'Murphy is not running on this machine'
    : `Murphy does not answer: ${safe(error.message)}`
  return `${what}; ${left}. Start it: \`systemctl start murphy\`; why it stopped: \`journalctl -u murphy -n 50\`.`
}

/**
 * Where the daemon is. An installed one is preferred to one of the user's own, and is asked without reading the
 * settings: they may be invalid or unreadable for this user, and a status must not depend on them.
 */
async function places(options: Common): Promise<{ socket: string; stateDir: string; node: string }> {
  const [{ existsSync }, { hostname }] = await Promise.all([import('node:fs'), import('node:os')])
  const node = hostname()
  const system = { ...installed, node }
  if (!options.config && existsSync(system.socket)) return system
  if (!options.config && !existsSync('/etc/murphy')) {
    return { ...defaultPlaces(process.env), node }
  }
  try {
    const { settings } = await import('./settings.ts')
    return settings(options, { needed: true })
  } catch {
    return system
  }
}
