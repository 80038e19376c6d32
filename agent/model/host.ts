export type Kind = 'file' | 'folder' | 'link' | 'other'

export interface Entry {
  readonly name: string
  readonly kind: Kind
}

export interface Stat {
  readonly kind: Kind
  readonly size: number
  readonly mtime: number
  readonly ctime: number
  readonly dev: number
  readonly ino: number
  readonly uid: number
  readonly mode: number
}

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
}

export interface Handshake {
  /** DER, as the server sent them, leaf first. */
  readonly certificates: readonly Uint8Array[]
  readonly protocol: string
}

/** One HTTPS request to this node's own services. */
export interface Get {
  readonly host: string
  readonly port: number
  /** With its leading slash. */
  readonly path: string
  /** Where the client certificate and its key stand; the machine reads them itself and hands them to nobody. */
  readonly as?: { readonly certificate: string; readonly key: string }
  /** Plain HTTP, which some of k3s's parts speak on loopback. */
  readonly plain?: true
  /** Milliseconds, for all of it (default 5 s). */
  readonly timeout?: number
}

export interface Got {
  readonly status: number
  /** At most the first 4 KiB. */
  readonly body: string
}

/** How full the file system under a path is, for whoever is not root. */
export interface Space {
  /** Bytes: all of it, and what can still be written. */
  readonly size: number
  readonly available: number
  /** Inodes; both 0 where the file system has no fixed number of them. */
  readonly inodes: number
  readonly inodesFree: number
}

/** A question to one DNS server, which is asked directly, whatever /etc/resolv.conf says. */
export interface DnsQuestion {
  /** An address. */
  readonly server: string
  /** Default 53. */
  readonly port?: number
  /** Whole: no search domain is added. */
  readonly name: string
  /** Default `A`. */
  readonly type?: 'A' | 'AAAA'
  /** How long each try waits, ms; default 1 s. */
  readonly timeout?: number
  /** Default 2: one lost packet is no news. */
  readonly tries?: number
}

/** A server that says no has answered too. */
export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'NOTIMP' | 'FORMERR'
  readonly addresses: readonly string[]
}

/** Why the machine did not answer. `missing` is often an answer in itself. */
export type HostErrorCode =
  | 'missing'
  | 'denied'
  | 'timeout'
  | 'too-large'
  | 'refused'
  | 'failed'
  | 'unrecorded'

/** Says what was tried, what came back and, where there is something, what to do. */
export class HostError extends Error {
  readonly code: HostErrorCode
  constructor(code: HostErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'HostError'
    this.code = code
  }
}

/** A file as it was when it was opened. */
export interface Owned {
  readonly stat: Stat
  /** Absent where `unless` said that its state is enough. */
  readonly bytes?: Uint8Array
}

export interface OwnedOptions {
  readonly limit?: number
  readonly timeout?: number
  /** The user who named the path: nothing is read that is not theirs. Absent, or root: it was root. */
  readonly word?: number
  /** Not to be looked for on file systems that may hang (NFS, FUSE, automounts). */
  readonly near?: boolean
  /** Whether a file in this state need not be read. */
  readonly unless?: (stat: Stat) => boolean
}

/**
 * The machine as collectors may see it: read-only, timed, cancellable, bounded. A recorded node is a Host
 * too. Everything rejects with a HostError; nothing waits longer than its timeout or outlives its round.
 */
export interface Host {
  /** True for a folder written by `agent record`. */
  readonly recorded: boolean
  now(): number
  /**
   * A whole file; `too-large` beyond `limit` bytes (default 1 MiB). With the `dev` of its Stat a file on a local
   * disk is read at a tenth of the price, which counts where there are thousands.
   */
  read(path: string, options?: { limit?: number; timeout?: number; dev?: number }): Promise<Uint8Array>
  /** The same as UTF-8. */
  text(path: string, options?: { limit?: number; timeout?: number }): Promise<string>
  /**
   * A file that a user may have put there, or named: with its state, of the very file that was read. Like all reading
   * it follows a link of somebody only to what belongs to them, opens regular files alone, and where it hangs asks
   * nothing more until that has answered.
   */
  owned(path: string, options?: OwnedOptions): Promise<Owned>
  /** The bytes of a file from `from` on, at most `length`; fewer, or none, where it ends before. */
  range(path: string, from: number, length: number, options?: { timeout?: number }): Promise<Uint8Array>
  /** What is in a folder, sorted by name. */
  list(path: string): Promise<readonly Entry[]>
  /** Follows links. */
  stat(path: string): Promise<Stat>
  /**
   * The same for many paths at the price of a few: an answer or an error for each, in their order. Never rejects.
   * `devs` are the devices on which they were last seen, where that is known: those on local disks cost half.
   */
  stats(
    paths: readonly string[],
    devs?: readonly (number | undefined)[],
  ): Promise<readonly (Stat | HostError)[]>
  /** Where a symbolic link points, unresolved. */
  target(path: string): Promise<string>
  /**
   * Runs a command without a shell. A non-zero exit is an answer, not an error; `missing` when there is no
   * such command. With `line`, stdout is handed over line by line and not kept. `limit` bounds the bytes of
   * stdout (default 8 MiB, or 256 MiB with `line`), `timeout` its time (default 10 s).
   */
  run(
    argv: readonly string[],
    options?: { timeout?: number; limit?: number; line?: (line: string) => void },
  ): Promise<Ran>
  /** Every record of the kernel log with a sequence number above `after`, as /dev/kmsg gives it, continuation lines included. */
  kmsg(after: number, record: (record: string) => void): Promise<void>
  /** What a TLS server presents. Trusts nothing and checks nothing. */
  handshake(address: {
    host: string
    port: number
    servername?: string
    timeout?: number
  }): Promise<Handshake>
  /** Asks over HTTPS. Trusts any server, so only for what is public or this node's own; follows nothing. */
  get(request: Get): Promise<Got>
  /** How full the disk under a path is (statfs). */
  space(path: string): Promise<Space>
  /** How a DNS server answers. `timeout` where it is silent, `refused` where nothing listens. */
  resolve(question: DnsQuestion): Promise<DnsAnswer>
}
