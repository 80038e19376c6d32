import { realpath } from 'node:fs/promises'
import { resolve as absolute, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host, HostErrorCode, Kind, Space, Stat } from '../model/index.ts'
import { HostError } from '../model/index.ts'
import { openFolder, type Written } from './folder.ts'
import {
  kernelRecord,
  removed,
  withoutNamed,
  withoutSecrets,
  withoutSecretsOf,
  withoutSecretsOfLog,
} from './redaction.ts'
import { questionKey, type RecordedCommand, type Recording, requestName, slug } from './replay.ts'

/** The most that is kept of the kernel log. */
const mostKmsg = 16 * 1024 * 1024

/** Where programs write what they have to say. What is read in parts is a log too. */
const logs = /^\/var\/(log|lib\/docker\/containers)\//
const noLogs = 'the text of logs was left out; `agent record --logs` keeps it'
/** How long the machine may take to say where a path leads. */
const longest = 5_000

const fileIn = (path: string) => join('files', absolute('/', path))

export interface RecordOptions {
  /** Whether the text of logs is kept, as far as nothing in it looks like a secret. */
  readonly logs?: boolean
  /** Where a path leads: the file that was read may be another than its name says. */
  readonly resolve?: (path: string) => Promise<string>
}

/**
 * A Host that passes every question on to `host` and writes down the answers, without secrets, so that the
 * folder is a recorded node once `finish` has been called, which gives what is in it.
 */
