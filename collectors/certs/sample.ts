import type { Sample } from '../../agent/model/index.ts'

/** What is kept of a certificate. Its strings were chosen by its issuer: shortened, without control characters. */
export interface Certificate {
  /** The common name, or another part of the subject. */
  readonly name: string
  /** The whole subject: `O=system:masters, CN=system:admin`. */
  readonly subject: string
  readonly issuer: string
  /** Hexadecimal, as openssl prints it. */
  readonly serial: string
  /** Start and end of its validity, ms since the epoch. */
  readonly from: number
  readonly to: number
  readonly ca?: true
  /** From the extended key usage; absent where that allows neither. */
  readonly use?: 'client' | 'serving' | 'both'
  /** The first half of its SHA-256: enough to tell two apart. */
  readonly print: string
}

/**
 * What kind of file it is, which decides what renews it: `k3s` is renewed by a restart; `kubeconfig` is k3s's copy for
 * people, or one that the settings name; `home` is in somebody's home folder and may be for another cluster; `extra` is
 * named in the settings.
 */
export type Owner = 'k3s' | 'kubeconfig' | 'home' | 'extra'

export interface SeenFile {
  readonly path: string
  readonly of: Owner
  /** In a folder of k3s, but not used by the running k3s: left over from an older version. */
  readonly loose?: true
  /** The state of the file that was read: device, inode, size, mtime, ctime. Empty: read it again next time. */
  readonly stamp: string
  /** When its content was last written, ms since the epoch; only for files that k3s uses. */
  readonly changed?: number
  /** The uid of the user, other than root, who decides which files it names. */
  readonly by?: number
  /** The paths of certificates that a kubeconfig names, and its servers as `host:port`. */
  readonly names?: readonly string[]
  readonly servers?: readonly string[]
  /** In the order of the file. */
  readonly certificates: readonly Certificate[]
  /** Why not all of it could be read, as the end of a sentence. */
  readonly problem?: string
}

export interface Served {
  /** `host:port` or `host:port/servername`. */
  readonly address: string
  readonly of: Owner
  /** Leaf first; empty where nothing listens. If it did not answer this time, what was seen last. */
  readonly certificates: readonly Certificate[]
  readonly problem?: string
  /** Something listens at this port of k3s, but did not answer this time. */
  readonly silent?: true
}

export interface CertsSample extends Sample {
  readonly k3s?: {
    readonly distribution: 'k3s' | 'rke2'
    readonly role: 'server' | 'agent'
    readonly unit: string
    readonly dataDir: string
    /** The port of the API, where it is not 6443. */
    readonly port?: string
    readonly running?: { readonly pid: number; readonly since: number }
    /** The version of the program on disk, which a restart will start. */
    readonly version?: string
    /** The state of that program when its version was asked. */
    readonly binary?: string
  }
  readonly files: readonly SeenFile[]
  /** The states of the folders that the settings name, of which `files` has all that matters. */
  readonly folders?: Readonly<Record<string, string>>
  readonly served: readonly Served[]
  /** Whether each certificate of k3s matches its key and its authority. */
  readonly pairs?: readonly Pair[]
  /** Files that the running k3s has used and that no longer exist. */
  readonly gone?: readonly string[]
  /** What the API answers to the node's own credentials. */
  readonly api?: readonly Asked[]
  readonly clock?: Clock
}

export interface Pair {
  readonly path: string
  /** The states of certificate, authority and key that were compared. */
  readonly of: string
  /** Why they do not match, as the end of a sentence. */
  readonly problem?: string
}

export interface Asked {
  /** The path of the certificate that was used. */
  readonly as: string
  readonly address: string
  /** The HTTP status; absent where there was no answer. */
  readonly status?: number
  /** It answered a request without a certificate: the API runs, even if it rejects this one. */
  readonly alive?: true
  /** It did not answer this time; the other fields are its last answer. */
  readonly silent?: true
}

export interface Clock {
  /** The id of this boot, and its time by the present clock, ms since the epoch; moves with the clock. */
  readonly boot: string
  readonly booted: number
  /** The last jump of the clock against the time since boot: when, and by how many ms. */
  readonly jump?: { readonly at: number; readonly by: number }
  /** Whether a time server keeps the kernel's clock right, as of `asked`; absent where that cannot be told. */
  readonly synchronised?: boolean
  /** Whether a service that would do so is installed; asked only where none does. */
  readonly serviceable?: boolean
  readonly asked?: number
}
