/** How settings are declared: a subset of JSON Schema, as plain data, so that declaring them needs no library. */
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
