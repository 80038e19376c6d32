import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { keptOf } from '../host/record-files.ts'
import { handshakeKey, probeKey, questionKey, requestName } from '../host/recording.ts'
import { apiObject } from '../host/redaction/api-objects.ts'
import { kernelRecord, withoutNamed, withoutSecretsOf } from '../host/redaction.ts'
import { type Entry, type Host, HostError, type Ran, type Stat } from '../model/index.ts'
import type { Answer } from './reel.ts'

/** An answer that was given, before its secrets are out: that is done after the round, and only where it is new. */
export interface Raw {
  readonly question: string
  /** Differs where the answer does. */
  readonly sum: string
  readonly clean: () => Answer | Promise<Answer>
}

/** Where a lens writes what it saw. */
export interface Notes {
  /** A question is asked; the returned function is called with its answer. The order is that of the asking. */
  asked(question: string): (sum: string, clean: Raw['clean']) => void
  readonly withLogs: boolean
  /** Where a path leads; undefined where that cannot be told. */
  readonly resolve: (path: string) => Promise<string | undefined>
}

export const sumOf = (it: string | Uint8Array) => hash('sha256', it, 'base64')
const statText = ({ kind, size, mtime, ctime, dev, ino, uid, mode }: Stat) =>
  JSON.stringify([kind, size, mtime, ctime, dev, ino, uid, mode])
/** An entry a line, so that a folder in which little changed takes little. */
const listText = (entries: readonly Entry[]) =>
  entries.map(({ name, kind }) => JSON.stringify([withoutNamed(name), kind])).join('\n')
export const argvKey = (argv: readonly string[]) => JSON.stringify(argv)

/** Text where it is text, else base64. */
const answerOf = (bytes: Uint8Array): Answer => {
  const it = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return isUtf8(it) ? { text: it.toString('utf8') } : { bytes: it.toString('base64') }
}

/** A Host that passes every question on to `host` unchanged, and notes the answers. */
export function lens(host: Host, notes: Notes): Host {
  return {
    recorded: host.recorded,
    now: () => host.now(),
    ...ofFiles(host, notes),
    ...ofFacts(host, notes),
    ...ofPrograms(host, notes),
    ...ofServers(host, notes),
  }
}

/** Asks, and notes the answer, or the error in its place. */
async function noting<T>(
  notes: Notes,
  question: string,
  ask: () => Promise<T>,
  note: (answer: T, answered: ReturnType<Notes['asked']>) => void,
): Promise<T> {
  const answered = notes.asked(question)
  try {
    const answer = await ask()
    note(answer, answered)
    return answer
  } catch (error) {
    if (error instanceof HostError) answered(...failure(error))
    throw error
  }
}

const failure = ({ code, message }: HostError) =>
  [`${code} ${message}`, () => ({ error: [code, withoutNamed(message)] as const })] as const

const asText = (text: string, answered: ReturnType<Notes['asked']>) =>
  answered(sumOf(text), () => ({ text: withoutNamed(text) }))
/** For what holds nothing but numbers, or names that are clean already. */
const asIs = (text: string, answered: ReturnType<Notes['asked']>) => answered(sumOf(text), () => ({ text }))

function ofFiles(host: Host, notes: Notes): Pick<Host, 'read' | 'text' | 'owned' | 'range' | 'target'> {
  const { withLogs, resolve } = notes
  const note = (path: string, bytes: Uint8Array, answered: ReturnType<Notes['asked']>, part = false) =>
    answered(sumOf(bytes), async () => {
      const kept = keptOf(path, bytes, await resolve(path), { withLogs, part })
      return typeof kept === 'string' ? { error: ['unrecorded', withoutNamed(kept)] } : answerOf(kept)
    })
  const read: Host['read'] = (path, options) =>
    noting(
      notes,
      `read ${path}`,
      () => host.read(path, options),
      (bytes, answered) => note(path, bytes, answered),
    )
  return {
    read,
    text: async (path, options) => Buffer.from(await read(path, options)).toString('utf8'),
    owned: (path, options) =>
      noting(
        notes,
        `owned ${path}`,
        () => host.owned(path, options),
        ({ stat, bytes }, answered) => {
          asIs(statText(stat), answered)
          if (bytes) note(path, bytes, notes.asked(`read ${path}`))
        },
      ),
    range: (path, from, length, options) =>
      noting(
        notes,
        withLogs ? `piece ${path} ${from}` : `range ${path}`,
        () => host.range(path, from, length, options),
        (bytes, answered) => note(path, bytes, answered, true),
      ),
    target: (path) => noting(notes, `link ${path}`, () => host.target(path), asText),
  }
}

