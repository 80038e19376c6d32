import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { askFor } from '../../api/ask.ts'
import { exitCode, type Snapshot, snapshotOf } from '../../api/snapshot.ts'
import { defaultPlaces, installed } from '../../config/places.ts'
import { duration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { renderBrief, renderScreen, renderStatus } from '../render/status.ts'
import { type Common, type Exit, print } from './common.ts'
import {
  formOf,
  here,
  isAtLeast,
  namesOfAll,
  type OutputOptions,
  severityOf,
  show,
  textIn,
} from './output.ts'

export interface StatusArguments extends OutputOptions {
  readonly verbose?: boolean
  readonly watch?: boolean
  readonly brief?: boolean
}

const watchEvery = 2_000

/** Rows of a screen that says nothing of its size (VT100). */
const usualRows = 24

/** Asks the daemon; without one, shows the last state on the disk and how old that is. */
export async function status(options: StatusArguments): Promise<Exit> {
  formOf(options)
  severityOf(options)
  if (!options.watch) {
    const { text, exit } = await pictureOf(options)
    show(text, here(options))
    return exit
  }
  const stopped = new Promise<'stop'>((resolve) => process.once('SIGINT', () => resolve('stop')))
  for (;;) {
    const { text, exit } = await pictureOf(options)
    const terminal = here(options)
    const page = formOf(options)
    // Two lines are for what stands below, and for the cursor.
    const screen = renderScreen(text, (process.stdout.rows ?? usualRows) - 3, terminal)
    // Home, then clear below: no flicker on a serial console.
    if (page === 'json' || page === 'yaml') print(text)
    else show(`\u001b[H\u001b[2J${screen}\nEvery ${watchEvery / 1000} s; Ctrl-C ends it.\n`, terminal)
    const next = new Promise<'next'>((resolve) => setTimeout(resolve, watchEvery, 'next'))
    if ((await Promise.race([stopped, next])) === 'stop') return exit
  }
}

async function pictureOf(options: StatusArguments): Promise<{ text: string; exit: Exit }> {
  const { socket, stateDir, node } = await places(options)
  const picture = async (it: Snapshot, stale?: string) => ({
    text: await textOf(it, stale, options),
    exit: stale ? (3 as const) : exitCode(it.state),
  })
  try {
    const answer = await askFor<unknown>(socket, '/v1/status', options.brief ? 1_500 : 5_000)
    return await picture(snapshotOf(answer))
  } catch (error) {
    const now = Date.now()
    let last: Awaited<ReturnType<typeof lastPicture>>
    let left = 'it has left no state'
    try {
      last = await lastPicture(stateDir, node, now)
      if (last)
        left = `what follows is ${duration(now - last.written)} old${last.lost ? `, and ${last.lost}` : ''}`
    } catch (cause) {
      left = `what it has left in ${stateDir} cannot be read: ${(cause as Error).message}`
    }
    const stale = notRunning(error as NodeJS.ErrnoException, socket, left)
    if (last) return picture(last.snapshot, stale)
    const text = await textIn(formOf(options), here(options), {
      data: () => ({ version: 2, node, at: now, state: 'unknown', problem: stale }),
      names: () => '',
      page: () => `${stale}\n`,
    })
    return { text: options.brief && (error as NodeJS.ErrnoException).code === 'EACCES' ? '' : text, exit: 3 }
  }
}

async function textOf(all: Snapshot, stale: string | undefined, options: StatusArguments): Promise<string> {
  const least = severityOf(options)
  const it = { ...all, incidents: all.incidents.filter((one) => isAtLeast(one, least)) }
  return textIn(formOf(options), here(options), {
    data: () => (stale ? { ...it, problem: stale } : it),
    names: () => namesOfAll(it.incidents, true),
    page: (terminal, wide) =>
      options.brief
        ? renderBrief(it, terminal, stale)
        : renderStatus(it, terminal, {
            verbose: options.verbose === true || wide,
            ...(stale && { stale }),
          }),
  })
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
    return `No permission to ask Murphy: ${socket} is for root and the group murphy. Use sudo, or join the group and log in again: \`sudo usermod -aG murphy $USER\`.`
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
