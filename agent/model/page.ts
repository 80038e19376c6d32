import type { Finding } from './finding.ts'
import type { Host } from './host.ts'
import type { Artifact, Point, Sample, Unseen } from './sample.ts'
import type { Properties, Settings } from './settings.ts'

/** What a terminal can do. */
export interface Terminal {
  readonly color: boolean
  /** Columns; text is wrapped to this. */
  readonly width: number
  /** It shows nothing but ASCII, as with `LANG=C`. */
  readonly ascii?: true
  /** The time zone of its reader, by its IANA name; absent: UTC. */
  readonly zone?: string
  /** What this program is called there; absent: `agent`. */
  readonly command?: string
}

/** Exit code of a command: 0 ok, 1 warning, 2 critical, 3 unknown or not possible, 78 invalid config. */
export type Exit = 0 | 1 | 2 | 3 | 78

/** A mistake of the caller or a state of the machine. It is printed as a sentence, without a stack. */
export class Refusal extends Error {
  readonly exit: Exit
  constructor(message: string, exit: Exit = 3, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Refusal'
    this.exit = exit
  }
}

/** A stored artifact without its body, as a list shows it; the body is only read when it is asked for. */
export interface ArtifactEntry {
  readonly id: number
  readonly at: number
  readonly about: Artifact['about']
  /** Bytes of the body. */
  readonly size: number
}

/**
 * Where a view comes from: the running daemon; the state a daemon left on the disk; a round of the command's own on
 * this machine; a recorded node.
 */
export type ViewSource = 'daemon' | 'saved' | 'look' | 'recording'

/** The values of a page's own options, by their names as commander gives them: `--all` is `all`. */
export type PageOptions = Readonly<Record<string, string | boolean | undefined>>

/** What a page shows. A page judges nothing itself but shows the ledger's findings, so it agrees with the daemon. */
export interface View<S extends Sample = Sample, V = Settings<Properties>> {
  readonly node: string
  /** What the owner calls the cluster; absent for a recorded node. */
  readonly cluster?: string
  readonly source: ViewSource
  /** Why the daemon could not be asked, as a sentence; absent where it was not meant to be. */
  readonly problem?: string
  /** When `sample` was taken. `now` is the current time, or that of `--at`. */
  readonly at: number
  readonly now: number
  readonly sample: S
  readonly settings: V
  /** The collector's summary of the sample, one line. */
  readonly summary: string
  /** The ledger's open findings of this collector, most severe first, without its `blind` one. */
  readonly findings: readonly Finding[]
  /** The ledger's open finding that this collector cannot see something, if there is one. */
  readonly blind?: Finding
  /** What could not be seen in the last round, or is not in the recording. */
  readonly unseen: readonly Unseen[]
  /** The last day of the series that `Page.trend` names, oldest first; empty where none is stored. */
  readonly trend: readonly Point[]
  /** The collector's artifacts, newest first. */
  readonly artifacts: readonly ArtifactEntry[]
  readonly options: PageOptions
}

/** An argument (`[A]`, `<FILE>`) or option (`--all`, `--part <NAME>`) as commander writes it, and what it means. */
export type PageWord = readonly [form: string, meaning: string]

/** What a subcommand of a page can use; each is only loaded when it is called. */
export interface PageReach<S extends Sample = Sample, V = Settings<Properties>> {
  view(): Promise<View<S, V>>
  /** The collector's artifacts, newest first; none with `--node`, as a recording has none. */
  artifacts(): Promise<readonly ArtifactEntry[]>
  /** The body of one; undefined if it has been deleted meanwhile. */
  body(id: number): Promise<Uint8Array | undefined>
  /** Opens this machine for `ask` and closes it afterwards; with `--node` the recorded one. */
  asking<T>(ask: (host: Host) => Promise<T>): Promise<T>
}

/** A subcommand of a page: `agent firewall diff`. */
export interface PagePart<S extends Sample = Sample, V = Settings<Properties>> {
  readonly name: string
  readonly meaning: string
  readonly words?: readonly PageWord[]
  /** What it prints. Rejects with a Refusal where it cannot. */
  readonly print: (
    reach: PageReach<S, V>,
    given: readonly (string | undefined)[],
    options: PageOptions,
    terminal: Terminal,
  ) => Promise<string>
}

/** A collector in full: `agent NAME`, on one screen or as JSON. Pure. */
export interface Page<S extends Sample = Sample, V = Settings<Properties>> {
  /** The command. */
  readonly name: string
  /** What it shows, for `agent --help`. */
  readonly meaning: string
  /** Options of its own, beside those that every page has. */
  readonly words?: readonly PageWord[]
  /** Which of the collector's series `view.trend` is. */
  readonly trend?: string
  /** Ends with a line break. */
  readonly render: (view: View<S, V>, terminal: Terminal) => string
  /** What `-o name` prints, one a line; absent: which findings are open. */
  readonly names?: (view: View<S, V>) => readonly string[]
  /** The collector's own part of the JSON, times as ISO 8601; the rest is the same for all pages. */
  readonly json: (view: View<S, V>) => Readonly<Record<string, unknown>>
  readonly parts?: readonly PagePart<S, V>[]
}
