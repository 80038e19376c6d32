/**
 * The vocabulary of Murphy. It imports nothing; everything else imports it.
 *
 * Times are milliseconds since the epoch, durations milliseconds, sizes bytes, unless a name says
 * otherwise. Texts meant for people may hold one piece of markup: `a command in backticks`. Strings that
 * come from the machine (process, pod and certificate names, log lines) are hostile; whoever writes them
 * out escapes them for the place they go to.
 */

export type Severity = 'info' | 'warning' | 'critical'

/** Severities from mild to grave, for comparing: `severities.indexOf(a) > severities.indexOf(b)`. */
export const severities: readonly Severity[] = ['info', 'warning', 'critical']

/** A pod as far as it could be identified, mostly without the API. */
export interface Pod {
  readonly namespace: string
  readonly name: string
  readonly uid?: string
  readonly container?: string
}

/** A rule that may explain another: "this may have come about because of that". */
export interface Cause {
  readonly code: string
  /** How long after the cause is over it still explains a new consequence. Absent: only while it is open. */
  readonly within?: number
  /** What both findings must share for the one to explain the other. Absent: being on the same node is enough. */
  readonly same?: 'subject' | 'pod'
  /** Repairing the cause does not repair this: its own steps are needed as well. */
  readonly lasts?: true
}

/** One thing that can be wrong, declared once. What never varies stands here; the numbers are in the observation. */
export interface Rule {
  readonly severity: Severity
  /** What is wrong, without a full stop: "the firewall was flushed". */
  readonly title: string
  /** What it means and when it is said, with the thresholds, for `agent explain`. */
  readonly meaning: string
  /** What is read for it: files, commands, requests. How often is said of the collector. */
  readonly measured: string
  /** Keys of the collector's settings that change when it is said. */
  readonly settings?: readonly string[]
  /** What follows from it for the people who use the cluster. */
  readonly so: string
  /** The safe next steps, in order, with commands in backticks. */
  readonly next: readonly string[]
  /** What people do here that makes it worse, one sentence each. */
  readonly never?: string
  /** Its steps come before those of its cause: what is lost meanwhile, data or the way in, does not come back. */
  readonly urgent?: true
  /** Patience: how long it must have been true before anyone is told. */
  readonly after?: number
  readonly because?: readonly Cause[]
  /** It happened, and nobody repairs it: what began because of it stays its consequence for as long as it lasts. */
  readonly event?: true
}

export type Rules<Code extends string = string> = Readonly<Record<Code, Rule>>

/** One rule broken by one subject, now. `code` and `subject` are its identity; the rest may vary from round to round. */
export interface Observation<Code extends string = string> {
  readonly code: Code
  readonly subject: string
  /** What was seen, with the numbers, as a sentence. */
  readonly text: string
  /** Where it differs from the rule's. */
  readonly severity?: Severity
  readonly so?: string
  readonly next?: readonly string[]
  readonly never?: string
  readonly urgent?: true
  /** How far something that comes nearer by itself has come: each higher number is worth telling of again. */
  readonly stage?: number
  readonly pod?: Pod
  /** When it happened, where that is known better than by the time of the look. */
  readonly at?: number
  readonly evidence?: Readonly<Record<string, string | number | boolean>>
}

/** An observation with a history: what the ledger holds. */
export interface Finding {
  /** `code|subject|when it was found`: one stretch of time in which this was true. */
  readonly id: string
  readonly code: string
  readonly subject: string
  readonly severity: Severity
  readonly title: string
  readonly text: string
  readonly so: string
  readonly next: readonly string[]
  readonly never?: string
  readonly urgent?: true
  readonly stage?: number
  readonly pod?: Pod
  readonly evidence?: Readonly<Record<string, string | number | boolean>>
  readonly since: number
  /** When it was last confirmed by a look. */
  readonly seen: number
  /** In how many looks. */
  readonly count: number
  /** How often it has come back within the last hour, once that is too often to tell each time. */
  readonly flaps?: number
  /** When its patience is over: `since` plus the rule's `after`. People are told once a look has confirmed it since. */
  readonly ripe: number
  readonly resolved?: number
}

/** Findings that one root explains. */
export interface Incident {
  /** The root finding's id. */
  readonly id: string
  readonly root: Finding
  /** In the order in which they came. */
  readonly consequences: readonly Finding[]
  /** The gravest of its open findings; of all of them once it is over. */
  readonly severity: Severity
  readonly since: number
  readonly ripe: number
  /** The safe next steps of the whole incident, in order, none twice. */
  readonly next: readonly string[]
  /** What makes it worse, one sentence each. */
  readonly never: readonly string[]
  /** Set once none of its findings is open. */
  readonly resolved?: number
}

