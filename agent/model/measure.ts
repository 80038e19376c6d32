/** A number for Prometheus, declared once: it is named `murphy_` and the key under which it is declared. */
export interface Measure {
  /** Prometheus's HELP text: one sentence. */
  readonly help: string
  readonly labels: readonly string[]
  /** It only ever rises, but for starting at 0 again: its name ends in `_total`. Absent: a gauge. */
  readonly counter?: true
}

/** One value of a measure. Its labels may hold any text. */
export interface Measured<Name extends string = string> {
  readonly name: Name
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** The numbers that a collector knows. */
export interface Measures<S, P, Name extends string = string> {
  readonly declared: Readonly<Record<Name, Measure>>
  /** Those that matter most first, where only some are taken. Pure and total. `at`: when the sample was taken. */
  readonly of: (sample: S, settings: P, at: number) => readonly Measured<Name>[]
}
