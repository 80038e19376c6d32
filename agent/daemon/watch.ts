import type { Machine } from '../host/machine.ts'
import type { Watch } from '../model/index.ts'
import { minute } from '../text/times.ts'

/** The event sources of one collector. They only ever make its next round come early. */
export interface Watching {
  /** What to watch from now on; what is watched already goes on undisturbed. */
  update(watches: readonly Watch[]): void
  stop(): void
}

export interface WatchOptions {
  readonly machine: Machine
  /** Something happened: a line of a command, the path that changed, or that a source ended and may have missed something. */
  readonly heard: (text: string) => void
  readonly log: (text: string) => void
  /** Pause before a command that ended is started again, ms, by how often in a row it has ended. */
  readonly pause?: (times: number) => number
}

/** A source that lives this long before it ends was well; its next pause is the shortest again. */
const steady = minute
/** Ending this often in a row is worth a word. */
const lasting = 3
/** Whatever fails to start has said so by then. */
const starting = 500
const growing = (times: number) => Math.min(300_000, 500 * 2 ** times)

/** How long one question of a poll may take, ms. */
const pollTimeout = 10_000

export function watching({ machine, heard, log, pause = growing }: WatchOptions): Watching {
  const polls = new Map<string, AbortController>()
  const commands = new Map<string, AbortController>()
  const paths = new Map<string, () => void>()

  /** Keeps one command running until its signal is aborted. */
  async function keep(
    { argv, worth }: Extract<Watch, { kind: 'command' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const name = argv.join(' ')
    for (let times = 0; !signal.aborted; times += 1) {
      const begun = performance.now()
      const line = (text: string) => worth(text) && heard(text)
      // `ip monitor` goes on after its socket overran, and says on stderr alone that events are lost. What
      // complains at once is not able to start, and its end is told below.
      const why = await machine.follow(argv, line, signal, (text) => {
        if (performance.now() - begun > starting) heard(`${name}: ${text}`)
      })
      if (signal.aborted) return
      if (performance.now() - begun > steady) times = 0
      // An overrun ends `nft monitor` and `cat /dev/kmsg`: what was lost is seen by looking.
      if (times === 0) heard(`${name} ended`)
      // An overrun now and then is nothing; a source that does not stay is, though rounds by the clock go on.
      if (times === lasting)
        log(`\`${name}\` ends again and again; changes are seen later until it stays: ${why}`)
      await resting(pause(times), signal)
    }
  }

  /** Asks the same again and again. A question without an answer is no change: the next round says what is wrong. */
  async function poll(it: Extract<Watch, { kind: 'poll' }>, signal: AbortSignal): Promise<void> {
    let last: string | undefined
    while (!signal.aborted) {
      const asking = AbortSignal.any([signal, AbortSignal.timeout(pollTimeout)])
      const answer = await answered(() => it.ask(machine.during(asking)))
      if (signal.aborted) return
      if (answer !== undefined && last !== undefined && answer !== last) heard(`${it.name} changed`)
      last = answer ?? last
      await resting(it.pause, signal)
    }
  }

  return {
    update(watches) {
      const wantedPolls = new Map(
        watches.filter((it) => it.kind === 'poll').map((it) => [it.name, it] as const),
      )
      for (const [name, controller] of polls)
        if (!wantedPolls.has(name)) {
          controller.abort()
          polls.delete(name)
        }
      for (const [name, it] of wantedPolls)
        if (!polls.has(name)) {
          const controller = new AbortController()
          polls.set(name, controller)
          poll(it, controller.signal).catch((error) => log(`polling ${name}: ${error}`))
        }
      const wanted = new Map(
        watches.filter((it) => it.kind === 'command').map((it) => [it.argv.join('\0'), it] as const),
      )
      for (const [key, controller] of commands)
        if (!wanted.has(key)) {
          controller.abort()
          commands.delete(key)
        }
      for (const [key, it] of wanted)
        if (!commands.has(key)) {
          const controller = new AbortController()
          commands.set(key, controller)
          keep(it, controller.signal).catch((error) => log(`watching \`${it.argv.join(' ')}\`: ${error}`))
        }
      const wantedPaths = new Set(watches.flatMap((it) => (it.kind === 'paths' ? it.paths : [])))
      for (const [path, end] of paths)
        if (!wantedPaths.has(path)) {
          end()
          paths.delete(path)
        }
      for (const path of wantedPaths)
        if (!paths.has(path)) {
          const end = machine.watch(
            path,
            () => heard(path),
            () => paths.delete(path),
          )
          if (end) paths.set(path, end)
        }
    },
    stop() {
      for (const it of [...commands.values(), ...polls.values()]) it.abort()
      for (const end of paths.values()) end()
      polls.clear()
      commands.clear()
      paths.clear()
    },
  }
}

/** Whatever goes wrong, also before there is a promise, the question is asked again. */
async function answered(ask: () => Promise<string>): Promise<string | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}

function resting(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
