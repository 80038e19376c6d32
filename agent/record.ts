import { closeSync, constants, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Host, HostErrorCode, Kind, Space, Stat } from './model.ts'
import { HostError } from './model.ts'
import {
  questionKey,
  type RecordedCommand,
  type Recording,
  recordedFile,
  requestName,
  slug,
} from './recorded.ts'
import { withoutSecrets } from './secrets.ts'

/** The most that is kept of the kernel log. */
const mostKmsg = 16 * 1024 * 1024

/**
 * A Host that passes every question on to `host` and writes down the answers, without secrets, so that the
 * folder is a recorded node once `finish` has been called.
 */
export function recording(host: Host, folder: string, node: string): Host & { finish(): void } {
  const errors: Record<string, readonly [HostErrorCode, string]> = {}
  const lists: Record<string, (readonly [string, Kind])[]> = {}
  const stats: Record<string, Stat> = {}
  const handshakes: Record<string, NonNullable<Recording['handshakes']>[string]> = {}
  const gets: Record<string, NonNullable<Recording['gets']>[string]> = {}
  const spaces: Record<string, Space> = {}
  const resolutions: Record<string, NonNullable<Recording['resolutions']>[string]> = {}
  const kernel: string[] = []
  let kernelSize = 0
  const begun = host.now()

  /** Programs and libraries quote in their messages what they were given. */
  const said = (text: string) => Buffer.from(withoutSecrets('', Buffer.from(text))).toString('utf8')
  const why = (error: HostError) => [error.code, said(error.message)] as const
  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, content, { mode: 0o600 })
  }
  /** What lies before a part that was read is a hole in the file. */
  const writeAt = (path: string, from: number, content: Uint8Array) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
    try {
      writeSync(file, content, 0, content.length, from)
    } finally {
      closeSync(file)
    }
  }
  /** Notes the answer or the error of one question, and gives it on unchanged. */
  const noted = async <T>(question: string, ask: () => Promise<T>, note: (answer: T) => void): Promise<T> => {
    try {
      const answer = await ask()
      note(answer)
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
      (bytes) => write(recordedFile(folder, path), withoutSecrets(path, bytes)),
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
          if (bytes) write(recordedFile(folder, path), withoutSecrets(path, bytes))
        },
      ),
    range: (path, from, length, options) =>
      noted(
        `read ${path}`,
        () => host.range(path, from, length, options),
        (bytes) => writeAt(recordedFile(folder, path), from, sameLength(withoutSecrets(path, bytes), bytes)),
      ),
    list: (path) =>
      noted(
        `list ${path}`,
        () => host.list(path),
        (entries) => {
          lists[path] = entries.map(({ name, kind }) => [name, kind])
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
        (to) => {
          const link = recordedFile(folder, path)
          mkdirSync(dirname(link), { recursive: true, mode: 0o700 })
          try {
            symlinkSync(to, link)
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
          }
        },
      ),
    run: async (argv, options = {}) => {
      const base = join(folder, 'commands', slug(argv))
      const kept: string[] = []
      const line = options.line && {
        line(one: string) {
          kept.push(one)
          options.line?.(one)
        },
      }
      const about = (more: Omit<RecordedCommand, 'argv'>) =>
        write(`${base}.json`, `${JSON.stringify({ argv, ...more }, null, 2)}\n`)
      try {
        const ran = await host.run(argv, { ...options, ...line })
        const stdout = options.line ? kept.map((one) => `${one}\n`).join('') : ran.stdout
        write(`${base}.out`, withoutSecrets(base, Buffer.from(stdout)))
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
            if (kernelSize <= mostKmsg) kernel.push(one)
            record(one)
          }),
        () => {},
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
        gets[name] = { status, body: Buffer.from(withoutSecrets(name, Buffer.from(body))).toString('utf8') }
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
        if (error instanceof HostError) resolutions[key] = [error.code, error.message]
        throw error
      }
    },
    finish() {
      if (kernel.length > 0) write(recordedFile(folder, '/dev/kmsg'), said(`${kernel.join('\n')}\n`))
      const facts: Recording = {
        format: 1,
        node,
        at: new Date(begun).toISOString(),
        errors,
        lists,
        stats,
        handshakes,
        gets,
        spaces,
        resolutions,
      }
      write(join(folder, 'node.json'), `${JSON.stringify(facts, null, 2)}\n`)
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
