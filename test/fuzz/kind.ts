import type { Luck } from './luck.ts'

/** A named piece of an input: a file's path, a command, `reply`. */
export interface Part {
  readonly name: string
  readonly bytes: Buffer
}

/** One input. Names may come more than once and may be `__proto__`, so that this is a list. */
export type Parts = readonly Part[]

/** One kind of thing that comes from outside: how to make a hostile one, and what must hold of whatever is made. */
export interface Kind {
  readonly name: string
  /** How many inputs `npm test` makes: a few seconds' worth. `npm run fuzz` makes them for as long as it is given. */
  readonly cases: number
  make(luck: Luck): Parts
  /** Throws a `Broken`, or anything else that the code under test threw, where something does not hold. */
  hold(parts: Parts): unknown
  readonly growth?: Growth
  /** What it needs before the first input, as a server or a folder; `end` takes it away. */
  begin?(): Promise<void>
  end?(): Promise<void>
}

/** Texts that are put together to as long a one as it takes: reading one twice as long may take about twice as long. */
export interface Growth {
  /** What may stand before and after the repeated piece. */
  readonly around: readonly string[]
  /** What is repeated. */
  readonly pieces: readonly string[]
  read(bytes: Buffer): unknown
  /** What the code under test is given at most, in bytes; 1 MiB, as `Host.read` has it, if absent. */
  readonly most?: number
  /** One input in so many is one that grows; in ten, if absent. */
  readonly every?: number
}

/** A property that does not hold. */
export class Broken extends Error {
  readonly property: string
  constructor(property: string, detail: string) {
    super(`${property}: ${detail}`)
    this.name = 'Broken'
    this.property = property
  }
}

/** Says that something has to be so; `detail` is only asked where it is not. */
export function must(so: boolean, property: string, detail: () => string): asserts so {
  if (!so) throw new Broken(property, detail().slice(0, 500))
}

export const kind = (it: Kind): Kind => it

export const part = (name: string, bytes: Buffer | string): Part => ({
  name,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
})

/** The bytes of the part of that name; none where shrinking has taken it away. */
export const bytesOf = (parts: Parts, name: string): Buffer =>
  parts.find((it) => it.name === name)?.bytes ?? Buffer.alloc(0)
export const textOf = (parts: Parts, name: string): string => bytesOf(parts, name).toString()
