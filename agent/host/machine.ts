import type { Host } from '../model/index.ts'
import { follow, run } from './command.ts'
import { connections } from './connections.ts'
import { resolve } from './dns.ts'
import { facts, list, owned, range, read, target } from './files.ts'
import { get } from './get.ts'
import { kernelLog } from './kmsg.ts'
import { probe } from './probe.ts'
import { space } from './space.ts'
import { allFacts } from './stats.ts'
import { handshake } from './tls.ts'
import { watchPath } from './watch.ts'

/** The machine Murphy runs on. Open it once; each round gets a Host that ends with it. */
export interface Machine {
  /** A Host that works until `signal` is aborted. */
  during(signal: AbortSignal): Host
  /** Starts a command and passes on its lines, and what it writes to stderr; resolves with the reason why it ended. */
  follow(
    argv: readonly string[],
    line: (text: string) => void,
    signal: AbortSignal,
    complaint?: (text: string) => void,
  ): Promise<string>
  /** Calls `changed` when something at `path` changes; `gone` when watching has ended. Undefined if it cannot begin. */
  watch(path: string, changed: () => void, gone: () => void): (() => void) | undefined
  close(): void
}

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('utf8')

/** The only access to the machine: every read and command has a timeout, can be aborted, and has a size limit. */
export function openMachine({ now = Date.now } = {}): Machine {
  const log = kernelLog()
  const open = connections()
  const identity = {}
  return {
    during: (signal) => ({
      recorded: false,
      identity,
      now,
      read: (path, options = {}) => read(path, options, signal),
      text: async (path, options = {}) => textOf(await read(path, options, signal)),
      owned: (path, options = {}) => owned(path, options, signal),
      range: (path, from, length, options = {}) => range(path, from, length, options, signal),
      list: (path) => list(path, signal),
      stat: (path) => facts(path, signal),
      stats: (paths) => allFacts(paths, signal),
      target: (path) => target(path, signal),
      run: (argv, options = {}) => run(argv, options, signal),
      kmsg: (after, record) => log.since(after, record, signal),
      handshake: (address) => handshake(address, signal),
      get: (request) => get(request, signal, open),
      space: (path) => space(path, signal),
      resolve: (question) => resolve(question, signal),
      probe: (it) => probe(it, signal),
    }),
    follow,
    watch: watchPath,
    close() {
      log.close()
      open.close()
    },
  }
}
