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
export interface Cause<Code extends string = string> {
  readonly code: Code
  /** How long after the cause is over it still explains a new consequence. Absent: only while it is open. */
  readonly within?: number
  /** What both findings must share for the one to explain the other. Absent: being on the same node is enough. */
  readonly same?: 'subject' | 'pod'
  /** Repairing the cause does not repair this: its own steps are needed as well. */
  readonly outlivesRepair?: true
}

/**
 * One thing that can be wrong, declared once. What never varies stands here; the numbers are in the observation.
 * `Because`: the codes that it names as causes.
 */
export interface Rule<Because extends string = string> {
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
  readonly impact: string
  /** The safe next steps, in order, with commands in backticks. */
  readonly fix: readonly string[]
  /** What people do here that makes it worse, one sentence each. */
  readonly avoid?: string
  /** Its steps come before those of its cause: what is lost meanwhile, data or the way in, does not come back. */
  readonly urgent?: true
  /** Patience: how long it must have been true before anyone is told. */
  readonly pendingFor?: number
  readonly because?: readonly Cause<Because>[]
  /** It happened, and nobody repairs it: what began because of it stays its consequence for as long as it lasts. */
  readonly event?: true
}

export type Rules<Code extends string = string, Because extends string = string> = Readonly<
  Record<Code, Rule<Because>>
>

/**
 * Infers which codes there are and which they name as causes, so that a cause that nobody declares is an error of types
 * where all collectors meet; does nothing else.
 */
export const declared = <Code extends string, Because extends string = never>(
  rules: Rules<Code, Because>,
): Rules<Code, Because> => rules

/** The same for causes that several rules share. */
export const causes = <Because extends string>(
  ...all: readonly Cause<Because>[]
): readonly Cause<Because>[] => all

/** One rule broken by one subject, now. `code` and `subject` are its identity; the rest may vary from round to round. */
export interface Observation<Code extends string = string> {
  readonly code: Code
  readonly subject: string
  /** What was seen, with the numbers, as a sentence. */
  readonly text: string
  /** Where it differs from the rule's. */
  readonly severity?: Severity
  readonly impact?: string
  readonly fix?: readonly string[]
  readonly avoid?: string
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
  readonly impact: string
  readonly fix: readonly string[]
  readonly avoid?: string
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
  /** When its patience is over: `since` plus the rule's `pendingFor`. People are told once a look has confirmed it since. */
  readonly notifyAt: number
  readonly resolved?: number
}
