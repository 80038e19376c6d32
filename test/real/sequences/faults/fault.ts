import type { Node } from '../node.ts'

/** A finding by its code and the beginning of its subject. */
export interface Key {
  readonly code: string
  readonly subject?: string
}

/** One way in which a real node breaks, independent of all others. What it is called is as in `test/sequences/faults`. */
export interface RealFault {
  readonly kind: string
  /** What is done, for the reader: mostly `script`. */
  readonly text: string
  /** What it takes: two that take the same are not played at once, as nobody could tell them apart. */
  readonly facts: readonly string[]
  readonly script: string | ((node: Node) => Promise<void>)
  /** Absent: nobody can take it back, it is over by itself. */
  readonly repair?: string
  /** The repair that a start of k3s makes too, where there is one. */
  readonly byRestart?: true
  /** A repair that leaves something undone, and the codes of what it ends. */
  readonly partial?: { readonly text: string; readonly script: string; readonly ends: readonly string[] }
  /** What is so at once, and until it is repaired. */
  readonly makes: Key
  /** What is so with it, and neither its cause nor its effect. */
  readonly also?: readonly Key[]
  /** What may follow from that on this node, until it is repaired. */
  readonly leads?: readonly Key[]
  /** For so long after a start of k3s it is not judged, ms: k3s makes it anew. */
  readonly grace?: number
  /** It tells of what has happened, and is true for as long as it is shown. */
  readonly past?: true
}

export const keys = (...codes: readonly string[]): readonly Key[] => codes.map((code) => ({ code }))
export const fits = (key: Key, it: Key) =>
  key.code === it.code && (it.subject ?? '').startsWith(key.subject ?? '')