const rank = (it: Finding) => severities.indexOf(it.severity)

/** What an incident is called by. */
type Named = Pick<Incident, 'root' | 'consequences'> & Partial<Pick<Incident, 'severity' | 'resolved'>>

/** The finding that speaks for an incident now: its root, or the gravest that is open where the root no longer is. */
export function leadOf({ root, consequences, resolved }: Named): Finding {
  if (root.resolved === undefined || resolved !== undefined) return root
  const [open] = consequences
    .filter((it) => it.resolved === undefined)
    .sort((a, b) => rank(b) - rank(a) || a.since - b.since)
  return open ?? root
}

/**
 * What an incident is called: by its root, and first by what it led to where that is graver, as after a
 * restart that by itself was nothing: "the pod bridge is gone: k3s was restarted". What is open comes before
 * a root that is over.
 */
export function titleOf(incident: Named): string {
  const { root, consequences, severity = 'critical', resolved } = incident
  const lead = leadOf(incident)
  // The same thing gone further says all.
  if (lead !== root)
    return isSame(lead, root)
      ? lead.title
      : `${lead.title}, after: ${(consequences.find((it) => isSame(it, root)) ?? root).title}`
  const graver = consequences
    .filter((it) => it.resolved === undefined || resolved !== undefined)
    .filter((it) => rank(it) > rank(root) && rank(it) <= severities.indexOf(severity))
    .sort((a, b) => rank(b) - rank(a))[0]
  return graver ? `${graver.title}: ${root.title}` : root.title
}

/** One thing that comes nearer by stages: certificates that ran out, and have expired. */
const isSame = (a: Finding, b: Finding) =>
  a.subject === b.subject && a.stage !== undefined && b.stage !== undefined

/** The root, and what it became in its further stages. */
export const rootAndOn = ({ root, consequences }: Pick<Incident, 'root' | 'consequences'>) => [
  root,
  ...consequences.filter((it) => isSame(it, root)),
]

/** What a sink is due. `id` is the same however often this notice has to be sent; `at` is the time of the attempt. */
export type Notice =
  | {
      readonly kind: 'opened' | 'worse' | 'grew' | 'merged' | 'resolved' | 'reminder'
      readonly id: string
      readonly node: string
      readonly at: number
      readonly incident: Incident
    }
  | {
      /** What opened and closed while the sink could not be told. */
      readonly kind: 'digest'
      readonly id: string
      readonly node: string
      readonly at: number
      readonly incidents: readonly Incident[]
    }
  | { readonly kind: 'test'; readonly id: string; readonly node: string; readonly at: number }

/** What a sink was told of one incident: the other book beside the ledger. */
export interface Told {
  readonly incident: string
  readonly severity: Severity
  /** The highest stage of what it was told of; absent for none. */
  readonly stage?: number
  /** Ids of the findings it was told of. */
  readonly findings: readonly string[]
  /** Id of the one that spoke for the incident. */
  readonly lead?: string
  readonly at: number
  /** When it was last told by a new message rather than an edit. */
  readonly reminded: number
  /** Set while nobody knows whether the message arrived: it was sent, and no answer came. */
  readonly perhaps?: true
  /** What the service calls the message, for editing it. */
  readonly receipt?: string
  /** Set once the sink knows that it is over. */
  readonly resolved?: number
}

/** A request ready to post. The URL is a secret. */
export interface Letter {
  readonly method: 'POST' | 'PATCH' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** An edit of an earlier message: when the service no longer has that message, the rest is sent all the same. */
  readonly edit?: boolean
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What a reply means for the letter: taken, worth another try (not before `wait` ms), refused, or the address is
 * gone by the service's own word. All are asked again, at least every hour while something is due. Without an
 * answer it may have been taken all the same: `perhaps`. `wait` and `why` are as the server gave them; the
 * postman bounds and redacts them.
 */
export type Reading =
  | { readonly outcome: 'accepted'; readonly receipt?: string }
  | { readonly outcome: 'again'; readonly wait?: number; readonly perhaps?: true; readonly why: string }
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'gone'; readonly why: string }

// ---------------------------------------------------------------------------------------------------
// Settings: a subset of JSON Schema, as data, so that whoever declares them imports no library.

