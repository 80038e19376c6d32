export type Severity = 'info' | 'warning' | 'critical'

/** From the least to the most severe, for comparing: `severities.indexOf(a) > severities.indexOf(b)`. */
export const severities: readonly Severity[] = ['info', 'warning', 'critical']

/** A pod as far as it could be identified, mostly without the API. */
export interface Pod {
  readonly namespace: string
  readonly name: string
  readonly uid?: string
  readonly container?: string
}

/** What two findings may have to share: the subject, the pod, or what both name in `evidence` under this key. */
export type Shared = 'subject' | 'pod' | 'link' | 'family' | 'table' | 'port'

/** An edge of the cascade: the rule that has it may be broken because the rule named `code` is. */
export interface Cause<Code extends string = string> {
  readonly code: Code
  /**
   * How long after the cause began, or last happened, the effect may begin to show, ms. Default `promptly` (30 s).
   * `whileOpen`: for as long as the cause is open.
   */
  readonly takes?: number
  /** What both findings must share for the one to explain the other. Absent: being on the same node is enough. */
  readonly same?: Shared
  /** Whether what was seen of both says so: an exit code, a line of a log, an address. False: it is not the cause. */
  readonly proof?: Proof
  /** It explains as what it became, such as a disk that was filling and is full: from when it got as grave as it is. */
  readonly grave?: true
  /** Only together with one of these, which brings it out: expired certificates break flannel when k3s next starts. */
  readonly triggers?: readonly Cause<Code>[]
  /** It may also begin when the cause is over: a database that was killed fails when it starts again, hours later. */
  readonly lingers?: true
  /** Not where it itself comes of one of these: a DNS that only this node is shut out from answers the pods. */
  readonly unless?: readonly Code[]
  /**
   * Whether it leads to this depends on what Murphy does not see, such as on which node the DNS runs: what always does
   * comes first.
   */
  readonly partly?: true
  /** Repairing the cause does not repair this rule's finding: its own fix is needed as well. */
  readonly outlivesRepair?: true
  /**
   * The finding is its cause seen again, further on or counted otherwise: kills that repeat, certificates that are about
   * to expire and then have. One incident, but no answer to why; of the same subject only one of them is said.
   */
  readonly restates?: true
}

/** How long an effect takes to show, ms, where its edge says nothing else: for what the kernel does at once. */
export const promptly = 30_000

/** `takes` of a cause under which the effect may begin at any time: until it is repaired. */
export const whileOpen = Number.POSITIVE_INFINITY

/** Whether what was seen of both says that the one caused the other. Pure and total, as the texts are hostile. */
export type Proof = (cause: Proven, effect: Proven) => boolean
export type Proven = Pick<Finding, 'code' | 'subject' | 'severity' | 'evidence' | 'pod' | 'text'>

/**
 * One thing that can be wrong, declared once. What never varies is in the rule; the numbers are in the observation.
 * `Because`: the codes that it names as causes.
 */
export interface Rule<Because extends string = string> {
  readonly severity: Severity
  /** What is wrong, for all its findings: "k3s certs expired". No full stop, at most 40 characters. */
  readonly title: string
  /**
   * The title of one finding: object, state and number, as in "9 k3s certs expired". At most 40 characters, the fact that
   * tells it from others in the first 32. Pure and total, as the texts are hostile. Absent: `title`.
   */
  readonly titleFor?: (it: Observation) => string
  /** What it means and when it is reported, with the thresholds, for `agent explain`. */
  readonly meaning: string
  /** What is read for it: files, commands, requests. How often, the collector says (`every`). */
  readonly measured: string
  /** Keys of the collector's settings that change when it is reported. */
  readonly settings?: readonly string[]
  /** What follows from it for the people who use the cluster. */
  readonly impact: string
  /** The safe next steps, in order, with commands in backticks. */
  readonly fix: readonly string[]
  /** What people do here that makes it worse, one sentence each. */
  readonly avoid?: readonly string[]
  /** Its fix comes before that of its cause, because waiting would lose something for good: data, or SSH access. */
  readonly urgent?: true
  /** How long it must have been true before anyone is notified, ms. Default 0. */
  readonly pendingFor?: number
  readonly because?: readonly Cause<Because>[]
  /**
   * Something that happened and cannot be repaired, such as a restart. What it caused stays affected until it ends.
   * Each time that it happens is a finding of its own.
   */
  readonly event?: true
}

