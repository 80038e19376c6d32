/** A command with all that may follow it, as its own help has it. */
export interface CommandTree {
  readonly name: string
  readonly meaning: string
  readonly words: readonly { readonly name: string; readonly required: boolean; readonly meaning: string }[]
  readonly options: readonly {
    /** `-o` and `--output`, the short form first. */
    readonly forms: readonly string[]
    /** What it takes: `FORM`. Absent: nothing. */
    readonly value?: string
    readonly meaning: string
  }[]
  readonly commands: readonly CommandTree[]
}
