import type { Sample } from '../../agent/model/index.ts'

/** What is kept of a certificate. Its strings come from whoever made it: shortened, without control characters. */
export interface Certificate {
  /** The common name, or what else the subject has. */
  readonly name: string
  /** The whole subject: `O=system:masters, CN=system:admin`. */
  readonly subject: string
  readonly issuer: string
  /** Hexadecimal, as openssl prints it. */
  readonly serial: string
  /** The first and the last moment of its life, ms since the epoch. */
  readonly from: number
  readonly to: number
  readonly ca?: true
  /** From the extended key usage; absent where it says neither. */
  readonly use?: 'client' | 'serving' | 'both'
  /** The first half of its SHA-256: enough to tell two apart. */
  readonly print: string
}

/**
 * Whose it is, which decides what renews it: `k3s` by a restart, `kubeconfig` k3s's copy for people and
 * those named in the settings, `home` what lies in somebody's home and may be of another cluster, `extra`
 * named in the settings.
 */
export type Owner = 'k3s' | 'kubeconfig' | 'home' | 'extra'

export interface SeenFile {
  readonly path: string
  readonly of: Owner
  /** In a folder of k3s, but no running k3s uses it: what an upgrade or an old version left. */
  readonly loose?: true
  /** Which state of the file this is: device, inode, size, mtime, ctime. Empty: read it again next time. */
  readonly stamp: string
  /** When its content was last written, ms since the epoch: only of what k3s uses. */
  readonly changed?: number
  /** Who wrote it, and so says what it names, where that is not root. */
  readonly by?: number
  /** What a kubeconfig names by path, and the servers it leads to as `host:port`. */
  readonly names?: readonly string[]
  readonly servers?: readonly string[]
  /** As they stand in the file. */
  readonly certificates: readonly Certificate[]
  /** Why not all of it could be read, as the end of a sentence. */
  readonly problem?: string
}

export interface Served {
  /** `host:port` or `host:port/servername`. */
  readonly address: string
  readonly of: Owner
  /** Leaf first; none where nothing listens. What was last seen where it did not answer this time. */
  readonly certificates: readonly Certificate[]
  readonly problem?: string
  /** A port of k3s on which something listens that did not answer this time. */
  readonly silent?: true
}

export interface CertsSample extends Sample {
  readonly k3s?: {
    readonly distribution: 'k3s' | 'rke2'
    readonly role: 'server' | 'agent'
    readonly unit: string
    readonly dataDir: string
    /** Of the API, where it is not 6443. */
    readonly port?: string
    readonly running?: { readonly pid: number; readonly since: number }
    /** Of the program on disk, which is what a restart will start. */
    readonly version?: string
    /** The state of the program that said so. */
    readonly binary?: string
  }
  readonly files: readonly SeenFile[]
  readonly served: readonly Served[]
  /** Whether each certificate of k3s fits the key and the authority beside it. */
  readonly pairs?: readonly Pair[]
  /** What k3s used and is there no more, while the k3s that used it still runs. */
  readonly gone?: readonly string[]
  /** What the API says to the node's own credentials. */
  readonly api?: readonly Asked[]
  readonly clock?: Clock
}

export interface Pair {
  readonly path: string
  /** Of which state of certificate, authority and key this was found. */
  readonly of: string
  /** Why they do not fit, as the end of a sentence. */
  readonly problem?: string
}

export interface Asked {
  /** The certificate that was shown. */
  readonly as: string
  readonly address: string
  /** The HTTP status; absent where there was no answer. */
  readonly status?: number
  /** Asked without a certificate it answered: it lives, whatever it thinks of this one. */
  readonly alive?: true
  /** It did not answer this time; the rest is what it said before. */
  readonly silent?: true
}

export interface Clock {
  /** Which boot this is, and when it was by the clock of now; moves with the clock. */
  readonly boot: string
  readonly booted: number
  /** The last time the clock was moved against the time since boot: when, and by how many ms. */
  readonly jump?: { readonly at: number; readonly by: number }
  /** Whether the kernel's clock is kept right by a time server, as of `asked`; absent where nobody can say. */
  readonly synchronised?: boolean
  readonly asked?: number
}
