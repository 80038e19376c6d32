import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Host, HostErrorCode, Kind, Stat } from './model.ts'
import { HostError } from './model.ts'
import { questionKey, type RecordedCommand, type Recording, recordedFile, slug } from './recorded.ts'
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
  const resolutions: Record<string, NonNullable<Recording['resolutions']>[string]> = {}
  const kernel: string[] = []
  let kernelSize = 0
  const begun = host.now()

  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, content, { mode: 0o600 })
  }
  /** Notes the answer or the error of one question, and gives it on unchanged. */
  const noted = async <T>(question: string, ask: () => Promise<T>, note: (answer: T) => void): Promise<T> => {
    try {
      const answer = await ask()
      note(answer)
      return answer
    } catch (error) {
      if (error instanceof HostError) errors[question] = [error.code, error.message]
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
        if (ran.exit !== 0 || ran.stderr) about({ exit: ran.exit, stderr: ran.stderr })
        return ran
      } catch (error) {
        if (error instanceof HostError) about({ error: [error.code, error.message] })
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
        if (error instanceof HostError) handshakes[key] = [error.code, error.message]
        throw error
      }
    },
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
      if (kernel.length > 0) write(recordedFile(folder, '/dev/kmsg'), `${kernel.join('\n')}\n`)
      const facts: Recording = {
        format: 1,
        node,
        at: new Date(begun).toISOString(),
        errors,
        lists,
        stats,
        handshakes,
        resolutions,
      }
      write(join(folder, 'node.json'), `${JSON.stringify(facts, null, 2)}\n`)
    },
  }
}
