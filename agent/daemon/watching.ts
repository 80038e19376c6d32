import { atEnd, roundEnd } from '../host/endings.ts'
import type { Machine } from '../host/machine.ts'
import type { Watch } from '../model/index.ts'
import { minute } from '../text/times.ts'

/** Runs the watches of one collector. They only ever make its next round come early. */
export interface Watching {
  /** What to watch from now on; watches that already run go on undisturbed. */
  update(watches: readonly Watch[]): void
  stop(): void
}

export interface WatchOptions {
  readonly machine: Pick<Machine, 'during' | 'follow' | 'watch'>
  /** Called with each wake event: a line of a command, a path that changed, or that a command ended. */
  readonly heard: (text: string) => void
  readonly log: (text: string) => void
  /** Pause before a command that ended is started again, ms, by how often in a row it has ended. */
  readonly pause?: (times: number) => number
}

/** A command that ran this long before it ended, ms, was healthy: its next pause is the shortest again. */
const steady = minute
/** A command that ends this often in a row is logged. */
const lasting = 3
/** A command that fails to start has said so within this time, ms. */
const starting = 500
const growing = (times: number) => Math.min(300_000, 500 * 2 ** times)

/** How long one question of a poll may take, ms. */
const pollTimeout = 10_000

export function watching(options: WatchOptions): Watching {
  const { machine, heard, log } = options
  const polls: Running = new Map()
  const commands: Running = new Map()
  // What is relevant changes with the sample, while the command runs on.
  const newest = new Map<string, CommandWatch>()
  const paths: Running = new Map()
  return {
    update(watches) {
      const asked = watches.filter((it) => it.kind === 'poll')
      match(polls, new Map(asked.map((it) => [it.name, it])), (it) =>
        inBackground(
          (signal) => poll(it, options, signal),
          (error) => log(`polling ${it.name}: ${error}`),
        ),
      )
      const followed = watches.filter((it) => it.kind === 'command')
      newest.clear()
      for (const it of followed) newest.set(keyOf(it), it)
      match(commands, new Map(followed.map((it) => [keyOf(it), it])), (it) =>
        inBackground(
          (signal) => keep(it, (line) => newest.get(keyOf(it))?.isRelevant(line) ?? false, options, signal),
          (error) => log(`watching \`${it.argv.join(' ')}\`: ${error}`),
        ),
      )
      const watched = watches.flatMap((it) => (it.kind === 'paths' ? it.paths : []))
      match(paths, new Map(watched.map((it) => [it, it])), (path) =>
        machine.watch(
          path,
          () => heard(path),
          () => paths.delete(path),
        ),
      )
    },
    stop() {
      for (const it of [commands, polls, paths]) match(it, new Map(), () => undefined)
    },
  }
}

type CommandWatch = Extract<Watch, { kind: 'command' }>

const keyOf = ({ argv }: CommandWatch) => argv.join('\0')

/** How to end each running watch, by a key that identifies it. */
type Running = Map<string, () => void>

/** Ends what is no longer wanted, starts what is wanted and does not run yet; the rest goes on undisturbed. */
function match<T>(
  running: Running,
  wanted: ReadonlyMap<string, T>,
  start: (it: T) => (() => void) | undefined,
): void {
  for (const [key, end] of running)
    if (!wanted.has(key)) {
      end()
      running.delete(key)
    }
  for (const [key, it] of wanted) {
    const end = running.has(key) ? undefined : start(it)
    if (end) running.set(key, end)
  }
}

/** Starts some work and returns how to end it. */
function inBackground(
  work: (signal: AbortSignal) => Promise<void>,
  failed: (error: unknown) => void,
): () => void {
  const ending = new AbortController()
  work(ending.signal).catch(failed)
  return () => ending.abort()
}

/** Keeps one command running until its signal is aborted. */
async function keep(
  { argv }: CommandWatch,
  isRelevant: (line: string) => boolean,
  { machine, heard, log, pause = growing }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const name = argv.join(' ')
  for (let times = 0; !signal.aborted; times += 1) {
    const begun = performance.now()
    const line = (text: string) => isRelevant(text) && heard(text)
    // `ip monitor` goes on after its socket overran, and says only on stderr that events were lost. A command that
    // complains at once could not start; that is handled below, when it ends.
    const why = await machine.follow(argv, line, signal, (text) => {
      if (performance.now() - begun > starting) heard(`${name}: ${text}`)
    })
    if (signal.aborted) return
    if (performance.now() - begun > steady) times = 0
    // An overrun ends `nft monitor` and `cat /dev/kmsg`: a round now sees what the lost events would have shown.
    if (times === 0) heard(`${name} ended`)
    // A rare overrun is harmless. A command that keeps ending is worth a warning, though scheduled rounds go on.
    if (times === lasting)
      log(`\`${name}\` ends again and again; changes are seen later until it stays: ${why}`)
    await resting(pause(times), signal)
  }
}

/** Repeats a question. One that fails counts as no change: the next round reports what is wrong. */
async function poll(
  it: Extract<Watch, { kind: 'poll' }>,
  { machine, heard }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  let last: string | undefined
  while (!signal.aborted) {
    const asking = roundEnd(pollTimeout, signal)
    const answer = await answered(() => it.ask(machine.during(asking.signal)))
    asking.over()
    if (signal.aborted) return
    if (answer !== undefined && last !== undefined && answer !== last) heard(`${it.name} changed`)
    last = answer ?? last
    await resting(it.pause, signal)
  }
}

/** Undefined for any failure, also one thrown before there is a promise, so that polling goes on. */
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
      takeBack()
      resolve()
    }
    const timer = setTimeout(done, ms)
    const takeBack = atEnd(signal, done)
  })
}