export type Schema =
  | {
      readonly type: 'number' | 'integer'
      readonly description: string
      readonly default?: number
      readonly minimum?: number
      readonly maximum?: number
    }
  | { readonly type: 'boolean'; readonly description: string; readonly default?: boolean }
  | {
      readonly type: 'string'
      readonly description: string
      readonly default?: string
      readonly enum?: readonly string[]
      readonly pattern?: string
      /** A secret may also be given as `<key>_file` or `<key>_credential`, and appears in no output. */
      readonly secret?: boolean
    }
  | {
      readonly type: 'array'
      readonly description: string
      readonly default?: readonly unknown[]
      readonly items: { readonly type: 'string'; readonly pattern?: string } | { readonly type: 'integer' }
    }

export type Properties = Readonly<Record<string, Schema>>

type Value<S> = S extends { type: 'array'; items: { type: infer T } }
  ? readonly (T extends 'string' ? string : number)[]
  : S extends { type: 'boolean' }
    ? boolean
    : S extends { type: 'number' | 'integer' }
      ? number
      : S extends { enum: readonly (infer E)[] }
        ? E
        : string

/** The values that settings declared as `P` have once they are read: a key without a default may be absent. */
export type Settings<P> = {
  readonly [K in keyof P as P[K] extends { default: unknown } ? K : never]: Value<P[K]>
} & { readonly [K in keyof P as P[K] extends { default: unknown } ? never : K]?: Value<P[K]> }

// ---------------------------------------------------------------------------------------------------
// The machine

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

// ---------------------------------------------------------------------------------------------------
// Collectors

/** Something that makes a collector's next round come early. It never carries a verdict. */
export type Watch =
  | {
      readonly kind: 'command'
      /** Started once, started again with growing pauses when it ends. Each end wakes as well. */
      readonly argv: readonly string[]
      /** Whether this line of its output is worth a look, and worth handing on in `past.heard`. Must be cheap. */
      readonly worth: (line: string) => boolean
    }
  | {
      readonly kind: 'paths'
      /** Files and folders; those that do not exist are ignored. */
      readonly paths: readonly string[]
    }
  | {
      /** For what nothing tells of: a cheap question, asked again and again. Only another answer than the last wakes. */
      readonly kind: 'poll'
      /** What tells it apart from the collector's other polls. */
      readonly name: string
      /** Pause between two questions, ms. It must be so cheap that nobody notices. */
      readonly pause: number
      readonly ask: (host: Host) => Promise<string>
    }

/** A line from a watched command, or the path that changed. */
export interface Heard {
  readonly at: number
  readonly text: string
}

/** What could not be seen, and which rules therefore keep the verdict they had. Absent `codes`: all of the collector's. */
export interface Unseen {
  readonly what: string
  readonly why: string
  readonly codes?: readonly string[]
  /**
   * With `codes`: only these subjects of them were not judged, as the observations name them. For what a cap, a
   * sample or a skipped read left out: it must not count as over. Absent: all subjects.
   */
  readonly subjects?: readonly string[]
  /** Of what the sentence names only some: all of them, bounded, for those who read JSON. */
  readonly names?: readonly string[]
  /** True where a recording does not say, which is no fault of the node: nobody is alarmed. */
  readonly unrecorded?: boolean
}

/** An Unseen from the error that came back. */
export function unseen(what: string, error: unknown, codes?: readonly string[]): Unseen {
  return {
    what,
    why: error instanceof Error ? error.message : String(error),
    ...(codes && { codes }),
    ...(error instanceof HostError && error.code === 'unrecorded' && { unrecorded: true }),
  }
}

/** Plain JSON. What a collector saw in one round, and what it wants to remember for the next. */
export interface Sample {
  readonly unseen?: readonly Unseen[]
}

/** Something that runs out at a time that can be told: "certificates: 41 d". */
export interface Outlook {
  readonly what: string
  readonly at: number
  /** How sure that is, where it is a forecast and not a date. */
  readonly sure?: 'date' | 'likely' | 'rough'
}

/** One measured value. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** A collector's own series by name, from a time on, oldest first; without the values of the round at hand. */
export type Series = (name: string, from: number) => readonly Point[]

/** Something that is kept whole beside the sample, because it is too large for one. Bounded in number and size by the store. */
export interface Keepsake {
  /** What it is, as small plain JSON: lists show it without the body. */
  readonly about: Readonly<Record<string, unknown>>
  readonly body: Uint8Array
}