export function recording(
  host: Host,
  folder: string,
  node: string,
  { logs: withLogs = false, resolve = realpath }: RecordOptions = {},
): Host & { finish(): readonly Written[] } {
  const errors: Record<string, readonly [HostErrorCode, string]> = {}
  const lists: Record<string, (readonly [string, Kind])[]> = {}
  const stats: Record<string, Stat> = {}
  const handshakes: Record<string, NonNullable<Recording['handshakes']>[string]> = {}
  const gets: Record<string, NonNullable<Recording['gets']>[string]> = {}
  const spaces: Record<string, Space> = {}
  const resolutions: Record<string, NonNullable<Recording['resolutions']>[string]> = {}
  let kernel: string[] | undefined
  let kernelSize = 0
  const begun = host.now()

  /** Programs and libraries quote in their messages what they were given. */
  const said = withoutNamed
  const why = (error: HostError) => [error.code, said(error.message)] as const
  /** Paths are names that people gave. */
  const named = <T>(of: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(of).map(([name, it]) => [said(name), it]))
  const { write, link, contents } = openFolder(folder)
  /** Where a file really is; undefined where that cannot be told (any more). */
  const realOf = async (path: string): Promise<string | undefined> => {
    const late = new AbortController()
    const answer = await Promise.race([
      resolve(path).catch(() => undefined),
      sleep(longest, undefined, { signal: late.signal }).catch(() => undefined),
    ])
    late.abort()
    return answer
  }
  /** Writes a file, or a part of it, where it really is, and a link to it where it was asked for. */
  const keep = async (path: string, bytes: Uint8Array, from?: number) => {
    const real = await realOf(path)
    const log = from !== undefined || logs.test(path) || (real !== undefined && logs.test(real))
    if (log && !withLogs) {
      errors[`read ${path}`] = ['unrecorded', `reading ${path}: ${noLogs}`]
      return
    }
    // What is gone by now may have been a link to anything.
    const clean =
      real === undefined
        ? Buffer.from(`${removed}\n`)
        : withoutSecrets(path, log ? withoutSecretsOfLog(bytes) : bytes, real)
    const at = said(real ?? path)
    write(fileIn(at), from === undefined ? clean : sameLength(clean, bytes), from)
    if (real !== undefined && real !== path) link(fileIn(said(path)), at)
  }
  /** Notes the answer or the error of one question, and gives it on unchanged. */
  const noted = async <T>(
    question: string,
    ask: () => Promise<T>,
    note: (answer: T) => void | Promise<void>,
  ): Promise<T> => {
    try {
      const answer = await ask()
      await note(answer)
      return answer
    } catch (error) {
      if (error instanceof HostError) errors[question] = why(error)
      throw error
    }
  }
  const read: Host['read'] = (path, options) =>
    noted(
      `read ${path}`,
      () => host.read(path, options),
      (bytes) => keep(path, bytes),
    )

  return {
    recorded: false,
    now: () => host.now(),
    read,
    text: async (path, options) => Buffer.from(await read(path, options)).toString('utf8'),
    owned: (path, options) =>
      noted(
        `read ${path}`,
        () => host.owned(path, options),
        ({ stat, bytes }) => {
          stats[path] = stat
          return bytes && keep(path, bytes)
        },
      ),
    range: (path, from, length, options) =>
      noted(
        `read ${path}`,
        () => host.range(path, from, length, options),
        (bytes) => keep(path, bytes, from),
      ),
    list: (path) =>
      noted(
        `list ${path}`,
        () => host.list(path),
        (entries) => {
          lists[path] = entries.map(({ name, kind }) => [said(name), kind])
        },
      ),
    stat: (path) =>
      noted(
        `stat ${path}`,
        () => host.stat(path),
        (facts) => {
          stats[path] = facts
        },
      ),
    stats: async (paths, devs) => {
      const all = await host.stats(paths, devs)
      for (const [at, answer] of all.entries()) {
        const path = paths[at] as string
        if (answer instanceof HostError) errors[`stat ${path}`] = why(answer)
        else stats[path] = answer
      }
      return all
    },
    target: (path) =>
      noted(
        `link ${path}`,
        () => host.target(path),
        (to) => link(fileIn(said(path)), said(to)),
      ),
    run: async (argv, options = {}) => {
      const base = join('commands', said(slug(argv)))
      const kept: string[] = []
      const line = options.line && {
        line(one: string) {
          kept.push(one)
          options.line?.(one)
        },
      }
      const about = (more: Omit<RecordedCommand, 'argv'>) =>
        write(`${base}.json`, `${JSON.stringify({ argv: argv.map(said), ...more }, null, 2)}\n`)
      try {
        const ran = await host.run(argv, { ...options, ...line })
        const stdout = options.line ? kept.map((one) => `${one}\n`).join('') : ran.stdout
        write(`${base}.out`, withoutSecretsOf(argv, stdout, withLogs))
        if (ran.exit !== 0 || ran.stderr) about({ exit: ran.exit, stderr: said(ran.stderr) })
        return ran
      } catch (error) {
        if (error instanceof HostError) about({ error: why(error) })
        throw error
      }
    },
    kmsg: (after, record) =>
      noted(
        'read /dev/kmsg',
        () =>
          host.kmsg(after, (one) => {
            kernelSize += one.length + 1
            kernel ??= []
            if (kernelSize <= mostKmsg) kernel.push(kernelRecord(one, withLogs))
            record(one)
          }),
        () => {
          kernel ??= []
        },
      ),
    handshake: async (address) => {
      const key = `${address.host}:${address.port}${address.servername ? `/${address.servername}` : ''}`
      try {
        const answer = await host.handshake(address)
        handshakes[key] = {
          certificates: answer.certificates.map((der) => Buffer.from(der).toString('base64')),
          protocol: answer.protocol,
        }
        return answer
      } catch (error) {
        if (error instanceof HostError) handshakes[key] = why(error)
        throw error
      }
    },
    get: async (request) => {
      const name = requestName(request)
      try {
        const { status, body } = await host.get(request)
        gets[name] = { status, body: said(body) }
        return { status, body }
      } catch (error) {
        if (error instanceof HostError) gets[name] = why(error)
        throw error
      }
    },
    space: (path) =>
      noted(
        `space ${path}`,
        () => host.space(path),
        (space) => {
          spaces[path] = space
        },
      ),
    resolve: async (question) => {
      const key = questionKey(question)
      try {
        const answer = await host.resolve(question)
        resolutions[key] = answer
        return answer
      } catch (error) {
        if (error instanceof HostError) resolutions[key] = why(error)
        throw error
      }
    },
    finish() {
      // One that is empty is an answer too.
      if (kernel) write('files/dev/kmsg', kernel.map((it) => `${it}\n`).join(''))
      const facts: Recording = {
        format: 1,
        node,
        at: new Date(begun).toISOString(),
        logs: withLogs,
        errors: named(errors),
        lists: named(lists),
        stats: named(stats),
        handshakes,
        gets: named(gets),
        spaces: named(spaces),
        resolutions: named(resolutions),
      }
      write('node.json', `${JSON.stringify(facts, null, 2)}\n`)
      return contents()
    },
  }
}

/** The bytes behind a secret stay where they are in the file: what differs in length is cut or filled up before the last line break. */
function sameLength(clean: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (clean.length === bytes.length) return clean
  const ends = bytes.at(-1) === 0x0a
  const room = bytes.length - (ends ? 1 : 0)
  const fitted = Buffer.alloc(bytes.length, ' ')
  fitted.set(clean.subarray(0, Math.min(room, clean.length - (ends ? 1 : 0))))
  if (ends) fitted[room] = 0x0a
  return fitted
}
