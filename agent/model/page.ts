import type { Finding } from './finding.ts'
import type { Host } from './host.ts'
import type { Artifact, Point, Sample, Unseen } from './sample.ts'
import type { Properties, Settings } from './settings.ts'

/** What a terminal can do. */
export interface Terminal {
  readonly color: boolean
  /** Columns; text is wrapped to this. */
  readonly width: number
}

/** What a command comes to: the exit code. 0 well, 1 warning, 2 critical, 3 unknown, or not possible; 78 wrong settings. */
export type Exit = 0 | 1 | 2 | 3 | 78

/** A mistake of the caller or a state of the machine, told as a sentence, without a stack. */
export class Refusal extends Error {
  readonly exit: Exit
  constructor(message: string, exit: Exit = 3, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Refusal'
    this.exit = exit
  }
}

/** What is kept whole of one collector, as a list shows it; a body is only read when it is asked for. */
export interface Kept {
  readonly id: number
  readonly at: number
  readonly about: Artifact['about']
  /** Bytes of the body. */
  readonly size: number
}

/**
 * Where a view comes from: the running daemon; what one left on the disk; a look of its own at this machine; a
 * recorded node.
 */
export type ViewSource = 'daemon' | 'saved' | 'look' | 'recording'

/** The values of a page's own options, by their names as commander gives them: `--all` is `all`. */
export type PageOptions = Readonly<Record<string, string | boolean | undefined>>

/** What a page shows. It judges nothing: what is wrong is said by the findings, so that page and daemon never disagree. */
export interface View<S extends Sample = Sample, V = Settings<Properties>> {
  readonly node: string
  readonly source: ViewSource
  /** Why it is not the daemon's, as a sentence; absent where nobody meant to ask it. */
  readonly problem?: string
  /** When `sample` was taken, and what time it is for the reader. */
  readonly at: number
  readonly now: number
  readonly sample: S
  readonly settings: V
  /** The collector's own line. */
  readonly summary: string
  /** What the ledger holds open of this collector, gravest first; without its blindness. */
  readonly findings: readonly Finding[]
  /** The ledger's finding that it cannot see, while that is open. */
  readonly blind?: Finding
  /** What could not be seen in the last look, and what a recording does not say. */
  readonly unseen: readonly Unseen[]
  /** The last day of the page's series, oldest first; empty where none is remembered. */
  readonly trend: readonly Point[]
  /** What is kept whole, newest first. */
  readonly artifacts: readonly Kept[]
  readonly options: PageOptions
}

/** An argument (`[A]`, `<FILE>`) or option (`--all`, `--part <NAME>`) as commander writes it, and what it means. */
export type PageWord = readonly [form: string, meaning: string]

/** What a further command of a page can reach; each is only asked for when it is needed. */
export interface PageReach<S extends Sample = Sample, V = Settings<Properties>> {
  view(): Promise<View<S, V>>
  /** What is kept whole, newest first. */
  artifacts(): Promise<readonly Kept[]>
  /** The body of one; undefined where it is not kept any more. */
  body(id: number): Promise<Uint8Array | undefined>
  /** Asks the machine, which is closed once `ask` is done. */
  asking<T>(ask: (host: Host) => Promise<T>): Promise<T>
}

/** A further command of a page: `agent firewall diff`. */
export interface PagePart<S extends Sample = Sample, V = Settings<Properties>> {
  readonly name: string
  readonly meaning: string
  readonly words?: readonly PageWord[]
  /** What it prints. Refuses with a Refusal. */
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
  /** The collector's own part of the JSON, times as ISO 8601; the rest is the same for all pages. */
  readonly json: (view: View<S, V>) => Readonly<Record<string, unknown>>
  readonly parts?: readonly PagePart<S, V>[]
}
