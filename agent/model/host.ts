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

/** One HTTPS request, mostly to this node's own services. */
export interface Get {
  readonly host: string
  readonly port: number
  /** With its leading slash. */
  readonly path: string
  /** Paths of the client certificate and its key. The request reads them itself and gives their bytes to nobody. */
  readonly as?: { readonly certificate: string; readonly key: string }
  /**
   * Path of the authorities (PEM) that have to have signed the server's certificate for `host`. Without TLS 1.3 and
   * such a certificate the server is sent nothing and shown nothing. Absent: any server is trusted.
   */
  readonly authority?: string
  /** The form of the answer that is asked for (default `application/json`). */
  readonly accept?: string
  /** How many bytes of the answer are kept (default 4 KiB). */
  readonly limit?: number
  /** The connection may stay open for the next question under the same identity, some minutes at most. */
  readonly keep?: true
  /** Plain HTTP, which some of k3s's parts speak on loopback. */
  readonly plain?: true
  /** Milliseconds, for all of it (default 5 s). */
  readonly timeout?: number
}

export interface Got {
  readonly status: number
  /** At most the first `limit` bytes. */
  readonly body: string
}

/** How full the file system under a path is, as seen by users other than root. */
export interface Space {
  /** Bytes in all, and bytes that can still be written. */
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
  /** Fully qualified: no search domain is added. */
  readonly name: string
  /** Default `A`. */
  readonly type?: 'A' | 'AAAA'
  /** How long each try waits, ms; default 1 s. */
  readonly timeout?: number
  /** Default 2, because one lost packet is normal. */
  readonly tries?: number
}

/** Negative answers, such as NXDOMAIN, are answers too and not errors. */
export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'NOTIMP' | 'FORMERR'
  readonly addresses: readonly string[]
}

/**
 * Packets to a UDP port on which nothing listens. A host that gets one says so (ICMP port unreachable, RFC 1122,
 * 4.1.3.1), so one answer shows the way there and back.
 */
export interface Probe {
  /** An address. */
  readonly address: string
  /**
   * The size of the IP packet, bytes; default 64. Up to what the way is known to take it is sent whole and must not be
   * cut on the way (DF, as Linux does for UDP).
   */
  readonly size?: number
  /** How long each try waits, ms; default 1 s. */
  readonly timeout?: number
  /** Default 2, because one lost packet is normal. */
  readonly tries?: number
}

/** `silence` may also be a firewall that drops what is for a closed port. `no-way`: the kernel has no way to send it. */
export interface Probed {
  readonly answer: 'arrived' | 'silence' | 'no-way'
}

/** Why a question failed. `missing` is often a useful answer in itself. */
export type HostErrorCode =
  | 'missing'
  | 'denied'
  | 'timeout'
  | 'too-large'
  | 'refused'
  | 'failed'
  | 'unrecorded'

/** Its message says what was tried, what came back and, where possible, what to do. */
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
  /** Absent where `unless` said that the stat is enough. */
  readonly bytes?: Uint8Array
}

export interface OwnedOptions {
  readonly limit?: number
  readonly timeout?: number
  /** Uid of the user who named the path: only files that belong to them are read. Absent or 0: root named it. */
  readonly word?: number
  /** Refuse paths that lead to file systems that may hang (NFS, FUSE, automounts). */
  readonly near?: boolean
  /** As for `read`. */
  readonly dev?: number
  /** True where the stat is enough and the bytes need not be read. */
  readonly unless?: (stat: Stat) => boolean
}

/**
 * The machine as collectors may see it: read-only, timed, cancellable, bounded. A recorded node is a Host
 * too. Everything rejects with a HostError; nothing waits longer than its timeout or outlives its round.
 */
export interface Host {
  /** True for a folder written by `agent record`. */
  readonly recorded: boolean
  /**
   * The same for each round on one machine: what was made of it may be remembered under it. Absent where every question
   * has to be asked each time, as its answer is recorded.
   */
  readonly identity?: object
  now(): number
  /**
   * A whole file; `too-large` beyond `limit` bytes (default 1 MiB). With `dev` from its Stat, reading a file on a
   * local disk costs a tenth, which matters where there are thousands.
   */
  read(path: string, options?: { limit?: number; timeout?: number; dev?: number }): Promise<Uint8Array>
  /** The same as UTF-8. */
  text(path: string, options?: { limit?: number; timeout?: number }): Promise<string>
  /**
   * A file that a user may have put there or named, with the stat of the very file that was read. Like all reading,
   * it follows a user's link only to what belongs to that user, opens only regular files, and after a read that hangs
   * it asks nothing more there until that read has answered.
   */
  owned(path: string, options?: OwnedOptions): Promise<Owned>
  /** The bytes of a file from `from` on, at most `length`; fewer, or none, where the file ends earlier. */
  range(path: string, from: number, length: number, options?: { timeout?: number }): Promise<Uint8Array>
  /** What is in a folder, sorted by name. */
  list(path: string): Promise<readonly Entry[]>
  /** Follows links. */
  stat(path: string): Promise<Stat>
  /**
   * The same for many paths, much cheaper than one by one, those of one folder together: an answer or an error for
   * each, in their order. Never rejects.
   */
  stats(paths: readonly string[]): Promise<readonly (Stat | HostError)[]>
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
  /** Each kernel log record with a sequence number above `after`, as /dev/kmsg gives it, with continuation lines. */
  kmsg(after: number, record: (record: string) => void): Promise<void>
  /** What a TLS server presents. Trusts nothing and checks nothing. */
  handshake(address: {
    host: string
    port: number
    servername?: string
    timeout?: number
  }): Promise<Handshake>
  /**
   * Asks over HTTPS; follows no redirects. Without `authority` any server is trusted: then only for public data or this
   * node's own.
   */
  get(request: Get): Promise<Got>
  /** How full the disk under a path is (statfs). */
  space(path: string): Promise<Space>
  /** How a DNS server answers. `timeout` where it is silent, `refused` where nothing listens. */
  resolve(question: DnsQuestion): Promise<DnsAnswer>
  /** Whether packets of a size come to an address, and an answer back. */
  probe(probe: Probe): Promise<Probed>
}