export interface Past<S> {
  /** The sample of the last good round, also from before a restart. */
  readonly sample?: S
  readonly at?: number
  /** What watches have said since that round began, oldest first, bounded. */
  readonly heard: readonly Heard[]
  /** Absent where nothing is remembered: a single look, a recorded node. */
  readonly series?: Series
  /** Only `collect` may hand something over; it is kept once the round has succeeded. Absent where nothing is remembered. */
  readonly keep?: (it: Keepsake) => void
}

// ---------------------------------------------------------------------------------------------------
// Pages

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
  readonly about: Keepsake['about']
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
  print(
    reach: PageReach<S, V>,
    given: readonly (string | undefined)[],
    options: PageOptions,
    terminal: Terminal,
  ): Promise<string>
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
  render(view: View<S, V>, terminal: Terminal): string
  /** The collector's own part of the JSON, times as ISO 8601; the rest is the same for all pages. */
  json(view: View<S, V>): Readonly<Record<string, unknown>>
  readonly parts?: readonly PagePart<S, V>[]
}

// ---------------------------------------------------------------------------------------------------
// The collector

/**
 * One kind of thing Murphy looks at. `collect` asks and never judges; `assess` judges and never asks: it
 * is pure, total, and may speak only of codes in `rules`. Either may be called on a recorded node.
 */
export interface Collector<
  S extends Sample = Sample,
  P extends Properties = Properties,
  Code extends string = string,
> {
  /** The name of its file, the prefix of its codes, its key in the settings. */
  readonly name: string
  /** What it looks at, for people: "TLS certificates". */
  readonly title: string
  /** When its rounds come if nothing wakes it: a cron expression with seconds. */
  readonly every: string
  /** What `watch` wakes it for, as the end of "and at once when". */
  readonly woken?: string
  /** How long a round may take before it is given up. */
  readonly timeout: number
  /** The longest pause between rounds under wakes without end, ms (default 15 s): less where what is not read soon is gone. */
  readonly pause?: number
  /**
   * Of the shape of its samples, default 1: raised whenever a sample of before would be misread. One of another version
   * is never handed to the collector, and nobody is told, since nothing is wrong.
   */
  readonly sampleVersion?: number
  readonly rules: Rules<Code>
  readonly settings: P
  collect(host: Host, settings: Settings<P>, past: Past<S>): Promise<S>
  assess(sample: S, past: Past<S>, settings: Settings<P>, now: number): readonly Observation<NoInfer<Code>>[]
  /** One calm line on what was seen, for the status row. */
  summary(sample: S, settings: Settings<P>, now: number): string
  /** Numbers worth keeping over time, by name. */
  series?(sample: S): Readonly<Record<string, number>>
  /** What is wrong with these settings that types cannot say, as `key: sentence`, or `key.2: sentence` for an item of a list. */
  check?(settings: Settings<P>): readonly string[]
  /** What is known to run out, and when: the status page's last lines. */
  outlook?(sample: S, settings: Settings<P>, now: number, series?: Series): readonly Outlook[]
  /** Event sources, as of the last sample; asked again after each round. */
  watch?(settings: Settings<P>, sample: S | undefined): readonly Watch[]
  /** All that it saw, for `agent NAME`. */
  readonly page?: Page<S, Settings<P>>
}

/** Infers a collector's types; does nothing else. */
export const collector = <S extends Sample, const P extends Properties, Code extends string>(
  it: Collector<S, P, Code>,
): Collector<S, P, Code> => it

// ---------------------------------------------------------------------------------------------------
// Sinks

/** A place where people are told. It writes letters and reads replies; it never posts. */
export interface Sink<P extends Properties = Properties> {
  /** The name of its file, and its `type` in the settings. */
  readonly name: string
  readonly settings: P
  /** Keys that must be given. */
  readonly required: readonly string[]
  /** What is wrong with these settings that types cannot say, as `key: sentence`. */
  check?(settings: Settings<P>): readonly string[]
  /**
   * The letters of one notice, in the order they are to be posted; none when this sink has nothing to say
   * about it. `receipt` is what `read` made of the first message about the incident. Pure.
   */
  compose(notice: Notice, settings: Settings<P>, receipt?: string): readonly Letter[]
  /** What a reply means where HTTP's own rules do not say it. */
  read?(reply: Reply, letter: Letter): Reading | undefined
}

/** Infers a sink's types; does nothing else. */
export const sink = <const P extends Properties>(
  it: Sink<P> & { readonly required: readonly (keyof P & string)[] },
): Sink<P> => it