export type Rules<Code extends string = string, Because extends string = string> = Readonly<
  Record<Code, Rule<Because>>
>

/**
 * Returns the rules unchanged; only their codes and the codes of their causes are inferred. A cause that no collector
 * declares is then a type error in the list of all collectors.
 */
export const declared = <Code extends string, Because extends string = never>(
  rules: Rules<Code, Because>,
): Rules<Code, Because> => rules

/** The same for a list of causes that several rules share. */
export const causes = <Because extends string>(
  ...all: readonly Cause<Because>[]
): readonly Cause<Because>[] => all

/** A rule broken by a subject, now. `code` and `subject` are its identity; the rest may vary from round to round. */
export interface Observation<Code extends string = string> {
  readonly code: Code
  readonly subject: string
  /** What was seen, with the numbers, as a sentence. */
  readonly text: string
  /** From here to `pendingFor`: only where it differs from the rule. */
  readonly severity?: Severity
  readonly impact?: string
  readonly fix?: readonly string[]
  readonly avoid?: readonly string[]
  readonly urgent?: true
  /** 0 where it cannot be passing for once, whatever its rule waits for. */
  readonly pendingFor?: 0
  /** How far something that gets worse by itself has come, such as an expiring certificate. Each new stage notifies. */
  readonly stage?: number
  readonly pod?: Pod
  /** When it happened, where that is known more exactly than by the time of the round. */
  readonly at?: number
  /**
   * When it was last well, or the moment in which it happened if that is `at` too. Only where the collector knows that
   * better than that the last round did not find it: of a crash loop the time of its first restart.
   */
  readonly wellAt?: number
  /** So soon after a start this may pass by itself: it keeps a finding open, and opens none. */
  readonly starting?: true
  /** Of what happens again and again, such as kills: when it last happened. After ten quiet minutes it is news. */
  readonly latest?: number
  readonly evidence?: Readonly<Record<string, string | number | boolean>>
}

/** In which stretch of time something began, ms since the epoch: later than `from`, no later than `to`. */
export interface Onset {
  /** When it was last seen well. Absent: it never was, as in the first round of all. */
  readonly from?: number
  readonly to: number
}

/** An observation with a history: what the ledger holds. */
export interface Finding {
  /** `code|subject|when it was found`: one stretch of time in which this was true. */
  readonly id: string
  readonly code: string
  readonly subject: string
  readonly severity: Severity
  readonly title: string
  /** The title of its rule, where `title` was made for this finding alone: what several findings have in common. */
  readonly kind?: string
  readonly text: string
  /** What it was called until `at`, a moment ago: under that name it is over, if what changed was its repair. */
  readonly before?: { readonly title: string; readonly text: string; readonly at: number }
  readonly impact: string
  readonly fix: readonly string[]
  readonly avoid?: readonly string[]
  readonly urgent?: true
  readonly stage?: number
  readonly pod?: Pod
  readonly evidence?: Readonly<Record<string, string | number | boolean>>
  /** When it began, as far as people are told; for what was found late, the date that it has of itself. */
  readonly since: number
  /** When a round first found it. */
  readonly found: number
  readonly onset: Onset
  /** When it got graver last, since it was found. */
  readonly graver?: Onset
  readonly latest?: number
  /** When a round last confirmed it. */
  readonly seen: number
  /** In how many rounds it was seen. */
  readonly count: number
  /** How often it came back within an hour; set once that is too often to notify each time. */
  readonly flaps?: number
  /** Held open for flapping, and not there at present. */
  readonly gone?: true
  /** `since` plus the rule's `pendingFor`. People are notified once a later round has confirmed it (`tellFrom`). */
  readonly notifyAt: number
  readonly resolved?: number
}
