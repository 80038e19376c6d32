import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type Host, HostError } from '../model/index.ts'
import { iso } from '../text/times.ts'
import { ofFiles } from './record-files.ts'
import {
  handshakeKey,
  probeKey,
  questionKey,
  type RecordedCommand,
  type Recording,
  requestName,
  slug,
} from './recording.ts'
import { openFolder, type Written } from './recording-folder.ts'
import { apiObject } from './redaction/api-objects.ts'
import { kernelRecord, withoutSecretsOf } from './redaction.ts'
import { emptyFacts, named, noted, said, type Tape, why } from './tape.ts'

/** The most of the kernel log that is recorded, characters. */
const mostKmsg = 16 * 1024 * 1024

export interface RecordOptions {
  /** Whether the text of logs is kept, without what looks like a secret. */
  readonly logs?: boolean
  /** What machine this is, in words, once that is known. */
  readonly machine?: () => string
  /** Gives the real path of a path, because a file may be known as a secret by either of them. */
  readonly resolve?: (path: string) => Promise<string>
}

/**
 * A Host that passes every question on to `host` and records the answers, without secrets. After `finish`, which
 * returns the files in it, the folder is a recorded node.
 */
export function recording(
  host: Host,
  folder: string,
  node: string,
  { logs: withLogs = false, machine = () => '', resolve = realpath }: RecordOptions = {},
): Host & { finish(): readonly Written[] } {
  const begun = host.now()
  const tape: Tape = {
    host,
    written: openFolder(folder),
    withLogs,
    resolve,
    facts: emptyFacts(),
    kernel: undefined,
  }
  return {
    recorded: false,
    now: () => host.now(),
    ...ofFiles(tape),
    ...ofFacts(tape),
    ...ofPrograms(tape),
    ...ofServers(tape),
    finish() {
      const { written, kernel, facts } = tape
      // An empty log is written too: it was read.
      if (kernel) written.write('files/dev/kmsg', kernel.map((it) => `${it}\n`).join(''))
      const all: Recording = {
        format: 1,
        node,
        at: iso(begun),
        ...(machine() && { machine: machine() }),
        logs: withLogs,
        errors: named(facts.errors),
        lists: named(facts.lists),
        stats: named(facts.stats),
        handshakes: facts.handshakes,
        gets: facts.gets,
        spaces: named(facts.spaces),
        resolutions: named(facts.resolutions),
        probes: facts.probes,
      }
      written.write('node.json', `${JSON.stringify(all, null, 2)}\n`)
      return written.contents()
    },
  }
}

function ofFacts(tape: Tape): Pick<Host, 'list' | 'stat' | 'stats' | 'space'> {
  const { host, facts } = tape
  return {
    list: (path) =>
      noted(
        tape,
        `list ${path}`,
        () => host.list(path),
        (entries) => {
          facts.lists[path] = entries.map(({ name, kind }) => [said(name), kind])
        },
      ),
    stat: (path) =>
      noted(
        tape,
        `stat ${path}`,
        () => host.stat(path),
        (it) => {
          facts.stats[path] = it
        },
      ),
    stats: async (paths) => {
      const all = await host.stats(paths)
      for (const [at, answer] of all.entries()) {
        const path = paths[at] as string
        if (answer instanceof HostError) facts.errors[`stat ${path}`] = why(answer)
        else facts.stats[path] = answer
      }
      return all
    },
    space: (path) =>
      noted(
        tape,
        `space ${path}`,
        () => host.space(path),
        (space) => {
          facts.spaces[path] = space
        },
      ),
  }
}

function ofPrograms(tape: Tape): Pick<Host, 'run' | 'kmsg'> {
  const { host, written, withLogs } = tape
  let kernelSize = 0
  return {
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
        written.write(`${base}.json`, `${JSON.stringify({ argv: argv.map(said), ...more }, null, 2)}\n`)
      try {
        const ran = await host.run(argv, { ...options, ...line })
        const stdout = options.line ? kept.map((one) => `${one}\n`).join('') : ran.stdout
        written.write(`${base}.out`, withoutSecretsOf(argv, stdout, withLogs))
        if (ran.exit !== 0 || ran.stderr) about({ exit: ran.exit, stderr: said(ran.stderr) })
        return ran
      } catch (error) {
        if (error instanceof HostError) about({ error: why(error) })
        throw error
      }
    },
    kmsg: (after, record) =>
      noted(
        tape,
        'read /dev/kmsg',
        () =>
          host.kmsg(after, (one) => {
            kernelSize += one.length + 1
            tape.kernel ??= []
            if (kernelSize <= mostKmsg) tape.kernel.push(kernelRecord(one, withLogs))
            record(one)
          }),
        () => {
          tape.kernel ??= []
        },
      ),
  }
}

function ofServers({ host, facts }: Tape): Pick<Host, 'handshake' | 'get' | 'resolve' | 'probe'> {
  /** Records an answer, or the error in its place. */
  async function answered<T, Kept>(
    into: Record<string, Kept | ReturnType<typeof why>>,
    key: string,
    ask: () => Promise<T>,
    kept: (answer: T) => Kept,
  ): Promise<T> {
    try {
      const answer = await ask()
      into[key] = kept(answer)
      return answer
    } catch (error) {
      if (error instanceof HostError) into[key] = why(error)
      throw error
    }
  }
  return {
    handshake: (address) =>
      answered(
        facts.handshakes,
        handshakeKey(address),
        () => host.handshake(address),
        ({ certificates, protocol }) => ({
          certificates: certificates.map((der) => Buffer.from(der).toString('base64')),
          protocol,
        }),
      ),
    get: (request) =>
      answered(
        facts.gets,
        requestName(request),
        () => host.get(request),
        ({ status, body }) => ({ status, body: said(apiObject(request.path, body)) }),
      ),
    resolve: (question) =>
      answered(
        facts.resolutions,
        questionKey(question),
        () => host.resolve(question),
        (answer) => answer,
      ),
    probe: (it) =>
      answered(
        facts.probes,
        probeKey(it),
        () => host.probe(it),
        (answer) => answer,
      ),
  }
}