function ofFacts(host: Host, notes: Notes): Pick<Host, 'list' | 'stat' | 'stats' | 'space'> {
  return {
    list: (path) =>
      noting(
        notes,
        `list ${path}`,
        () => host.list(path),
        (entries, answered) => answered(sumOf(JSON.stringify(entries)), () => ({ text: listText(entries) })),
      ),
    stat: (path) =>
      noting(
        notes,
        `stat ${path}`,
        () => host.stat(path),
        (it, answered) => asIs(statText(it), answered),
      ),
    async stats(paths) {
      const slots = paths.map((path) => notes.asked(`stat ${path}`))
      const all = await host.stats(paths)
      for (const [at, it] of all.entries())
        if (it instanceof HostError) slots[at]?.(...failure(it))
        else slots[at]?.(statText(it), () => ({ text: statText(it) }))
      return all
    },
    space: (path) =>
      noting(
        notes,
        `space ${path}`,
        () => host.space(path),
        (it, answered) => asIs(JSON.stringify(it), answered),
      ),
  }
}

/** The most of one command's output or of the kernel's log that is held for a film, characters. */
const mostHeld = 4 * 1024 * 1024
const tooMuch: Answer = { error: ['unrecorded', 'it was too large for a film'] }

function ofPrograms(host: Host, notes: Notes): Pick<Host, 'run' | 'kmsg'> {
  const { withLogs } = notes
  const ranText = (argv: readonly string[], { stdout, exit, stderr }: Ran): Answer => ({
    text: withoutSecretsOf(argv, stdout, withLogs),
    ...((exit !== 0 || stderr) && { about: JSON.stringify([exit, withoutNamed(stderr)]) }),
  })
  return {
    run(argv, options = {}) {
      const lines = gathered()
      const { line } = options
      const also = line && {
        line(one: string) {
          lines.add(one)
          line(one)
        },
      }
      return noting(
        notes,
        `run ${argvKey(argv)}`,
        () => host.run(argv, { ...options, ...also }),
        (ran, answered) => {
          const stdout = line ? lines.text() : ran.stdout
          if (stdout === undefined || stdout.length > mostHeld) return answered('too large', () => tooMuch)
          const sum = sumOf(`${ran.exit} ${ran.stderr}\n${stdout}`)
          return answered(sum, () => ranText(argv, { ...ran, stdout }))
        },
      )
    },
    kmsg(after, record) {
      const lines = gathered()
      return noting(
        notes,
        'kmsg',
        () =>
          host.kmsg(after, (one) => {
            lines.add(kernelRecord(one, withLogs))
            record(one)
          }),
        (_, answered) => {
          const text = lines.text()
          answered(sumOf(text ?? ''), () => (text === undefined ? tooMuch : { text }))
        },
      )
    },
  }
}

/** Lines as they come, each with its line break; undefined once they are too many to hold. */
function gathered() {
  let lines: string[] = []
  let size = 0
  return {
    add(line: string) {
      size += line.length + 1
      if (size > mostHeld) lines = []
      else lines.push(line)
    },
    text: () => (size > mostHeld ? undefined : lines.map((it) => `${it}\n`).join('')),
  }
}

function ofServers(host: Host, notes: Notes): Pick<Host, 'handshake' | 'get' | 'resolve' | 'probe'> {
  return {
    handshake: (address) =>
      noting(
        notes,
        `tls ${handshakeKey(address)}`,
        () => host.handshake(address),
        ({ certificates, protocol }, answered) => {
          const certificatesText = certificates.map((der) => Buffer.from(der).toString('base64'))
          asIs(JSON.stringify({ certificates: certificatesText, protocol }), answered)
        },
      ),
    get: (request) =>
      noting(
        notes,
        `get ${requestName(request)}`,
        () => host.get(request),
        ({ status, body }, answered) =>
          answered(sumOf(`${status} ${body}`), () => ({
            text: JSON.stringify({ status, body: withoutNamed(apiObject(request.path, body)) }),
          })),
      ),
    resolve: (question) =>
      noting(
        notes,
        `dns ${questionKey(question)}`,
        () => host.resolve(question),
        (it, answered) => asIs(JSON.stringify(it), answered),
      ),
    probe: (asked) =>
      noting(
        notes,
        `probe ${probeKey(asked)}`,
        () => host.probe(asked),
        (it, answered) => asIs(JSON.stringify(it), answered),
      ),
  }
}
