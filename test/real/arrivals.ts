/** A request as a receiver got it, a line of `test/receivers/run.ts`. */
export interface Arrival {
  readonly receiver: 'discord' | 'ntfy' | 'webhook'
  readonly status: number
  readonly at: number
  readonly method: string
  readonly body: {
    readonly type?: string
    readonly data?: {
      readonly incident?: {
        readonly id: string
        readonly title?: string
        readonly cause?: { readonly code: string }
        readonly affected?: readonly { readonly code: string }[]
        readonly fix?: readonly string[]
      }
    }
    readonly sequence_id?: string
    readonly title?: string
    readonly message?: string
    readonly priority?: number
    readonly content?: string
    readonly embeds?: readonly {
      readonly description?: string
      readonly fields?: readonly { readonly name: string; readonly value: string }[]
      readonly footer?: { readonly text: string }
    }[]
  }
}

/** Where to send, the first line. */
export interface Ready {
  readonly discord: string
  readonly ntfy: string
  readonly webhook: string
  readonly secret: string
}

export const readLines = (text: string): readonly (Arrival & { readonly ready?: Ready })[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((it) => JSON.parse(it))
