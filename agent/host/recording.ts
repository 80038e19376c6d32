import type {
  DnsAnswer,
  DnsQuestion,
  Get,
  Got,
  Host,
  HostErrorCode,
  Kind,
  Probe,
  Probed,
  Space,
  Stat,
} from '../model/index.ts'

/**
 * A recorded node: a folder that answers as the node did when it was recorded.
 *
 * - `node.json`: a `Recording`
 * - `files/PATH`: the files that were read, with secrets taken out; links are links
 * - `commands/SLUG.out` and, unless it just exited with 0, `commands/SLUG.json`
 *
 * Questions that were not asked while recording fail with `unrecorded`: not known, as opposed to `missing`.
 */
export interface Recording {
  readonly format: 1
  readonly node: string
  /** When it was recorded, RFC 3339. */
  readonly at: string
  /** What machine it was, in words. */
  readonly machine?: string
  /** Whether the text of logs was kept; without it, reading a log fails with `unrecorded`. */
  readonly logs?: boolean
  /** What could not be read then, by `read PATH`, `list PATH`, `stat PATH`, `link PATH`. */
  readonly errors?: Readonly<Record<string, readonly [HostErrorCode, string]>>
  /** Entries of listed folders, because not all of their files were recorded, and git cannot hold empty folders. */
  readonly lists?: Readonly<Record<string, readonly (readonly [string, Kind])[]>>
  /** Stats by path, because git does not keep them. */
  readonly stats?: Readonly<Record<string, Stat>>
  /** By `host:port` or `host:port/servername`: base64 DER, leaf first, or why there was no answer. */
  readonly handshakes?: Readonly<
    Record<string, { certificates: readonly string[]; protocol: string } | readonly [HostErrorCode, string]>
  >
  /** What HTTPS requests came to, by `requestName`. */
  readonly gets?: Readonly<Record<string, Got | readonly [HostErrorCode, string]>>
  /** How full the disk under a path was. */
  readonly spaces?: Readonly<Record<string, Space>>
  /** By `questionKey`: how the DNS server answered, or why it did not. */
  readonly resolutions?: Readonly<Record<string, DnsAnswer | readonly [HostErrorCode, string]>>
  /** By `probeKey`: whether packets were answered. */
  readonly probes?: Readonly<Record<string, Probed | readonly [HostErrorCode, string]>>
}

/** A request as a recording knows it: `https://127.0.0.1:6443/version as /path/of/the/certificate`. */
export const requestName = ({ host, port, path, as, plain }: Get) =>
  `${plain ? 'http' : 'https'}://${host}:${port}${path}${as ? ` as ${as.certificate}` : ''}`

/** The key of a DNS question: `10.43.0.10:53 A kubernetes.default.svc.cluster.local`. */
export const questionKey = ({ server, port = 53, type = 'A', name }: DnsQuestion) =>
  `${server}:${port} ${type} ${name}`

/** The key of a probe: `10.42.1.0 1450`, the address and the size of the packets. */
export const probeKey = ({ address, size }: Probe) => `${address}${size === undefined ? '' : ` ${size}`}`

export interface RecordedCommand {
  readonly argv: readonly string[]
  readonly exit?: number
  readonly stderr?: string
  readonly error?: readonly [HostErrorCode, string]
}

/** The file name, without its ending, under which a command's answer is kept. */
export const slug = (argv: readonly string[]) =>
  argv
    .join(' ')
    .replace(/[^A-Za-z0-9._=-]+/g, '_')
    .slice(0, 180)

/** The name under which a handshake is kept: `127.0.0.1:6443`, or with `/servername`. */
export const handshakeKey = ({ host, port, servername }: Parameters<Host['handshake']>[0]) =>
  `${host}:${port}${servername ? `/${servername}` : ''}`
