import { closeSync, openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, askFor } from '../../api/ask.ts'
import { longestFilm } from '../../film/reel.ts'
import { duration, parseDuration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { size } from '../../text/sizes.ts'
import { hour, second } from '../../text/times.ts'
import { readVersion } from '../version.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { settings } from './settings.ts'

export interface FilmArguments extends Common {
  readonly for: string
  /** With the text of logs. */
  readonly logs?: boolean
}

/** A file that grows by whole lines. */
interface Out {
  /** Throws a Refusal. */
  write(lines: string): void
  readonly bytes: number
  /** Whether the last line is the end of the film. */
  readonly whole: boolean
}

const fetchedEvery = second

/** Writes a film of this node: what every round sees, hears and when; of the running daemon, or by rounds of its own. */
export async function film(file: string, options: FilmArguments): Promise<Exit> {
  const config = settings(options)
  const length = parseDuration(options.for)
  if (length === undefined || length < second || length > longestFilm)
    throw new Refusal(
      `--for ${options.for}: invalid duration; use 90s, 10m or 1h, at most ${longestFilm / hour}h`,
    )
  const fd = created(file)
  const out = outOf(fd, file)
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  const { logs = false } = options
  try {
    const source = await ofTheDaemon(config.socket, length, logs, out, stopped, () =>
      print(`Filming the agent on ${config.node} for ${duration(length)}; Ctrl-C ends it earlier.\n`),
    )
    if (source === 'nobody') {
      print(
        `Murphy is not running; filming ${config.node} by own rounds for ${duration(length)}; Ctrl-C ends it earlier.\n`,
      )
      await byOwnRounds(config, length, logs, out, stopped)
    }
  } finally {
    closeSync(fd)
  }
  print(
    `${file}: ${size(out.bytes)}${out.whole ? '' : '; cut off, as the agent ended; it can be replayed up to that point'}\n`,
  )
  print(
    `Private keys, tokens, passwords and comments were left out${logs ? '' : ', and all log text (--logs keeps it, redacted)'}. It holds names, addresses and certificates: read it before you share it.\n`,
  )
  print(`Replay it: agent replay ${file}\n`)
  return 0
}

/** A new file that only its owner may read. */
function created(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'exists; name a new file' : `cannot be written: ${message}`
    throw new Refusal(`${file} ${why}`, 3, { cause: error })
  }
}

function outOf(fd: number, file: string): Out {
  let bytes = 0
  let whole = false
  return {
    write(lines) {
      const all = Buffer.from(lines)
      try {
        for (let at = 0; at < all.length; ) at += writeSync(fd, all, at)
      } catch (error) {
        throw new Refusal(`cannot write ${file}: ${(error as Error).message}`, 3, {
          cause: error,
        })
      }
      bytes += all.length
      if (lines !== '') whole = /(?:^|\n)\{"end":[^\n]*\n$/.test(lines.slice(-200))
    },
    get bytes() {
      return bytes
    },
    get whole() {
      return whole
    },
  }
}

/** Fetches a film from the daemon until it ends; `nobody` where none runs. */
async function ofTheDaemon(
  socket: string,
  length: number,
  logs: boolean,
  out: Out,
  stopped: Promise<void>,
  begun: () => void,
): Promise<'daemon' | 'nobody'> {
  let id: number
  try {
    id = await askFor<number>(socket, `/v1/film?for=${length}${logs ? '&logs=1' : ''}`, 5_000, 'PUT')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'nobody'
    if (code === 'EACCES')
      throw new Refusal(
        `permission denied: only root and the group murphy may ask the agent (${socket}). Use sudo, or join the group: \`usermod -aG murphy $USER\``,
      )
    throw new Refusal(`the agent cannot film: ${safe(message)}`, 3, { cause: error })
  }
  begun()
  const end = () => ask(socket, `/v1/film?id=${id}&for=0`, 5_000, 'PUT').catch(() => '')
  let ending = false
  const pause = () =>
    Promise.race([sleep(fetchedEvery), ...(ending ? [] : [stopped.then(() => 'stop' as const)])])
  for (let failures = 0; !out.whole && failures < 5; ) {
    if ((await pause()) === 'stop') {
      ending = true
      await end()
    }
    try {
      out.write(await ask(socket, `/v1/film?id=${id}`, 15_000))
      failures = 0
    } catch (error) {
      if (error instanceof Refusal) {
        await end()
        throw error
      }
      failures += 1
    }
  }
  return 'daemon'
}

async function byOwnRounds(
  config: ReturnType<typeof settings>,
  length: number,
  logs: boolean,
  out: Out,
  stopped: Promise<void>,
): Promise<void> {
  const [{ filmHere }, { openMachine }, { collectors }] = await Promise.all([
    import('../../daemon/own-film.ts'),
    import('../../host/machine.ts'),
    import('../../../collectors/index.ts'),
  ])
  const machine = openMachine()
  const write = (line: string) => {
    out.write(line)
    return true
  }
  const faulty = (text: string) => process.stderr.write(`agent: ${safe(text)}\n`)
  try {
    await filmHere({
      config,
      collectors,
      machine,
      version: readVersion(),
      length,
      logs,
      write,
      stopped,
      faulty,
    })
  } finally {
    machine.close()
  }
}
